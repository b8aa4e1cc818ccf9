//! Too much of anything: told to wait, then cut off.

use std::time::Duration;

use flux_core::Settings;
use flux_core::guard::Quota;
use flux_net::chat::{ChatConfig, ChatRates, Format};
use flux_proto::CloseCode;
use flux_proto::v1::{self, client_frame::Request, event::Event, reply::Result as Answer};
use tokio_tungstenite::tungstenite::Message;

use crate::support::World;
use crate::support::client::{Client, message_to};
use crate::support::raw::{Raw, frame};

const SECOND: Duration = Duration::from_secs(1);

fn rates(rates: ChatRates) -> ChatConfig {
    ChatConfig { rates, ..ChatConfig::default() }
}

#[tokio::test]
async fn a07_a_flood_of_pings_is_cut_off_with_4429() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut stranger = Raw::open(world.address, "flux.v1.json").await;
    stranger.try_write(&frame(0x89, b"x").repeat(10_000)).await;
    assert_eq!(stranger.closed().await, CloseCode::TooManyRequests.number());
    let mut client = world.connect(&alice).await;
    for _ in 0..10_000 {
        if !client.try_say_raw(Message::Ping("x".into())).await {
            break;
        }
    }
    client.closed_with(CloseCode::TooManyRequests).await;
    assert!(world.connect(&alice).await.is_alive().await);
}

async fn rate_limited(client: &mut Client, request: Request) -> u32 {
    let error = client.error(request).await;
    assert_eq!((error.code.as_str(), error.retry()), ("rate_limited", v1::Retry::Later));
    error.retry_after_ms
}

#[tokio::test]
async fn a64_a_flood_of_messages_is_told_to_wait_and_then_cut_off() {
    let world = World::with(
        rates(ChatRates { sends: Quota::new(10, 10 * SECOND), ..ChatRates::default() }),
        Settings::default(),
    )
    .await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let mut victim = world.connect(&bob).await;
    for n in 0..10 {
        client.send(conversation, world.message_id(), &n.to_string()).await;
    }
    let late = message_to(conversation, world.message_id(), "late");
    assert_eq!(rate_limited(&mut client, late.clone()).await, 1_000);
    // Who waits as long as told is let through.
    world.pass(SECOND).await;
    assert!(matches!(client.ask(late).await, Answer::Sent(_)));
    // Who does not is cut off; the other one has nothing of it.
    for _ in 0..200 {
        let send = message_to(conversation, world.message_id(), "flood");
        let frame = v1::ClientFrame { request_id: 1_000, request: Some(send) };
        if !client.try_say_raw(Message::text(serde_json::to_string(&frame).unwrap())).await {
            break;
        }
    }
    client.closed_with(CloseCode::TooManyRequests).await;
    assert!(client.left_replies().iter().all(|reply| matches!(&reply.result, Some(Answer::Error(_)))));
    let events = victim.events_so_far().await;
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Message(_))).count(), 11);
}

#[tokio::test]
async fn frames_of_every_kind_are_counted_together() {
    let world = World::with(
        rates(ChatRates {
            frames: Quota::new(20, 20 * SECOND),
            strikes: Quota::new(3, 60 * SECOND),
            ..ChatRates::default()
        }),
        Settings::default(),
    )
    .await;
    let alice = world.person("alice").await;
    for format in Format::ALL {
        let mut client = world.connect_as(&alice, format).await;
        for _ in 0..19 {
            assert!(client.is_alive().await);
        }
        let ping = || Request::Ping(v1::Ping::default());
        let list = || Request::ListSessions(v1::ListSessions {});
        assert_eq!(rate_limited(&mut client, ping()).await, 1_000);
        assert_eq!(rate_limited(&mut client, list()).await, 1_000);
        world.pass(SECOND).await;
        assert!(client.is_alive().await);
        assert_eq!(rate_limited(&mut client, ping()).await, 1_000);
        client.submit(ping()).await;
        client.closed_with(CloseCode::TooManyRequests).await;
    }
}

#[tokio::test]
async fn typing_is_told_once_a_second_in_each_conversation() {
    let world = World::new().await;
    let (alice, bob, first) = world.friends().await;
    let carol = world.person("carol").await;
    let second = world.befriend(&alice, &carol).await;
    let mut client = world.connect(&alice).await;
    let mut friend = world.connect(&bob).await;
    let typing = |conversation: flux_core::ConversationId, typing| {
        Request::SetTyping(v1::SetTyping { conversation_id: conversation.to_string(), typing })
    };
    for _ in 0..3 {
        client.done(typing(first, true)).await;
    }
    assert_eq!(rate_limited(&mut client, typing(first, true)).await, 1_000);
    client.done(typing(second, true)).await;
    // To stop is always told: it ends what the other sees.
    client.done(typing(first, false)).await;
    let shown = friend.events_so_far().await;
    assert_eq!(shown.len(), 4);
    world.pass(SECOND).await;
    client.done(typing(first, true)).await;
}

#[tokio::test]
async fn a68_strangers_cannot_be_watched_and_changes_are_gathered() {
    let world = World::new().await;
    let (alice, bob, _) = world.friends().await;
    let carol = world.person("carol").await;
    let mut watcher = world.connect(&bob).await;
    let mut unseen = world.connect(&carol).await;
    let mut client = world.connect(&alice).await;
    world.pass(2 * SECOND).await;
    let watch = v1::WatchPresence { user_ids: vec![alice.id(), carol.id()] };
    let Answer::PresenceList(list) = watcher.ask(Request::WatchPresence(watch)).await else {
        panic!("no list")
    };
    let states: Vec<_> = list.presences.iter().map(v1::Presence::state).collect();
    assert_eq!(states, [v1::PresenceState::Online, v1::PresenceState::Offline]);
    assert_eq!(list.presences[1].last_seen_ms, 0);
    // A hundred changes a second: five are taken, and one is told.
    let set = |presence: v1::OwnPresence| Request::SetPresence(v1::SetPresence { presence: presence.into() });
    let mut taken = 0;
    for n in 0..50 {
        let presence = if n % 2 == 0 { v1::OwnPresence::Away } else { v1::OwnPresence::Online };
        taken += u32::from(matches!(client.ask(set(presence)).await, Answer::Done(_)));
        let _ = unseen.ask(set(presence)).await;
    }
    assert_eq!(taken, 5);
    world.pass(2 * SECOND).await;
    let events = watcher.events_so_far().await;
    let told: Vec<_> = events
        .iter()
        .map(|event| match event {
            Event::Presence(presence) => (presence.user_id.clone(), presence.state()),
            other => panic!("unexpected: {other:?}"),
        })
        .collect();
    assert_eq!(told, [(alice.id(), v1::PresenceState::Away)]);
    let many = v1::WatchPresence { user_ids: vec![alice.id(); 501] };
    assert_eq!(watcher.refused(Request::WatchPresence(many)).await, "invalid_argument");
}

#[tokio::test]
async fn a_connection_watches_so_many_users() {
    let presence = flux_core::presence::PresenceSettings { watched: 2, ..Default::default() };
    let world = World::with(ChatConfig::default(), Settings { presence, ..Settings::default() }).await;
    let (alice, bob, _) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let ids: Vec<String> = (0..3).map(|_| world.message_id().to_string()).collect();
    let watch = |user_ids| Request::WatchPresence(v1::WatchPresence { user_ids });
    assert_eq!(client.refused(watch(ids)).await, "watch_limit");
    assert!(matches!(client.ask(watch(vec![bob.id()])).await, Answer::PresenceList(_)));
}

#[tokio::test]
async fn searches_are_counted() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut client = world.connect(&alice).await;
    let search = || Request::SearchUsers(v1::SearchUsers { query: "alice".to_owned(), limit: 1 });
    for _ in 0..10 {
        assert!(matches!(client.ask(search()).await, Answer::ProfileList(_)));
    }
    assert_eq!(rate_limited(&mut client, search()).await, 1_000);
}
