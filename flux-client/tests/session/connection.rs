//! Coming back, and not coming back.

use std::sync::Arc;
use std::time::Duration;

use flux_client::{
    Client, ClientError, CloseCode, Config, ConnectionState, DisconnectReason, ErrorCode, Event, Session,
    SessionEndReason,
};
use flux_proto::v1::{self, client_frame::Request, event, reply};
use tokio::time::{Instant, timeout};

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn attempts_back_off_with_jitter_up_to_the_cap() {
    let (net, mut dialed) = Net::new();
    net.fail(12);
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let mut waits = Vec::new();
    while waits.len() < 12 {
        match state(&mut events).await {
            ConnectionState::Offline { retry_in: Some(wait), reason: DisconnectReason::Failed(_) } => {
                waits.push(wait);
            }
            ConnectionState::Connecting => {}
            state => panic!("{state:?}"),
        }
    }
    for (n, wait) in (0..).zip(&waits) {
        let ceiling = Duration::from_millis(250 << n).min(Duration::from_secs(30));
        assert!(*wait <= ceiling, "{n}: {wait:?}");
    }
    // Chance spreads them: they are not all at the ceiling, nor all the same.
    assert!(waits[11] != waits[10] && waits[10] != waits[9]);
    let _server = dialed.welcomed().await;
    session.online().await.unwrap();
    assert_eq!(net.attempts(), 13);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_lasted_makes_the_next_failure_a_first_one() {
    let (net, mut dialed) = Net::new();
    net.fail(8);
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let server = dialed.welcomed().await;
    while !state(&mut events).await.is_online() {}
    tokio::time::sleep(Duration::from_secs(11)).await;
    server.close(1011);
    match state(&mut events).await {
        ConnectionState::Offline {
            retry_in: Some(wait),
            reason: DisconnectReason::Closed(CloseCode::InternalError),
        } => {
            assert!(wait <= Duration::from_millis(250), "{wait:?}");
        }
        state => panic!("{state:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_replaced_does_not_come_back_by_itself() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let server = dialed.welcomed().await;
    while !state(&mut events).await.is_online() {}
    server.close(4409);
    assert!(matches!(
        state(&mut events).await,
        ConnectionState::Offline { retry_in: None, reason: DisconnectReason::Superseded }
    ));
    dialed.none_within(Duration::from_hours(1)).await;
    assert!(matches!(session.friends().next().await, Err(ClientError::Superseded)));
    assert!(matches!(session.online().await, Err(ClientError::Superseded)));
    // What is sent meanwhile waits until somebody decides to take the session back.
    session.send(peer(), "waits").await.unwrap();
    session.reconnect().await.unwrap();
    let mut server = dialed.welcomed().await;
    session.online().await.unwrap();
    assert_eq!(server.send().await.1.text, "waits");
}

#[tokio::test(start_paused = true)]
async fn codes_that_say_never_are_obeyed() {
    for code in CloseCode::ALL {
        if code.reconnect() != flux_proto::Reconnect::Never {
            continue;
        }
        let (net, mut dialed) = Net::new();
        let session = net.session(Config::default()).await;
        dialed.welcomed().await.close(code.number());
        dialed.none_within(Duration::from_hours(1)).await;
        assert!(!session.connection().is_online());
    }
}

#[tokio::test(start_paused = true)]
async fn an_ended_session_ends_everything() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    let ticket = session.send(peer(), "too late").await.unwrap();
    server.send().await;
    let ended = v1::SessionEnded { reason: v1::SessionEndReason::PasswordChanged.into() };
    server.push(event::Event::SessionEnded(ended));
    server.gone().await;
    match next(&mut events).await {
        Event::SessionEnded(reason) => assert_eq!(reason, SessionEndReason::PasswordChanged),
        event => panic!("{event:?}"),
    }
    assert!(events.next().await.is_none());
    dialed.none_within(Duration::from_hours(1)).await;
    let error = session.send(peer(), "never").await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::SessionEnded));
    let error = ticket.sent().await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::SessionEnded));
    assert!(matches!(session.online().await, Err(ClientError::SessionEnded(_))));
}

#[tokio::test(start_paused = true)]
async fn a_token_source_that_says_so_ends_the_session() {
    let (net, _dialed) = Net::new();
    net.fail_tokens(ClientError::SessionEnded(SessionEndReason::Revoked));
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    assert!(matches!(next(&mut events).await, Event::SessionEnded(SessionEndReason::Revoked)));
}

#[tokio::test(start_paused = true)]
async fn every_attempt_asks_for_a_token_and_a_refused_one_is_named() {
    let (net, mut dialed) = Net::new();
    let _session = net.session(Config::default()).await;
    let mut server = dialed.next().await;
    assert_eq!(server.hello().await.access_token, "token-0");
    server.refuse(1, "unauthenticated");
    let mut server = dialed.next().await;
    assert_eq!(server.hello().await.access_token, "token-1");
    server.welcome("e1", page(&[], "c1"));
    server.close(4401);
    let mut server = dialed.next().await;
    assert_eq!(server.hello().await.access_token, "token-2");
    let refused: Vec<_> = net.refused().into_iter().map(|token| token.is_some()).collect();
    assert_eq!(refused, [false, true, true]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drains_is_left_when_it_says_for_where_it_says() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    let draining = v1::Draining { retry_in_ms: 7_000, url: "ws://elsewhere.test/v1/chat".into() };
    server.push(event::Event::Draining(draining));
    // Until then all goes on.
    let before = Instant::now();
    let ticket = session.send(peer(), "meanwhile").await.unwrap();
    let (id, _) = server.send().await;
    server.sent(id, 1);
    ticket.sent().await.unwrap();
    let server = dialed.next().await;
    assert_eq!(server.url, "ws://elsewhere.test/v1/chat");
    assert_eq!(before.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_draining_server_that_closes_early_is_still_given_its_time() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let server = dialed.welcomed().await;
    while !state(&mut events).await.is_online() {}
    server.push(event::Event::Draining(v1::Draining { retry_in_ms: 7_000, url: String::new() }));
    server.close(1012);
    match state(&mut events).await {
        ConnectionState::Offline { retry_in: Some(wait), reason: DisconnectReason::Draining } => {
            assert_eq!(wait.as_secs(), 7);
        }
        state => panic!("{state:?}"),
    }
    assert_eq!(dialed.next().await.url, "ws://chat.test/v1/chat");
}

#[tokio::test(start_paused = true)]
async fn the_hint_of_a_refused_hello_is_obeyed() {
    let (net, mut dialed) = Net::new();
    let _session = net.session(Config::default()).await;
    let mut server = dialed.next().await;
    server.hello().await;
    server.refuse_for(1, "overloaded", 9_000);
    let before = Instant::now();
    dialed.next().await;
    assert!(before.elapsed() >= Duration::from_secs(9), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_hello_that_is_refused_for_good_is_not_repeated() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.next().await;
    server.hello().await;
    server.refuse(1, "invalid_argument");
    dialed.none_within(Duration::from_hours(1)).await;
    let error = session.friends().next().await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::InvalidArgument));
}

#[tokio::test(start_paused = true)]
async fn heartbeats_go_out_and_a_silent_server_is_cut_off() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    while !state(&mut events).await.is_online() {}
    let before = Instant::now();
    // It answers pings for two minutes.
    server.silence(Duration::from_mins(2)).await;
    assert!(session.connection().is_online());
    let silent_since = Instant::now();
    match state(&mut events).await {
        ConnectionState::Offline { reason: DisconnectReason::Silent, .. } => {}
        state => panic!("{state:?}"),
    }
    let silent = silent_since.elapsed();
    assert!(silent >= Duration::from_secs(20) && silent <= Duration::from_mins(1), "{silent:?}");
    assert!(before.elapsed() >= Duration::from_secs(140));
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_of_the_server_is_answered() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let server = dialed.welcomed().await;
    session.online().await.unwrap();
    tokio::time::sleep(Duration::from_secs(15)).await;
    server.push(event::Event::Heartbeat(v1::Heartbeat::default()));
    let answered = Instant::now();
    let mut raw = server;
    let frame = raw.raw().await;
    assert!(matches!(frame.request, Some(Request::Ping(_))));
    assert!(answered.elapsed() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_connection_waits_for_one_but_not_for_ever() {
    let (net, mut dialed) = Net::new();
    net.fail(100);
    let session = net.session(Config::default()).await;
    let before = Instant::now();
    let error = session.friends().next().await.unwrap_err();
    assert!(matches!(error, ClientError::Offline) && error.retryable());
    assert_eq!(before.elapsed().as_secs(), 5);
    assert!(matches!(session.set_typing(conversation(), true).await, Err(ClientError::Offline)));
    dialed.none_within(SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn a_read_that_the_connection_took_with_it_is_asked_again_and_a_change_is_not() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut server = dialed.welcomed().await;
    session.online().await.unwrap();
    let read = tokio::spawn({
        let session = session.clone();
        async move { session.blocks().all().await }
    });
    let change = tokio::spawn({
        let session = session.clone();
        async move { session.remove_friend(peer()).await }
    });
    server.request().await;
    server.request().await;
    server.close(1011);
    assert!(matches!(change.await.unwrap(), Err(ClientError::ConnectionLost)));
    let mut server = dialed.welcomed().await;
    let (id, request) = server.request().await;
    assert!(matches!(request, Request::ListBlocks(_)));
    server.reply(id, reply::Result::BlockList(v1::BlockList::default()));
    assert_eq!(read.await.unwrap().unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_ends_with_its_deadline() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let _server = dialed.welcomed().await;
    session.online().await.unwrap();
    let before = Instant::now();
    assert!(matches!(session.sessions().await, Err(ClientError::Timeout)));
    assert_eq!(before.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn dropping_every_handle_hangs_up() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let events = session.events();
    let mut server = dialed.welcomed().await;
    session.online().await.unwrap();
    drop(session);
    // A program that only listens keeps the session.
    assert!(timeout(SECOND, server.gone()).await.is_err());
    drop(events);
    server.gone().await;
}

#[tokio::test(start_paused = true)]
async fn closing_ends_the_stream_and_every_handle() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let mut events = session.events();
    let mut server = dialed.welcomed().await;
    session.clone().close().await;
    server.gone().await;
    while events.next().await.is_some() {}
    assert!(matches!(session.friends().next().await, Err(ClientError::Closed)));
    dialed.none_within(Duration::from_hours(1)).await;
}

#[tokio::test(start_paused = true)]
async fn frames_that_cannot_be_read_cost_the_connection_and_no_more() {
    let (net, mut dialed) = Net::new();
    let session = net.session(Config::default()).await;
    let server = dialed.welcomed().await;
    session.online().await.unwrap();
    server.garbage();
    let _again = dialed.welcomed().await;
    session.online().await.unwrap();
}

// It did: what could not be written was tried again at once, for ever, as long as the other direction was open.
#[test]
fn a_network_that_takes_nothing_any_more_does_not_keep_the_session_busy() {
    let (done, finished) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (net, mut dialed) = Net::new();
            let session = net.session(Config::default()).await;
            let server = dialed.welcomed().await;
            session.online().await.unwrap();
            let _half = server.deafen();
            for text in ["1", "2", "3"] {
                session.send(peer(), text).await.unwrap();
            }
            tokio::time::sleep(SECOND).await;
            assert_eq!(session.unsent().await.unwrap().len(), 3);
            // With the next heartbeat it is noticed.
            let mut server = dialed.welcomed().await;
            assert_eq!(server.send().await.1.text, "1");
        });
        done.send(()).unwrap();
    });
    finished.recv_timeout(Duration::from_secs(20)).expect("the session answers");
}

/// A client that asks the gate where to connect.
async fn asking(net: &Net) -> Session {
    let builder = Client::builder("http://chat.test").transport(Arc::new(net.clone()));
    net.session_of(builder.http(Arc::new(net.clone())).entropy(Arc::new(Dice::new(7)))).await
}

/// The last call to the gate.
fn asked(net: &Net) -> String {
    net.requests().last().unwrap().1.trim_start_matches("http://chat.test").to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_gate_hears_which_nodes_did_not_answer_until_it_must_know_itself() {
    let (net, mut dialed) = Net::new();
    let node = |name: &str| net.answer(200, &format!(r#"{{"url":"ws://{name}/v1/chat"}}"#));
    net.fail(1);
    node("one");
    node("two");
    let _session = asking(&net).await;
    // Nobody listens at the first.
    let server = dialed.welcomed().await;
    assert_eq!(server.url, "ws://two/v1/chat");
    assert_eq!(asked(&net), "/v1/chat-endpoint?avoid=ws://one/v1/chat");

    // A node that is killed ends its connections without a word.
    node("three");
    drop(server);
    let before = Instant::now();
    let server = dialed.welcomed().await;
    assert_eq!(server.url, "ws://three/v1/chat");
    assert_eq!(asked(&net), "/v1/chat-endpoint?avoid=ws://one/v1/chat,ws://two/v1/chat");
    assert!(before.elapsed() < Duration::from_secs(1), "the first attempt gets through");

    // One that says why it closes answers, and by now the server knows of the others.
    tokio::time::sleep(Duration::from_secs(20)).await;
    node("three");
    server.close(1011);
    let server = dialed.welcomed().await;
    assert_eq!(asked(&net), "/v1/chat-endpoint");
    drop(server);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_accepts_and_says_nothing_is_avoided_too() {
    let (net, mut dialed) = Net::new();
    let node = |name: &str| net.answer(200, &format!(r#"{{"url":"ws://{name}/v1/chat"}}"#));
    node("stopped");
    node("well");
    let _session = asking(&net).await;
    let mut stopped = dialed.next().await;
    stopped.hello().await;
    let server = dialed.welcomed().await;
    assert_eq!(server.url, "ws://well/v1/chat");
    assert_eq!(asked(&net), "/v1/chat-endpoint?avoid=ws://stopped/v1/chat");
}
