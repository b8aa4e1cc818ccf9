//! A cache that does not answer, or not everybody, costs a moment and no truth.

use std::sync::Arc;
use std::time::Duration;

use flux_core::presence::OwnPresence;
use flux_core::routing::{Envelope, Notice};

use super::world::{Mood, Node, World, settle, until};

/// The store alone answers, whatever the cache once held.
async fn all_is_as_it_is(world: &World, node: &Node) {
    let (ada, bob) = (node.person("ada").await, node.person("bob").await);
    node.befriend(&ada, &bob).await;
    node.connect(&bob).await;
    world.pass(Duration::from_secs(2)).await;
    assert!(node.sees(&ada, bob.user).await);
    node.rename(&bob, "Bob B.").await;
    assert_eq!(node.name_of(bob.user).await.as_deref(), Some("Bob B."));
    node.flux.friends.block(&ada, bob.user).await.unwrap();
    assert!(!node.sees(&ada, bob.user).await);
    assert!(!node.sees(&bob, ada.user).await);
    node.flux.accounts.delete(&bob, None).await.unwrap();
    assert!(node.flux.accounts.profile(bob.user).await.unwrap().deleted());
}

#[tokio::test]
async fn with_the_cache_down_all_answers_are_the_same() {
    let world = World::new();
    let node = world.node();
    node.way.set(Mood::Fails);
    all_is_as_it_is(&world, &node).await;
}

#[tokio::test]
async fn invariant_13_a_cache_that_hangs_costs_a_moment_three_times_and_then_one_caller_a_second() {
    let world = World::new();
    let node = Arc::new(world.node());
    let ada = node.person("ada").await;
    node.way.set(Mood::Hangs);
    let reading = || {
        let node = Arc::clone(&node);
        tokio::spawn(async move { node.name_of(ada.user).await })
    };
    let mut cost = Vec::new();
    for _ in 0..6 {
        let task = reading();
        let mut waited = Duration::ZERO;
        settle().await;
        while !task.is_finished() {
            world.clock.advance(Duration::from_millis(1));
            waited += Duration::from_millis(1);
            settle().await;
        }
        assert_eq!(task.await.unwrap().as_deref(), Some("ada"));
        cost.push(waited.as_millis());
    }
    assert_eq!(cost, [50, 50, 50, 0, 0, 0]);
    // Then one finds out that it is back, and it is used again.
    world.pass(Duration::from_secs(1)).await;
    node.way.set(Mood::Works);
    node.name_of(ada.user).await;
    let before = node.way.calls();
    assert_eq!(node.name_of(ada.user).await.as_deref(), Some("ada"));
    assert_eq!(node.way.calls(), before + 1, "found");
}

#[tokio::test]
async fn what_could_not_be_forgotten_is_not_believed_and_is_forgotten_in_the_background() {
    let world = World::new();
    let (here, there) = (world.node(), world.node());
    let ada = here.person("ada").await;
    there.name_of(ada.user).await;
    here.way.set(Mood::ForgetsNothing);
    here.rename(&ada, "Ada L.").await;
    assert_eq!(here.name_of(ada.user).await.as_deref(), Some("Ada L."), "who wrote it knows");
    assert_eq!(there.name_of(ada.user).await.as_deref(), Some("ada"), "the others do not yet");
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(here.name_of(ada.user).await.as_deref(), Some("Ada L."));
    here.way.set(Mood::Works);
    world.pass(Duration::from_millis(500)).await;
    assert_eq!(there.name_of(ada.user).await.as_deref(), Some("Ada L."));
    // And it is kept again.
    assert_eq!(world.without_store().name_of(ada.user).await.as_deref(), Some("Ada L."));
}

#[tokio::test]
async fn a_change_that_is_never_forgotten_is_seen_after_a_minute() {
    let world = World::new();
    let (here, there) = (world.node(), world.node());
    let ada = here.person("ada").await;
    there.name_of(ada.user).await;
    here.way.set(Mood::Fails);
    here.rename(&ada, "Ada L.").await;
    world.pass(Duration::from_secs(59)).await;
    assert_eq!(there.name_of(ada.user).await.as_deref(), Some("ada"));
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(there.name_of(ada.user).await.as_deref(), Some("Ada L."));
}

#[tokio::test]
async fn who_is_blocked_through_a_node_without_the_cache_sees_nobody_once_it_is_told() {
    let world = World::new();
    let (here, there) = (world.node(), world.node());
    let (ada, bob) = (here.person("ada").await, here.person("bob").await);
    here.befriend(&ada, &bob).await;
    here.connect(&ada).await;
    assert!(there.sees(&bob, ada.user).await);
    here.way.set(Mood::ForgetsNothing);
    here.flux.friends.block(&ada, bob.user).await.unwrap();
    there.flux.router.receive(Envelope { notices: vec![Notice::Parted(ada.user, bob.user)] });
    assert!(!there.sees(&bob, ada.user).await);
    // It has forgotten it for all others, too, though the one that wrote it could not.
    let calls = there.way.calls();
    until(|| there.way.calls() > calls).await;
    settle().await;
    assert!(!world.without_store().sees(&bob, ada.user).await);
    assert!(!there.sees(&bob, ada.user).await);
}

#[tokio::test]
async fn who_hides_through_a_node_without_the_cache_is_hidden_once_it_is_told() {
    let world = World::new();
    let (here, there) = (world.node(), world.node());
    let (ada, bob) = (here.person("ada").await, here.person("bob").await);
    here.befriend(&ada, &bob).await;
    let connected = here.connect(&ada).await;
    assert!(there.sees(&bob, ada.user).await);
    here.way.set(Mood::ForgetsNothing);
    here.flux.presence.set(&connected.actor, OwnPresence::Invisible).await.unwrap();
    assert!(!here.sees(&bob, ada.user).await);
    there.flux.presence.changed_elsewhere(ada.user);
    assert!(!there.sees(&bob, ada.user).await);
    settle().await;
    assert!(!there.sees(&bob, ada.user).await);
}
