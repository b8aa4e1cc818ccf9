//! The first words of a connection.

use std::time::Duration;

use flux_net::chat::Format;
use flux_proto::CloseCode;
use flux_proto::v1::{self, client_frame::Request, log_ref::Log, reply::Result as Answer};

use crate::support::World;
use crate::support::client::message_to;

fn hello(token: String) -> v1::Hello {
    v1::Hello { access_token: token, ..v1::Hello::default() }
}

#[tokio::test]
async fn a12_who_never_says_hello_is_cut_off_after_10_s() {
    let world = World::new().await;
    let mut silent = world.stranger(Format::Json).await;
    let mut busy = world.stranger(Format::Proto).await;
    for _ in 0..9 {
        busy.say_raw(tokio_tungstenite::tungstenite::Message::Ping("x".into())).await;
        world.pass(Duration::from_secs(1)).await;
    }
    assert_eq!(world.chat.status().anonymous, 2);
    world.pass(Duration::from_secs(1)).await;
    silent.closed_with(CloseCode::TimedOut).await;
    busy.closed_with(CloseCode::TimedOut).await;
}

#[tokio::test]
async fn a13_any_frame_before_hello_is_refused_and_closed_with_4401() {
    let world = World::new().await;
    let (_, _, conversation) = world.friends().await;
    for format in Format::ALL {
        for request in [
            Request::Ping(v1::Ping::default()),
            message_to(conversation, world.message_id(), "x"),
            Request::ListSessions(v1::ListSessions {}),
            Request::Logout(v1::Logout::default()),
        ] {
            let mut client = world.stranger(format).await;
            assert_eq!(client.refused(request).await, "hello_expected");
            client.closed_with(CloseCode::Unauthenticated).await;
        }
    }
}

#[tokio::test]
async fn a13_a_second_hello_is_refused_and_closed_with_4403() {
    let world = World::new().await;
    let (alice, bob, _) = world.friends().await;
    for other in [alice, bob] {
        let mut client = world.connect(&alice).await;
        assert_eq!(client.refused(Request::Hello(hello(world.token(&other)))).await, "already_greeted");
        client.closed_with(CloseCode::Forbidden).await;
    }
    assert_eq!(world.chat.status().anonymous, 0);
}

#[tokio::test]
async fn tokens_that_are_not_good_are_refused_alike() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let good = world.token(&alice);
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{signed}.{other}{}", &signature[1..]);
    let expired = good.clone();
    let long = "x".repeat(20_000);
    for token in [String::new(), "x".to_owned(), forged, format!("{good}."), long] {
        let mut client = world.stranger(Format::Json).await;
        assert_eq!(client.refused(Request::Hello(hello(token))).await, "unauthenticated");
        client.closed_with(CloseCode::Unauthenticated).await;
    }
    world.pass(Duration::from_secs(606)).await;
    let mut client = world.stranger(Format::Json).await;
    let error = client.error(Request::Hello(hello(expired))).await;
    assert_eq!((error.code.as_str(), error.field.as_str()), ("unauthenticated", ""));
    client.closed_with(CloseCode::Unauthenticated).await;
}

#[tokio::test]
async fn a_connection_outlives_its_token() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut client = world.connect(&alice).await;
    for _ in 0..30 {
        world.pass(Duration::from_secs(30)).await;
        assert!(client.is_alive().await);
    }
}

#[tokio::test]
async fn a_hello_that_is_wrong_in_a_field_can_be_said_again() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut client = world.stranger(Format::Proto).await;
    let good = hello(world.token(&alice));
    let id = world.message_id().to_string();
    let head = |log, head_seq| v1::KnownHead { log: Some(v1::LogRef { log }), head_seq };
    let conversation = |id: &str| Some(Log::ConversationId(id.to_owned()));
    for (wrong, code, field) in [
        (v1::Hello { client: "a\nb".to_owned(), ..good.clone() }, "invalid_argument", "client"),
        (v1::Hello { client: "x".repeat(129), ..good.clone() }, "invalid_argument", "client"),
        (v1::Hello { sync_cursor: "forged".to_owned(), ..good.clone() }, "invalid_page", "sync_cursor"),
        (v1::Hello { known_heads: vec![head(conversation(&id), 1)], ..good.clone() }, "malformed", "epoch"),
        (
            v1::Hello { known_heads: vec![head(conversation("x"), 1)], epoch: id.clone(), ..good.clone() },
            "malformed",
            "known_heads.log.conversation_id",
        ),
        (
            v1::Hello { known_heads: vec![head(None, 1)], epoch: id.clone(), ..good.clone() },
            "invalid_argument",
            "known_heads.log",
        ),
        (
            v1::Hello {
                known_heads: vec![head(conversation(&id), 1); 1_001],
                epoch: id.clone(),
                ..good.clone()
            },
            "invalid_argument",
            "known_heads",
        ),
    ] {
        let error = client.error(Request::Hello(wrong)).await;
        assert_eq!((error.code.as_str(), error.field.as_str()), (code, field));
    }
    client.say(&v1::ClientFrame { request_id: 0, request: Some(Request::Hello(good.clone())) }).await;
    let reply = client.next_reply().await;
    assert_eq!(reply.request_id, 0);
    assert!(matches!(reply.result, Some(Answer::Error(error)) if error.field == "request_id"));
    assert!(matches!(client.hello(good).await, Answer::Welcome(_)));
}

#[tokio::test]
async fn a_store_that_is_down_is_a_retryable_answer_to_hello() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut client = world.stranger(Format::Json).await;
    world.store.fail_next_commit();
    let error = client.error(Request::Hello(hello(world.token(&alice)))).await;
    assert_eq!((error.code.as_str(), error.retry()), ("unavailable", v1::Retry::Later));
    client.welcomed(world.token(&alice)).await;
}

async fn welcome(world: &World, person: &crate::support::Person, hello: v1::Hello) -> v1::SyncPage {
    let mut client = world.stranger(Format::Proto).await;
    let hello = v1::Hello { access_token: world.token(person), ..hello };
    match client.hello(hello).await {
        Answer::Welcome(welcome) => welcome.sync.unwrap(),
        other => panic!("not welcome: {other:?}"),
    }
}

fn ids(page: &v1::SyncPage) -> Vec<String> {
    page.conversations.iter().map(|found| found.conversation_id.clone()).collect()
}

#[tokio::test]
async fn hello_with_a_cursor_tells_what_changed_since() {
    let world = World::new().await;
    let (alice, bob, first) = world.friends().await;
    let carol = world.person("carol").await;
    world.befriend(&alice, &carol).await;
    let all = welcome(&world, &alice, v1::Hello::default()).await;
    assert_eq!(all.conversations.len(), 2);
    let since = v1::Hello { sync_cursor: all.sync_cursor.clone(), ..v1::Hello::default() };
    assert_eq!(ids(&welcome(&world, &alice, since.clone()).await), [""; 0]);
    world.connect(&bob).await.send(first, world.message_id(), "x").await;
    assert_eq!(ids(&welcome(&world, &alice, since).await), [first.to_string()]);
    // A cursor is good for its user alone.
    let mut client = world.stranger(Format::Proto).await;
    let hello = v1::Hello { sync_cursor: all.sync_cursor, ..hello(world.token(&bob)) };
    assert_eq!(client.refused(Request::Hello(hello)).await, "invalid_page");
}

#[tokio::test]
async fn a66_pages_go_on_where_the_one_before_ended_and_cannot_be_forged() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    for n in 0..101 {
        let friend = world.person(&format!("friend{n}")).await;
        let request =
            world.flux.friends.request(&friend.actor, alice.actor.user, flux_core::friend::Greeting::empty());
        let flux_core::friend::Asked::Requested(request) = request.await.unwrap() else {
            panic!("not pending")
        };
        world.flux.friends.accept(&alice.actor, request.request).await.unwrap();
    }
    let first = welcome(&world, &alice, v1::Hello::default()).await;
    assert_eq!(first.conversations.len(), 100);
    let mut client = world.connect(&alice).await;
    let sync = |page: &str| Request::Sync(v1::Sync { page: page.to_owned(), ..v1::Sync::default() });
    let Answer::SyncPage(second) = client.ask(sync(&first.next_page)).await else { panic!("no page") };
    assert_eq!((second.conversations.len(), second.next_page.as_str()), (1, ""));
    assert_eq!(second.sync_cursor, first.sync_cursor);
    assert!(!ids(&first).contains(&ids(&second)[0]));
    let mut changed = first.next_page.clone().into_bytes();
    changed[10] = if changed[10] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    let cut = &first.next_page[..first.next_page.len() - 1];
    for forged in ["0", "-1", &changed, cut, &first.sync_cursor, &"A".repeat(200)] {
        let error = client.error(sync(forged)).await;
        assert_eq!((error.code.as_str(), error.field.as_str()), ("invalid_page", "page"), "{forged}");
    }
    let cursor = v1::Sync { sync_cursor: first.next_page, ..v1::Sync::default() };
    assert_eq!(client.error(Request::Sync(cursor)).await.field, "sync_cursor");
}

#[tokio::test]
async fn known_heads_are_compared_with_the_store() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut friend = world.connect(&bob).await;
    for _ in 0..2 {
        friend.send(conversation, world.message_id(), "x").await;
    }
    let cursor = welcome(&world, &alice, v1::Hello::default()).await.sync_cursor;
    let log = |log| Some(v1::LogRef { log: Some(log) });
    let knows = |head_seq| v1::Hello {
        sync_cursor: cursor.clone(),
        known_heads: vec![v1::KnownHead {
            log: log(Log::ConversationId(conversation.to_string())),
            head_seq,
        }],
        epoch: world.flux.messages.epoch().to_string(),
        ..v1::Hello::default()
    };
    assert_eq!(ids(&welcome(&world, &alice, knows(2)).await), [""; 0]);
    let behind = welcome(&world, &alice, knows(1)).await;
    assert_eq!((ids(&behind), behind.conversations[0].head_seq), (vec![conversation.to_string()], 2));
    // More than the server has, in the same epoch: it says so, and the client may come without its heads.
    let mut client = world.stranger(Format::Proto).await;
    let ahead = v1::Hello { access_token: world.token(&alice), ..knows(3) };
    let error = client.error(Request::Hello(ahead)).await;
    assert_eq!((error.code.as_str(), error.retry()), ("epoch_ahead", v1::Retry::Never));
    let feed = v1::KnownHead { log: log(Log::Feed(v1::OwnFeed {})), head_seq: 1_000 };
    let ahead = v1::Hello { access_token: world.token(&alice), known_heads: vec![feed], ..knows(2) };
    assert_eq!(client.refused(Request::Hello(ahead)).await, "epoch_ahead");
    // In another epoch heads say nothing.
    let epoch = world.message_id().to_string();
    let other = v1::Hello { access_token: world.token(&alice), epoch, ..knows(3) };
    assert!(matches!(client.hello(other).await, Answer::Welcome(_)));
}
