//! A node whose database was changed by others: it has to begin anew, and so do its clients.

use std::time::Duration;

use flux_net::health::{Health, Readiness};
use flux_proto::CloseCode;
use flux_proto::v1::event::Event;
use tokio_util::sync::CancellationToken;

use crate::support::client::message_to;
use crate::support::{PATIENCE, World};

#[tokio::test]
async fn a_node_that_finds_another_epoch_is_not_ready_and_sends_its_clients_away() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let (mut client, mut other) = (world.connect(&alice).await, world.connect(&bob).await);
    let health = Health::of(&world.flux, CancellationToken::new());
    assert_eq!(health.ask().await, Readiness { ready: true, missing: vec![] });

    world.store.end_epoch();
    world.pass(Duration::from_secs(1)).await;
    let told = tokio::time::timeout(PATIENCE, world.flux.other_epoch()).await;
    told.expect("it notices, by itself");
    assert_eq!(health.ask().await, Readiness { ready: false, missing: vec!["epoch"] });
    // What they send is refused, and the same at every try: it waits with them for the next epoch.
    let message = world.message_id();
    for _ in 0..2 {
        assert_eq!(
            client.refused(message_to(conversation, message, "of the epoch before")).await,
            "unavailable"
        );
    }

    let drain = tokio::spawn({
        let chat = world.chat.clone();
        async move { chat.drain(Duration::ZERO).await }
    });
    for client in [&mut client, &mut other] {
        let told = client.event_of(|event| matches!(event, Event::Draining(_)).then_some(event)).await;
        assert!(matches!(told, Event::Draining(_)));
        client.closed_with(CloseCode::ServiceRestart).await;
    }
    // A store that refuses everything does not keep it.
    tokio::time::timeout(PATIENCE, drain).await.expect("it ends").unwrap();
}
