//! The message path over memory stores and a clock driven by hand: invariants 1 to 5, 9 and 11 as far as the core
//! keeps them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use flux_core::message::{Destination, HistoryFrom, MessageError, SendLane, SendRefusal, WriteRefusal};
use flux_core::routing::{Event, Repair, RepairSettings};
use flux_core::{Clock, ErrorCode, Fenced, LogId, Seq};
use support::{Fault, World, advance_until, text, until, waiting};

fn seq(n: u64) -> Seq {
    Seq::new(n).unwrap()
}

async fn stored(
    node: &support::Node,
    actor: flux_core::session::Actor,
    at: flux_core::ConversationId,
) -> Vec<(u64, String)> {
    let history = node.messages.history(&actor, at, HistoryFrom::After(Seq::ZERO), 100).await.unwrap();
    history.messages.iter().map(|m| (m.seq.get(), m.text.as_str().to_owned())).collect()
}

#[tokio::test]
async fn invariant_2_a_send_repeated_through_another_node_stores_one_message_and_returns_the_first_seq() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let (one, other) = (world.node(), world.node());
    let id = world.message();

    let first = one.messages.send(ada, Destination::Conversation(talk), id, text("once")).await.unwrap();
    let again = other.messages.send(ada, Destination::User(bob.user), id, text("once")).await.unwrap();
    assert!(!first.repeated && again.repeated);
    assert_eq!((first.seq, first.at, first.epoch), (again.seq, again.at, again.epoch));

    let conflict =
        other.messages.send(ada, Destination::Conversation(talk), id, text("twice")).await.unwrap_err();
    assert_eq!(conflict.code(), ErrorCode::MessageConflict);
    assert_eq!(stored(&one, bob, talk).await, [(1, "once".to_owned())]);
}

#[tokio::test]
async fn invariant_2_a_send_whose_answer_was_lost_is_found_again_by_its_id() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let id = world.message();

    world.faulty.fail_next(Fault::After);
    let unknown =
        node.messages.send(ada, Destination::Conversation(talk), id, text("hello")).await.unwrap_err();
    assert!(unknown.code().retryable());
    let again = node.messages.send(ada, Destination::Conversation(talk), id, text("hello")).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.seq, seq(1));
    assert_eq!(stored(&node, bob, talk).await.len(), 1);
}

#[tokio::test]
async fn invariant_3_after_a_failure_later_sends_wait_until_the_failed_one_is_resent() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let (ada, _outbox) = node.connect(ada).await;
    let lane = Arc::new(SendLane::new());
    let ids = [world.message(), world.message(), world.message()];

    // The first is in a batch of its own, the others come while it is being committed.
    world.faulty.hold();
    world.faulty.fail_next(Fault::Before);
    let first = node.submit(ada, &lane, talk, ids[0], "1").await;
    until(|| node.commit.depth() == 0).await;
    let second = node.submit(ada, &lane, talk, ids[1], "2").await;
    let third = node.submit(ada, &lane, talk, ids[2], "3").await;
    world.faulty.let_through(100);

    assert!(first.await.unwrap_err().code().retryable());
    assert!(matches!(second.await.unwrap_err(), MessageError::Held));
    assert!(matches!(third.await.unwrap_err(), MessageError::Held));
    let again: Vec<_> = {
        let mut tickets = Vec::new();
        for (id, body) in ids.iter().zip(["1", "2", "3"]) {
            tickets.push(node.submit(ada, &lane, talk, *id, body).await);
        }
        tickets
    };
    for (ticket, expected) in again.into_iter().zip(1..) {
        assert_eq!(ticket.await.unwrap().seq, seq(expected));
    }
    let all = stored(&node, bob, talk).await;
    assert_eq!(all, [(1, "1".to_owned()), (2, "2".to_owned()), (3, "3".to_owned())]);
}

#[tokio::test]
async fn invariant_3_what_waited_when_a_send_was_given_up_does_not_overtake_what_was_refused() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let (ada, _outbox) = node.connect(ada).await;
    let lane = Arc::new(SendLane::new());
    let ids: Vec<_> = (0..3).map(|_| world.message()).collect();

    world.faulty.fail_next(Fault::Before);
    assert!(node.submit(ada, &lane, talk, ids[0], "0").await.await.is_err());
    assert!(matches!(node.submit(ada, &lane, talk, ids[1], "1").await.await, Err(MessageError::Held)));
    // It waits for a batch while the first is given up.
    let waiting = node.submit(ada, &lane, talk, ids[2], "2").await;
    assert!(lane.give_up(talk, ids[0]));
    assert!(matches!(waiting.await, Err(MessageError::Held)));
    for (id, body) in ids.iter().zip(["0", "1", "2"]).skip(1) {
        node.submit(ada, &lane, talk, *id, body).await.await.unwrap();
    }
    assert_eq!(stored(&node, bob, talk).await, [(1, "1".to_owned()), (2, "2".to_owned())]);
}

#[tokio::test]
async fn invariant_3_a_failed_send_that_is_given_up_lets_later_ones_pass() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let (ada, _outbox) = node.connect(ada).await;
    let lane = Arc::new(SendLane::new());
    let lost = world.message();

    world.faulty.fail_next(Fault::Before);
    assert!(node.submit(ada, &lane, talk, lost, "lost").await.await.is_err());
    assert!(matches!(
        node.submit(ada, &lane, talk, world.message(), "next").await.await,
        Err(MessageError::Held)
    ));
    assert!(lane.give_up(talk, lost));
    assert_eq!(node.submit(ada, &lane, talk, world.message(), "next").await.await.unwrap().seq, seq(1));
}

#[tokio::test]
async fn invariant_3_everybody_is_pushed_the_same_order_without_holes() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let watching_ada = flux_core::session::Actor { session: world.session(ada.user).await, ..ada };
    let (_, adas) = node.connect(watching_ada).await;
    let (_, bobs) = node.connect(bob).await;
    let lane = Arc::new(SendLane::new());
    let (ada, _own) = node.connect(ada).await;

    let mut tickets = Vec::new();
    for n in 0..200 {
        tickets.push(node.submit(ada, &lane, talk, world.message(), &format!("{n}")).await);
    }
    for ticket in tickets {
        ticket.await.unwrap();
    }
    let places = |events: Vec<Event>| -> Vec<(u64, String)> {
        events
            .into_iter()
            .filter_map(|event| match event {
                Event::Message(m) => Some((m.seq.get(), m.text.as_str().to_owned())),
                _ => None,
            })
            .collect()
    };
    let (seen_by_ada, seen_by_bob) = (places(waiting(&adas).await), places(waiting(&bobs).await));
    assert_eq!(seen_by_ada, seen_by_bob);
    assert_eq!(seen_by_bob, (0..200).map(|n| (n + 1, n.to_string())).collect::<Vec<_>>());
}

#[tokio::test]
async fn invariant_4_with_a_hub_and_peers_that_lose_everything_a_connection_learns_of_an_entry_within_10_s() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let (_, bobs) = node.connect(bob).await;
    let repair = Repair::new(
        world.store.clone(),
        node.hub.clone(),
        Arc::new(world.clock.clone()),
        RepairSettings::default(),
    );
    tokio::spawn(repair.run());
    until(|| world.clock.sleepers() > 0).await;
    node.hub.lose_everything();

    for n in 1..=3 {
        node.messages
            .send(ada, Destination::Conversation(talk), world.message(), text(&n.to_string()))
            .await
            .unwrap();
    }
    assert_eq!(waiting(&bobs).await, []);
    let mut told = Vec::new();
    let began = world.clock.monotonic();
    while !told.contains(&Event::LogChanged { log: LogId::Conversation(talk), head: seq(3) }) {
        assert!(world.clock.monotonic() <= began + Duration::from_secs(10), "not within 10 s: {told:?}");
        world.clock.advance(Duration::from_millis(100));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        told.extend(waiting(&bobs).await);
    }
    // And what it asks for then is all there.
    assert_eq!(stored(&node, bob, talk).await.len(), 3);
}

#[tokio::test]
async fn a_lost_receipt_is_repaired_and_one_that_arrived_is_not_told_again() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let (ada, adas) = node.connect(ada).await;
    let clock = Arc::new(world.clock.clone());
    let repair = Repair::new(world.store.clone(), node.hub.clone(), clock, RepairSettings::default());
    node.messages.send(ada, Destination::Conversation(talk), world.message(), text("hi")).await.unwrap();
    let (place, _) = repair.round(None).await.unwrap();
    let arrived = node.messages.move_cursor(bob, talk, seq(1), Seq::ZERO).await.unwrap();
    assert_eq!(waiting(&adas).await, [Event::Receipt { conversation: talk, cursor: arrived }]);
    let (place, told) = repair.round(Some(place)).await.unwrap();
    assert_eq!(told, 0);

    node.hub.lose_everything();
    let lost = node.messages.move_cursor(bob, talk, seq(1), seq(1)).await.unwrap();
    assert_eq!(waiting(&adas).await, []);
    repair.round(Some(place)).await.unwrap();
    assert_eq!(waiting(&adas).await, [Event::Receipt { conversation: talk, cursor: lost }]);
}

#[tokio::test]
async fn repair_does_not_tell_of_what_was_pushed() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let (_, bobs) = node.connect(bob).await;
    let repair = Repair::new(
        world.store.clone(),
        node.hub.clone(),
        Arc::new(world.clock.clone()),
        RepairSettings::default(),
    );
    let (mut place, _) = repair.round(None).await.unwrap();
    for _ in 0..5 {
        node.messages.send(ada, Destination::Conversation(talk), world.message(), text("hi")).await.unwrap();
        let (next, told) = repair.round(Some(place)).await.unwrap();
        assert_eq!(told, 0);
        place = next;
    }
    assert_eq!(waiting(&bobs).await.len(), 5);
}

#[tokio::test]
async fn invariant_5_and_9_the_writes_of_an_older_connection_are_refused() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let (here, elsewhere) = (world.node(), world.node());
    let (older, _) = here.connect(ada).await;
    let (newer, _) = elsewhere.connect(ada).await;
    assert!(newer.generation > older.generation);

    let to = Destination::Conversation(talk);
    let refused = here.messages.send(older, to, world.message(), text("late")).await.unwrap_err();
    assert!(matches!(refused, MessageError::Refused(WriteRefusal::Fenced(Fenced::Superseded))));
    let refused = here.messages.move_cursor(older, talk, Seq::ZERO, Seq::ZERO).await.unwrap_err();
    assert!(matches!(refused, MessageError::Refused(WriteRefusal::Fenced(Fenced::Superseded))));
    elsewhere.messages.send(newer, to, world.message(), text("on time")).await.unwrap();
    // A session of somebody else is none of the actor's.
    let stolen = flux_core::session::Actor { user: bob.user, ..newer };
    let refused = here.messages.send(stolen, to, world.message(), text("as bob")).await.unwrap_err();
    assert!(matches!(refused, MessageError::Refused(WriteRefusal::Fenced(Fenced::SessionEnded))));
    assert_eq!(stored(&here, bob, talk).await, [(1, "on time".to_owned())]);
}

#[tokio::test]
async fn invariant_6_absent_and_foreign_conversations_give_the_same_answer() {
    let world = World::new();
    let (ada, bob, eve) = (world.actor("ada").await, world.actor("bob").await, world.actor("eve").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let absent = flux_core::ConversationId::generate(world.clock.now(), &*world.entropy);

    for conversation in [talk, absent] {
        let to = Destination::Conversation(conversation);
        let send = node.messages.send(eve, to, world.message(), text("hi")).await.unwrap_err();
        assert!(matches!(send, MessageError::Refused(WriteRefusal::Send(SendRefusal::NoSuchConversation))));
        let read =
            node.messages.history(&eve, conversation, HistoryFrom::Before(None), 10).await.unwrap_err();
        assert_eq!(read.code(), ErrorCode::NotFound);
        let mark = node.messages.move_cursor(eve, conversation, Seq::ZERO, Seq::ZERO).await.unwrap_err();
        assert_eq!(mark.code(), ErrorCode::NotFound);
    }
    // To a user: strangers, oneself and nobody are one answer too.
    let nobody = flux_core::UserId::generate(world.clock.now(), &*world.entropy);
    for to in [ada.user, eve.user, nobody] {
        let send =
            node.messages.send(eve, Destination::User(to), world.message(), text("hi")).await.unwrap_err();
        assert_eq!(send.code(), ErrorCode::NotPermitted);
    }
    assert_eq!(stored(&node, bob, talk).await, []);
}

#[tokio::test]
async fn invariant_11_a_full_queue_refuses_and_holds_the_order() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let (ada, _) = node.connect(ada).await;
    let lane = Arc::new(SendLane::new());
    world.faulty.hold();
    let to = Destination::Conversation(talk);
    let mut accepted = Vec::new();
    let overload = loop {
        match node.messages.submit(ada, Some(&lane), to, world.message(), text("x")).await {
            Ok(ticket) => accepted.push(ticket),
            Err(error) => break error,
        }
        assert!(accepted.len() < 100_000, "the queue has no bound");
        tokio::task::yield_now().await;
    };
    assert!(matches!(overload, MessageError::Overloaded));
    world.faulty.let_through(1_000);
    for ticket in accepted {
        ticket.await.unwrap();
    }
    // The refused one was not resent: what comes after it would be out of order.
    let later = node.submit(ada, &lane, talk, world.message(), "later").await;
    assert!(matches!(later.await, Err(MessageError::Held)));
}

#[tokio::test]
async fn invariant_13_a_store_that_hangs_costs_a_request_its_deadline_and_no_more() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    world.faulty.hold();
    let id = world.message();
    let messages = node.messages.clone();
    let send =
        tokio::spawn(async move { messages.send(ada, Destination::Conversation(talk), id, text("x")).await });
    let took = advance_until(&world.clock, Duration::from_secs(6), || send.is_finished()).await;
    assert!(took <= Duration::from_secs(5), "{took:?}");
    let error = send.await.unwrap().unwrap_err();
    assert!(error.code().retryable(), "{error:?}");
    // When the store is back, so is the node.
    world.faulty.let_through(1_000);
    let again = node.messages.send(ada, Destination::Conversation(talk), id, text("x")).await.unwrap();
    assert_eq!(again.seq, seq(1));
}

#[tokio::test]
async fn while_one_batch_commits_the_next_one_gathers() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    world.faulty.hold();
    let mut tickets = Vec::new();
    let to = Destination::Conversation(talk);
    tickets.push(node.messages.submit(ada, None, to, world.message(), text("0")).await.unwrap());
    until(|| node.commit.depth() == 0).await;
    for n in 1..=50 {
        tickets
            .push(node.messages.submit(ada, None, to, world.message(), text(&n.to_string())).await.unwrap());
    }
    world.faulty.let_through(2);
    for ticket in tickets {
        ticket.await.unwrap();
    }
    assert_eq!(*world.faulty.batches.lock().unwrap(), [1, 50]);
}

#[tokio::test]
async fn a_receipt_follows_the_cursor_and_is_told_once() {
    let world = World::new();
    let (ada, bob) = (world.actor("ada").await, world.actor("bob").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let (ada, adas) = node.connect(ada).await;
    let (bob, bobs) = node.connect(bob).await;
    node.messages.send(ada, Destination::Conversation(talk), world.message(), text("hi")).await.unwrap();
    assert_eq!(waiting(&bobs).await.len(), 1);

    let cursor = node.messages.move_cursor(bob, talk, seq(1), Seq::ZERO).await.unwrap();
    assert_eq!((cursor.delivered, cursor.read), (seq(1), Seq::ZERO));
    assert_eq!(waiting(&adas).await, [Event::Receipt { conversation: talk, cursor }]);
    // Out of order and again: nothing moves back, nobody is told.
    node.messages.move_cursor(bob, talk, Seq::ZERO, Seq::ZERO).await.unwrap();
    node.messages.move_cursor(bob, talk, seq(1), Seq::ZERO).await.unwrap();
    assert_eq!(waiting(&adas).await, []);
    let beyond = node.messages.move_cursor(bob, talk, seq(2), Seq::ZERO).await.unwrap_err();
    assert_eq!(beyond.code(), ErrorCode::CursorBeyondHead);
    let read = node.messages.move_cursor(bob, talk, Seq::ZERO, seq(1)).await.unwrap();
    assert_eq!((read.delivered, read.read), (seq(1), seq(1)));
}

#[tokio::test]
async fn a_sync_tells_what_changed_and_nothing_else() {
    let world = World::new();
    let (ada, bob, eve) = (world.actor("ada").await, world.actor("bob").await, world.actor("eve").await);
    let with_bob = world.befriend(ada, bob).await;
    let with_eve = world.befriend(ada, eve).await;
    let node = world.node();
    let first = node.messages.sync(&ada, None, 100).await.unwrap();
    assert_eq!(first.conversations.len(), 2);
    assert!(first.next.is_none());

    node.messages.send(bob, Destination::Conversation(with_bob), world.message(), text("hi")).await.unwrap();
    let second = node.messages.sync(&ada, Some(first.cursor), 100).await.unwrap();
    let changed: Vec<_> = second.conversations.iter().map(|c| (c.conversation, c.head)).collect();
    assert_eq!(changed, [(with_bob, seq(1))]);
    let third = node.messages.sync(&ada, Some(second.cursor), 100).await.unwrap();
    assert_eq!(third.conversations, []);

    // Paged, newest first; the cursor of the first page leaves out nothing that changes while pages are read.
    node.messages.send(ada, Destination::Conversation(with_eve), world.message(), text("hi")).await.unwrap();
    let page = node.messages.sync(&ada, None, 1).await.unwrap();
    assert_eq!(page.conversations[0].conversation, with_eve);
    node.messages
        .send(bob, Destination::Conversation(with_bob), world.message(), text("again"))
        .await
        .unwrap();
    let rest = node.messages.sync_next(&ada, page.next.unwrap(), 1).await.unwrap();
    let after = node.messages.sync(&ada, Some(page.cursor), 100).await.unwrap();
    let told: Vec<_> =
        rest.conversations.iter().chain(&after.conversations).map(|c| (c.conversation, c.head)).collect();
    assert!(told.contains(&(with_bob, seq(2))), "{told:?}");
}

#[tokio::test]
async fn typing_is_told_to_the_others_of_a_conversation_one_may_write_to() {
    let world = World::new();
    let (ada, bob, eve) = (world.actor("ada").await, world.actor("bob").await, world.actor("eve").await);
    let talk = world.befriend(ada, bob).await;
    let node = world.node();
    let (ada, adas) = node.connect(ada).await;
    let (_, bobs) = node.connect(bob).await;
    node.messages.set_typing(&ada, talk, true).await.unwrap();
    let event = Event::Typing { conversation: talk, user: ada.user, typing: true };
    assert_eq!(waiting(&bobs).await, [event]);
    assert_eq!(waiting(&adas).await, []);
    assert_eq!(node.messages.set_typing(&eve, talk, true).await.unwrap_err().code(), ErrorCode::NotFound);
}
