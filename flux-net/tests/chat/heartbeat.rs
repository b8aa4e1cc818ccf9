//! Signs of life, both ways.

use std::time::Duration;

use flux_net::chat::Format;
use flux_proto::CloseCode;
use flux_proto::v1::event::Event;

use crate::support::World;
use crate::support::raw::{Raw, frame};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn the_server_shows_that_it_lives_every_20_s() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    for format in Format::ALL {
        let mut client = world.connect_as(&alice, format).await;
        for _ in 0..3 {
            world.pass(20 * SECOND).await;
            let Event::Heartbeat(beat) = client.any_event().await else { panic!("no heartbeat") };
            assert_eq!(beat.server_ms, flux_core::Clock::now(&world.clock).as_millis());
            assert!(client.is_alive().await);
        }
    }
}

/// A connection that stands, and says nothing by itself: no library answers the server's pings.
async fn quiet(world: &World) -> Raw {
    let alice = world.person("alice").await;
    let mut raw = Raw::open(world.address, "flux.v1.json").await;
    let hello = format!(r#"{{"requestId":1,"hello":{{"accessToken":"{}"}}}}"#, world.token(&alice));
    raw.frame(0x81, hello.as_bytes()).await;
    assert_eq!(raw.next_frame().await.unwrap().0, 0x81);
    raw
}

#[tokio::test]
async fn who_is_silent_for_two_intervals_is_cut_off() {
    let world = World::new().await;
    let mut raw = quiet(&world).await;
    world.pass(39 * SECOND).await;
    assert_eq!(world.chat.status().connections, 1);
    world.pass(SECOND).await;
    assert_eq!(raw.closed().await, CloseCode::TimedOut.number());
    crate::support::until("it is forgotten", || world.flux.connections.count() == 0).await;
}

#[tokio::test]
async fn any_frame_is_a_sign_of_life_and_pings_are_answered() {
    let world = World::new().await;
    let mut raw = quiet(&world).await;
    for (first, payload) in [
        (0x89, &b"are you there"[..]),
        (0x8A, b""),
        (0x81, br#"{"requestId":2,"ping":{}}"#),
        (0x81, br#"{"requestId":3,"nothing":{}}"#),
    ] {
        world.pass(35 * SECOND).await;
        raw.write(&frame(first, payload)).await;
        crate::support::settle().await;
    }
    world.pass(35 * SECOND).await;
    assert_eq!(world.chat.status().connections, 1);
    let mut ponged = false;
    let mut pinged = 0;
    while !ponged || pinged < 3 {
        match raw.next_frame().await.unwrap() {
            (0x8A, payload) => ponged = payload == b"are you there",
            (0x89, _) => pinged += 1,
            (0x81, _) => {}
            other => panic!("unexpected: {other:?}"),
        }
    }
}
