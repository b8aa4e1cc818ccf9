//! Whose session it is: one connection owns it, and it ends everywhere at once.

use std::time::Duration;

use flux_core::message::{MessageError, WriteRefusal};
use flux_core::session::SessionEndReason;
use flux_core::{Fenced, Seq};
use flux_net::chat::Format;
use flux_proto::CloseCode;
use flux_proto::v1::{
    self, client_frame::Request, event::Event, feed_entry::Change, reply::Result as Answer,
};

use crate::support::client::message_to;
use crate::support::{World, until};

async fn head(
    world: &World,
    person: &crate::support::Person,
    conversation: flux_core::ConversationId,
) -> Seq {
    world.flux.messages.conversation(&person.actor, conversation).await.unwrap().head
}

#[tokio::test]
async fn invariant_9_the_newest_connection_owns_the_session_and_the_older_one_is_told() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut older = world.connect(&alice).await;
    let mut newer = world.stranger(Format::Proto).await;
    let welcome = newer.welcomed(world.token(&alice)).await;
    assert_eq!(welcome.generation, 2);
    older.closed_with(CloseCode::SessionSuperseded).await;
    newer.send(conversation, world.message_id(), "mine").await;
    assert_eq!(head(&world, &bob, conversation).await.get(), 1);
    until("one is left", || world.flux.connections.count() == 1).await;
}

#[tokio::test]
async fn invariant_9_what_the_older_connection_had_queued_is_refused() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut older = world.connect(&alice).await;
    world.store.hold_commits();
    // One that waits in a batch of its own, so that what follows is queued behind it.
    let first = older.submit(message_to(conversation, world.message_id(), "before")).await;
    until("it waits", || world.store.held_commits() == 1).await;
    let mut newer = world.stranger(Format::Json).await;
    let hello = v1::Hello { access_token: world.token(&alice), ..v1::Hello::default() };
    let hello = newer.submit(Request::Hello(hello)).await;
    crate::support::settle().await;
    let queued = older.submit(message_to(conversation, world.message_id(), "behind the claim")).await;
    crate::support::settle().await;
    world.store.let_all_through();
    assert!(matches!(newer.answer(hello).await, Answer::Welcome(_)));
    older.closed_with(CloseCode::SessionSuperseded).await;
    for reply in older.left_replies() {
        match reply.result {
            Some(Answer::Sent(_)) => assert_eq!(reply.request_id, first),
            Some(Answer::Error(error)) => {
                assert_eq!((reply.request_id, error.code.as_str()), (queued, "session_superseded"));
            }
            other => panic!("unexpected: {other:?}"),
        }
    }
    // Both were decided, and only the one before the claim was stored.
    newer.send(conversation, world.message_id(), "after").await;
    let history = world.flux.messages.history(
        &bob.actor,
        conversation,
        flux_core::message::HistoryFrom::After(Seq::ZERO),
        10,
    );
    let texts: Vec<_> =
        history.await.unwrap().messages.iter().map(|message| message.text.as_str().to_owned()).collect();
    assert_eq!(texts, ["before", "after"]);
}

#[tokio::test]
async fn invariant_10_a_revoked_session_is_told_why_and_cut_off() {
    for (reason, wire) in [
        (SessionEndReason::Revoked, v1::SessionEndReason::Revoked),
        (SessionEndReason::PasswordChanged, v1::SessionEndReason::PasswordChanged),
        (SessionEndReason::Expired, v1::SessionEndReason::Expired),
    ] {
        let world = World::new().await;
        let (alice, _, conversation) = world.friends().await;
        let mut client = world.connect(&alice).await;
        // Ended behind the back of this process: only the durable row tells.
        let durable = &world.flux.ports.durable;
        durable.end_session(alice.actor.user, alice.actor.session, reason).await.unwrap();
        world.pass(Duration::from_secs(1)).await;
        client.closed_with(CloseCode::Unauthenticated).await;
        let ended = Event::SessionEnded(v1::SessionEnded { reason: wire.into() });
        assert_eq!(client.left().last(), Some(&ended));
        let refused = world
            .flux
            .messages
            .move_cursor(alice.actor, conversation, Seq::ZERO, Seq::ZERO)
            .await
            .unwrap_err();
        assert!(matches!(refused, MessageError::Refused(WriteRefusal::Fenced(Fenced::SessionEnded))));
    }
}

#[tokio::test]
async fn invariant_10_what_a_revoked_session_had_queued_is_refused() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let other = world.login(alice.actor.user).await;
    let mut client = world.connect(&alice).await;
    world.store.hold_commits();
    let held = client.submit(message_to(conversation, world.message_id(), "queued")).await;
    until("it waits", || world.store.held_commits() == 1).await;
    world.flux.sessions.end(&other.actor, alice.actor.session).await.unwrap();
    client.closed_with(CloseCode::Unauthenticated).await;
    world.store.let_all_through();
    let mut friend = world.connect(&bob).await;
    friend.send(conversation, world.message_id(), "first").await;
    assert_eq!(head(&world, &bob, conversation).await.get(), 1, "request {held} was stored");
}

#[tokio::test]
async fn invariant_10_a_write_after_the_end_is_refused_before_anybody_was_told() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let durable = &world.flux.ports.durable;
    durable.end_session(alice.actor.user, alice.actor.session, SessionEndReason::Revoked).await.unwrap();
    // No time passes: this process does not know yet.
    assert_eq!(client.refused(message_to(conversation, world.message_id(), "x")).await, "session_ended");
    client.closed_with(CloseCode::Unauthenticated).await;
    assert_eq!(head(&world, &bob, conversation).await, Seq::ZERO);
}

#[tokio::test]
async fn both_devices_of_a_user_get_everything() {
    let world = World::new().await;
    let (phone, bob, conversation) = world.friends().await;
    let laptop = world.login(phone.actor.user).await;
    let mut one = world.connect(&phone).await;
    let mut two = world.connect_as(&laptop, Format::Proto).await;
    let mut friend = world.connect(&bob).await;
    let message = |event| match event {
        Event::Message(message) => Some((message.seq, message.text)),
        _ => None,
    };
    // What comes from elsewhere comes to both; what one sends comes to the other.
    friend.send(conversation, world.message_id(), "from bob").await;
    assert_eq!(one.event_of(message).await, (1, "from bob".to_owned()));
    assert_eq!(two.event_of(message).await, (1, "from bob".to_owned()));
    one.send(conversation, world.message_id(), "from the phone").await;
    assert_eq!(two.event_of(message).await, (2, "from the phone".to_owned()));
    assert_eq!(friend.event_of(message).await, (2, "from the phone".to_owned()));
    let read = v1::MarkRead { conversation_id: conversation.to_string(), seq: 2 };
    two.ask(Request::MarkRead(read)).await;
    let receipt = |event| match event {
        Event::Receipt(receipt) => receipt.cursor.map(|cursor| (cursor.user_id, cursor.read_seq)),
        _ => None,
    };
    assert_eq!(one.event_of(receipt).await, (phone.id(), 2));
    assert_eq!(friend.event_of(receipt).await, (phone.id(), 2));
    // The feed too: both see the session that a third login opens.
    let tablet = world.login(phone.actor.user).await;
    let opened = |event| match event {
        Event::FeedEntry(v1::FeedEntry { change: Some(Change::SessionOpened(session)), .. }) => {
            Some(session.session_id)
        }
        _ => None,
    };
    for device in [&mut one, &mut two] {
        assert_eq!(device.event_of(opened).await, tablet.actor.session.to_string());
    }
    assert_eq!(one.events_so_far().await, []);
    assert_eq!(two.events_so_far().await, []);
}

#[tokio::test]
async fn invariant_5_who_acts_is_the_sessions_user() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let mut friend = world.connect(&bob).await;
    client.send(conversation, world.message_id(), "x").await;
    let Event::Message(message) = friend.event().await else { panic!("no message") };
    assert_eq!(message.sender_id, alice.id());
    let read = v1::MarkRead { conversation_id: conversation.to_string(), seq: 1 };
    let Answer::CursorMoved(moved) = client.ask(Request::MarkRead(read)).await else { panic!("not moved") };
    assert_eq!(moved.cursor.unwrap().user_id, alice.id());
    let Event::Receipt(receipt) = friend.event().await else { panic!("no receipt") };
    assert_eq!(receipt.cursor.unwrap().user_id, alice.id());
}
