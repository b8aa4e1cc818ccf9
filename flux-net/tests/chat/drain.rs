//! A node that stops: nobody new, everybody told, all answered.

use std::time::Duration;

use flux_net::chat::Format;
use flux_proto::CloseCode;
use flux_proto::v1::event::Event;

use crate::support::client::{Client, message_to};
use crate::support::raw::{GOOD, Raw};
use crate::support::{World, until};

const WINDOW: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_draining_node_tells_everybody_when_to_leave_and_waits_for_them() {
    let world = World::new().await;
    let mut clients: Vec<(Client, u32)> = Vec::new();
    for n in 0..8 {
        let person = world.person(&format!("person{n}")).await;
        let format = if n % 2 == 0 { Format::Json } else { Format::Proto };
        clients.push((world.connect_as(&person, format).await, 0));
    }
    // What they are told counts from the beginning of the drain, however long nothing happened before.
    world.pass(Duration::from_secs(9)).await;
    let mut stranger = world.stranger(Format::Json).await;
    let drain = tokio::spawn({
        let chat = world.chat.clone();
        async move { chat.drain(WINDOW).await }
    });
    until("it drains", || world.chat.status().draining).await;
    // Nobody new.
    let answered = Raw::connect(world.address).await.request("GET /v1/chat HTTP/1.1", &GOOD).await;
    assert_eq!((answered.status, answered.code().as_str()), (503, "draining"));
    assert!(answered.head.to_ascii_lowercase().contains("retry-after"), "{answered:?}");
    // Who is nobody yet goes at once, with a code that says to come back.
    stranger.closed_with(CloseCode::ServiceRestart).await;
    for (client, retry_in) in &mut clients {
        let Event::Draining(draining) = client.event().await else { panic!("not told") };
        assert_eq!(draining.url, "");
        assert!(draining.retry_in_ms <= 20_000);
        *retry_in = draining.retry_in_ms;
        // Until then it serves as ever.
        assert!(client.is_alive().await);
    }
    clients.sort_by_key(|(_, retry_in)| *retry_in);
    let times: Vec<u32> = clients.iter().map(|(_, retry_in)| *retry_in).collect();
    assert!(times.windows(2).all(|two| two[1] - two[0] >= 1_000), "spread: {times:?}");
    let mut passed = 0;
    for (left, (client, retry_in)) in clients.iter_mut().enumerate() {
        let at = u64::from(*retry_in);
        world.pass(Duration::from_millis(at - passed)).await;
        passed = at;
        client.closed_with(CloseCode::ServiceRestart).await;
        until("it is forgotten", || world.chat.status().connections == 7 - left).await;
    }
    tokio::time::timeout(crate::support::PATIENCE, drain).await.expect("it ends with the last").unwrap();
}

#[tokio::test]
async fn what_is_open_is_answered_before_a_connection_leaves() {
    let world = World::new().await;
    let (alice, _, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    world.store.hold_commits();
    let open = client.submit(message_to(conversation, world.message_id(), "last words")).await;
    until("it waits", || world.store.held_commits() == 1).await;
    let drain = tokio::spawn({
        let chat = world.chat.clone();
        async move { chat.drain(Duration::from_secs(1)).await }
    });
    until("it drains", || world.chat.status().draining).await;
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(world.chat.status().connections, 1);
    world.store.let_all_through();
    assert!(matches!(client.answer(open).await, flux_proto::v1::reply::Result::Sent(_)));
    client.closed_with(CloseCode::ServiceRestart).await;
    tokio::time::timeout(crate::support::PATIENCE, drain).await.expect("it ends").unwrap();
}

#[tokio::test]
async fn who_does_not_leave_is_cut_off_and_the_drain_ends() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut raw = Raw::open(world.address, "flux.v1.json").await;
    let hello = format!(r#"{{"requestId":1,"hello":{{"accessToken":"{}"}}}}"#, world.token(&alice));
    raw.frame(0x81, hello.as_bytes()).await;
    assert!(raw.next_frame().await.is_some());
    let drain = tokio::spawn({
        let chat = world.chat.clone();
        async move { chat.drain(Duration::from_secs(1)).await }
    });
    until("it drains", || world.chat.status().draining).await;
    // It neither answers the close frame nor hangs up.
    world.pass(Duration::from_secs(10)).await;
    tokio::time::timeout(crate::support::PATIENCE, drain).await.expect("it ends").unwrap();
    assert_eq!(world.chat.status().connections, 0);
}
