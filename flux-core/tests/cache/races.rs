//! Reads and changes at once.

use std::sync::Arc;

use flux_core::presence::OwnPresence;
use flux_core::routing::{Envelope, Event, Notice, Outbox, OutboxLimits, Work};

use super::world::{Mood, World, settle};

#[tokio::test]
async fn who_read_before_a_change_does_not_fill_after_it() {
    let world = World::new();
    let (here, there) = (Arc::new(world.node()), world.node());
    let ada = here.person("ada").await;
    here.way.set(Mood::HoldsFills);
    let reading = tokio::spawn({
        let (here, user) = (Arc::clone(&here), ada.user);
        async move { here.name_of(user).await }
    });
    here.way.held().await;
    there.rename(&ada, "Ada L.").await;
    here.way.let_through();
    assert_eq!(reading.await.unwrap().as_deref(), Some("ada"), "it was so when it was asked for");
    for node in [&*here, &there] {
        assert_eq!(node.name_of(ada.user).await.as_deref(), Some("Ada L."));
    }
}

#[tokio::test]
async fn who_was_found_a_friend_and_parts_before_it_is_said_is_not_watched() {
    let world = World::new();
    let (here, there) = (Arc::new(world.node()), world.node());
    let (ada, bob) = (here.person("ada").await, here.person("bob").await);
    here.befriend(&ada, &bob).await;
    let connected = there.connect(&bob).await;
    assert!(here.sees(&ada, bob.user).await);
    here.way.set(Mood::HoldsLooks);
    let outbox = Outbox::new(OutboxLimits::default());
    let watching = tokio::spawn({
        let (here, outbox) = (Arc::clone(&here), Arc::clone(&outbox));
        async move { here.flux.presence.watch(&ada, &outbox, &[bob.user]).await.unwrap() }
    });
    here.way.held().await;
    there.flux.friends.block(&bob, ada.user).await.unwrap();
    here.flux.router.receive(Envelope { notices: vec![Notice::Parted(bob.user, ada.user)] });
    here.way.let_through();
    assert_eq!(watching.await.unwrap()[0].state, flux_core::presence::PresenceState::Offline);
    // And no watch stands that would tell of what comes.
    there.flux.presence.set(&connected.actor, OwnPresence::Away).await.unwrap();
    here.flux.presence.changed_elsewhere(bob.user);
    world.pass(std::time::Duration::from_secs(3)).await;
    let told = tokio::select! {
        biased;
        work = outbox.next(100) => match work {
            Work::Events(events) => events.iter().any(|push| matches!(push.event(), Event::Presence(_))),
            Work::Close(reason) => panic!("closed: {reason:?}"),
        },
        () = settle() => false,
    };
    assert!(!told);
}
