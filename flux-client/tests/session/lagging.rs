//! An application that is slow, or not there.

use std::time::Duration;

use flux_client::{Config, Event};
use flux_proto::v1::{self, event};

use crate::support::*;

fn small() -> Config {
    let mut config = unmarked();
    config.event_capacity = 4;
    config
}

/// Waits until the client has read everything that was pushed: it answers what comes after.
async fn settled(server: &mut Peer) {
    server.silence(Duration::from_millis(200)).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_application_gets_every_message_all_the_same() {
    let (net, mut dialed) = Net::new();
    let session = net.session(small()).await;
    let mut server = dialed.welcomed().await;
    session.online().await.unwrap();
    let count = 1_000;
    for seq in 1..=count {
        server.push_message(seq);
    }
    settled(&mut server).await;
    let mut events = session.events();
    let taking = tokio::spawn(async move { seqs(&mut events, 1_000).await });
    // What did not fit was dropped and is asked for when there is room.
    let mut asked = 0;
    while !taking.is_finished() {
        let Ok((id, _, after)) = tokio::time::timeout(SECOND, server.history()).await else { break };
        asked += 1;
        server.reply_history(id, after + 1..=(after + 100).min(count), count);
    }
    assert!(asked > 0);
    assert_eq!(taking.await.unwrap(), (1..=count).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_for_an_application_that_takes_nothing() {
    let (net, mut dialed) = Net::new();
    let session = net.session(small()).await;
    let mut server = dialed.welcomed().await;
    session.online().await.unwrap();
    for seq in 1..=2_000 {
        server.push_message(seq);
    }
    server.silence(Duration::from_mins(10)).await;
    let log = v1::log_ref::Log::ConversationId(other(1).to_string());
    let log = Some(v1::LogRef { log: Some(log) });
    server.push(event::Event::LogChanged(v1::LogChanged { log, head_seq: 50 }));
    server.silence(Duration::from_mins(10)).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_left_out_is_counted_and_of_receipts_the_newest_follows() {
    let (net, mut dialed) = Net::new();
    let session = net.session(small()).await;
    let mut server = dialed.welcomed().await;
    session.online().await.unwrap();
    let typing =
        v1::Typing { conversation_id: conversation().to_string(), user_id: peer().to_string(), typing: true };
    // Connecting and online are in the queue already: there is room for two.
    for _ in 0..5 {
        server.push(event::Event::Typing(typing.clone()));
    }
    for seq in 1..=3 {
        server.push(receipt(seq, 0));
    }
    settled(&mut server).await;
    let mut events = session.events();
    for _ in 0..2 {
        assert!(matches!(next(&mut events).await, Event::Typing { typing: true, .. }));
    }
    // Three notes of typing, and two receipts that a later one made void.
    assert!(matches!(next(&mut events).await, Event::Lagged(5)));
    match next(&mut events).await {
        Event::Receipt(receipt) => assert_eq!(receipt.cursor.delivered_seq, 3),
        event => panic!("{event:?}"),
    }
    nothing(&mut events, SECOND).await;
}

#[tokio::test(start_paused = true)]
async fn the_stream_is_handed_over_with_what_is_in_it() {
    let (net, mut dialed) = Net::new();
    let session = net.session(unmarked()).await;
    let mut first = session.events();
    let server = dialed.welcomed().await;
    for seq in 1..=3 {
        server.push_message(seq);
    }
    assert_eq!(seqs(&mut first, 1).await, [1]);
    // A future that is dropped takes nothing with it.
    drop(tokio::time::timeout(Duration::ZERO, std::future::pending::<()>()).await);
    let mut second = session.events();
    assert!(first.next().await.is_none());
    assert_eq!(seqs(&mut second, 2).await, [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_waits_when_the_stream_is_handed_over_is_woken() {
    let (net, _dialed) = Net::new();
    net.fail(1_000_000);
    let session = net.session(Config::default()).await;
    let mut first = session.events();
    while tokio::time::timeout(Duration::ZERO, first.next()).await.is_ok() {}
    let waiting = tokio::spawn(async move { while first.next().await.is_some() {} });
    tokio::task::yield_now().await;
    let _second = session.events();
    waiting.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_flapping_connection_does_not_fill_memory() {
    let (net, mut dialed) = Net::new();
    net.fail(200);
    let session = net.session(small()).await;
    let mut server = dialed.next_within(Duration::from_hours(2)).await;
    server.hello().await;
    server.welcome("e1", page(&[], "c1"));
    session.online().await.unwrap();
    let mut events = session.events();
    let mut states = 0;
    let mut lagged = 0;
    loop {
        match tokio::time::timeout(SECOND, events.next()).await {
            Ok(Some(Event::Connection(state))) => {
                states += 1;
                if state.is_online() {
                    break;
                }
            }
            Ok(Some(Event::Lagged(count))) => lagged += count,
            other => panic!("{other:?}"),
        }
    }
    // 200 attempts and failures, the one that came through, and being online.
    assert_eq!(states + lagged, 402);
    assert!(states <= 8, "{states}");
}
