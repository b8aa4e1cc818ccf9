//! What is pushed, what is made good, and who is too slow for it.

use std::time::Duration;

use flux_core::Settings;
use flux_core::guard::Quota;
use flux_core::routing::OutboxLimits;
use flux_net::chat::{ChatConfig, ChatRates, Format};
use flux_proto::CloseCode;
use flux_proto::v1::{self, client_frame::Request, event::Event, log_ref::Log, reply::Result as Answer};

use crate::support::raw::{Raw, frame};
use crate::support::{World, settle, until};

#[tokio::test]
async fn invariant_4_a_push_that_was_lost_is_made_good_within_10_s() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut from = world.connect(&alice).await;
    let mut to = world.connect(&bob).await;
    world.pass(Duration::from_secs(5)).await;
    to.events_so_far().await;
    world.flux.router.hub().lose_everything();
    let sent = from.send(conversation, world.message_id(), "lost").await;
    world.flux.friends.block(&bob.actor, alice.actor.user).await.unwrap();
    assert_eq!(to.events_so_far().await, []);
    world.pass(Duration::from_secs(10)).await;
    let events = to.events_so_far().await;
    let mut heads = Vec::new();
    for event in events {
        let Event::LogChanged(changed) = event else { panic!("unexpected: {event:?}") };
        match changed.log.unwrap().log.unwrap() {
            Log::ConversationId(id) => heads.push((id, changed.head_seq)),
            Log::Feed(v1::OwnFeed {}) => heads.push(("feed".to_owned(), changed.head_seq)),
        }
    }
    assert!(heads.contains(&(conversation.to_string(), sent.seq)), "{heads:?}");
    assert!(heads.iter().any(|(log, _)| log == "feed"), "{heads:?}");
    let read = v1::ReadHistory { conversation_id: conversation.to_string(), ..v1::ReadHistory::default() };
    let Answer::History(history) = to.ask(Request::ReadHistory(read)).await else { panic!("no history") };
    assert_eq!(history.messages[0].text, "lost");
    // Told once, and not again.
    world.pass(Duration::from_secs(10)).await;
    let again = to.events_so_far().await;
    assert!(!again.iter().any(|event| matches!(event, Event::LogChanged(_))), "{again:?}");
}

#[tokio::test]
async fn what_was_pushed_is_not_told_again_by_repair() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut from = world.connect(&alice).await;
    let mut to = world.connect(&bob).await;
    world.pass(Duration::from_secs(5)).await;
    from.send(conversation, world.message_id(), "x").await;
    world.pass(Duration::from_secs(10)).await;
    for client in [&mut from, &mut to] {
        let told = client.events_so_far().await;
        assert!(!told.iter().any(|event| matches!(event, Event::LogChanged(_))), "{told:?}");
    }
}

/// Somebody who says hello and then reads nothing, with as little room in between as the system allows.
async fn deaf(world: &World, token: &str) -> Raw {
    let mut raw = Raw::open(world.address, "flux.v1.json").await;
    let hello = format!(r#"{{"requestId":1,"hello":{{"accessToken":"{token}"}}}}"#);
    raw.write(&frame(0x81, hello.as_bytes())).await;
    assert!(raw.next_frame().await.is_some());
    raw
}

/// Senders may be as fast as they can.
fn fast() -> ChatConfig {
    let unlimited = Quota::new(1_000_000, Duration::from_secs(1));
    let rates = ChatRates { frames: unlimited, sends: unlimited, ..ChatRates::default() };
    ChatConfig { rates, ..ChatConfig::default() }
}

#[tokio::test]
async fn invariant_11_who_reads_too_slowly_is_cut_off_and_nobody_waits_for_them() {
    let outbox = OutboxLimits { events: 64, transient: 32, logs: 64 };
    let world = World::with(fast(), Settings { outbox, ..Settings::default() }).await;
    let (alice, bob, conversation) = world.friends().await;
    let mut from = world.connect(&alice).await;
    let mut slow = deaf(&world, &world.token(&bob)).await;
    let text = "x".repeat(4_096);
    // Until the buffers of the system are full, and then the outbox: all of it is bounded.
    let mut sent = 0;
    while world.flux.connections.count() == 2 {
        assert!(sent < 20_000, "never cut off");
        from.send(conversation, world.message_id(), &text).await;
        sent += 1;
    }
    // What the system had taken can still be read, and after it why nothing more comes.
    let code = loop {
        match slow.next_frame().await {
            Some((0x88, code)) => break u16::from_be_bytes([code[0], code[1]]),
            Some(_) => {}
            None => panic!("ended without a close frame"),
        }
    };
    assert_eq!(code, CloseCode::TryAgainLater.number());
    assert!(from.is_alive().await);
    // Nothing was lost: it is all there when they come back.
    let mut again = world.stranger(Format::Proto).await;
    let welcome = again.welcomed(world.token(&bob)).await;
    assert_eq!(welcome.sync.unwrap().conversations[0].head_seq, sent);
}

#[tokio::test]
async fn invariant_11_who_takes_nothing_for_10_s_is_cut_off() {
    let outbox = OutboxLimits { events: 1_000_000, transient: 1, logs: 64 };
    let world = World::with(fast(), Settings { outbox, ..Settings::default() }).await;
    let (alice, bob, conversation) = world.friends().await;
    let mut from = world.connect(&alice).await;
    let mut slow = deaf(&world, &world.token(&bob)).await;
    let text = "x".repeat(4_096);
    // More than the buffers of the system take.
    for _ in 0..4_000 {
        from.send(conversation, world.message_id(), &text).await;
    }
    settle().await;
    world.pass(Duration::from_secs(9)).await;
    assert_eq!(world.flux.connections.count(), 2);
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(world.flux.connections.count(), 1);
    // It is not waited for either: nobody is closed with what they do not read.
    world.pass(Duration::from_secs(2)).await;
    until("it is hung up on", || world.chat.status().connections == 1).await;
    while slow.next_frame().await.is_some() {}
}

#[tokio::test]
async fn a_long_answer_comes_in_pieces_and_whole() {
    let world = World::with(fast(), Settings::default()).await;
    let (alice, bob, conversation) = world.friends().await;
    let mut from = world.connect(&alice).await;
    let text = "\"é".repeat(1_365);
    for _ in 0..100 {
        from.send(conversation, world.message_id(), &text).await;
    }
    let read = v1::ReadHistory { conversation_id: conversation.to_string(), ..v1::ReadHistory::default() };
    for format in Format::ALL {
        let mut to = world.connect_as(&bob, format).await;
        // Others wait for their turn behind it.
        let history = to.submit(Request::ReadHistory(read.clone())).await;
        assert!(to.is_alive().await);
        let Answer::History(history) = to.answer(history).await else { panic!("no history") };
        assert!(history.messages.len() == 100 && history.messages.iter().all(|message| message.text == text));
    }
    let mut raw = deaf(&world, &world.token(&bob)).await;
    let asked = format!(r#"{{"requestId":2,"readHistory":{{"conversationId":"{conversation}"}}}}"#);
    raw.write(&frame(0x81, asked.as_bytes())).await;
    let mut firsts = Vec::new();
    while firsts.last().is_none_or(|first| first & 0x80 == 0) {
        let (first, payload) = raw.next_frame().await.unwrap();
        assert!(payload.len() <= 16 * 1_024);
        firsts.push(first);
    }
    assert_eq!((firsts[0], firsts[1], firsts.last()), (0x01, 0x00, Some(&0x80)));
}
