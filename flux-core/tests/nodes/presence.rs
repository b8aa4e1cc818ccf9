//! What watchers are told where nobody says that somebody has come or gone: invariant 8, when things fail.

use std::time::Duration;

use flux_core::presence::PresenceState::{Offline, Online, Unknown};
use flux_core::routing::{Connected, NodeInfo, NodeRegistry as _, SessionDirectory as _};
use flux_core::{SessionId, UserId};

use crate::support::{Mood, World, entry, told};

/// Longer than it takes until changes are told.
const A_TURN: Duration = Duration::from_millis(1_200);
/// Longer than a renewal of the lease takes, and a turn after it.
const A_RENEWAL: Duration = Duration::from_millis(3_500);

/// Ada, who is here; and Bob, a friend of hers, who is not.
async fn friends(world: &World) -> (Connected, (UserId, SessionId)) {
    let ada = world.connect(world.user("ada").await).await;
    let bob = world.user("bob").await;
    world.befriend(&ada, bob).await;
    world.pass(A_RENEWAL).await;
    (ada, bob)
}

/// A node that this one knows; nothing that its coming has set off goes on.
async fn known_peer(world: &World) -> NodeInfo {
    let peer = world.peer();
    world.announce(&peer).await;
    world.pass(Duration::from_secs(10)).await;
    assert_eq!(world.peers.known(), [peer.node]);
    peer
}

#[tokio::test]
async fn what_is_not_known_when_somebody_asks_is_told_as_soon_as_it_is() {
    let world = World::new().await;
    let (ada, bob) = friends(&world).await;
    let there = world.connect(bob).await;
    world.pass(A_TURN).await;
    world.directory.locates.set(Mood::Down);
    assert_eq!(world.watch(&ada, bob.0).await, Unknown);
    world.directory.locates.count();
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(told(&ada.outbox, bob.0).await, [], "nothing is known yet");
    assert!(world.directory.locates.count() >= 4, "it is asked at each turn");

    world.directory.locates.set(Mood::Good);
    world.pass(A_TURN).await;
    assert_eq!(told(&ada.outbox, bob.0).await, [Online]);
    world.directory.locates.count();
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(world.directory.locates.count(), 0, "what is known is not asked again");
    world.flux.connections.disconnect(&there).await;
}

#[tokio::test]
async fn who_becomes_unknown_is_told_as_unknown_once_and_again_as_soon_as_it_is_known() {
    let world = World::new().await;
    let (ada, bob) = friends(&world).await;
    world.connect(bob).await;
    world.pass(A_TURN).await;
    assert_eq!(world.watch(&ada, bob.0).await, Online);
    world.directory.locates.set(Mood::Down);
    world.flux.presence.changed(bob.0);
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(told(&ada.outbox, bob.0).await, [Unknown]);
    // Nobody says that the directory is back.
    world.directory.locates.set(Mood::Good);
    world.pass(A_TURN).await;
    assert_eq!(told(&ada.outbox, bob.0).await, [Online]);
}

#[tokio::test]
async fn whoever_is_watched_no_more_is_not_asked_for_again_however_unknown() {
    let world = World::new().await;
    let (ada, bob) = friends(&world).await;
    world.directory.locates.set(Mood::Down);
    assert_eq!(world.watch(&ada, bob.0).await, Unknown);
    world.flux.presence.unwatch(&ada.actor, &[bob.0]);
    world.pass(A_TURN).await;
    world.directory.locates.count();
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(world.directory.locates.count(), 0);
}

#[tokio::test]
async fn where_somebody_is_answered_otherwise_than_others_were_told_the_others_are_told_too() {
    let world = World::new().await;
    let (ada, bob) = friends(&world).await;
    let eve = world.connect(world.user("eve").await).await;
    world.befriend(&eve, bob).await;
    let peer = known_peer(&world).await;
    assert_eq!(world.watch(&ada, bob.0).await, Offline);
    // He comes to the other node, and what it says of that is lost.
    assert!(world.directory.claim(entry(bob, peer.node)).await.unwrap());
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(told(&ada.outbox, bob.0).await, []);

    assert_eq!(world.watch(&eve, bob.0).await, Online);
    world.pass(A_TURN).await;
    assert_eq!(told(&ada.outbox, bob.0).await, [Online]);
    told(&eve.outbox, bob.0).await;
    // The same answer again tells nobody anything.
    assert_eq!(world.watch(&eve, bob.0).await, Online);
    world.pass(Duration::from_secs(5)).await;
    assert_eq!((told(&ada.outbox, bob.0).await, told(&eve.outbox, bob.0).await), (vec![], vec![]));
}

#[tokio::test]
async fn when_a_node_comes_everybody_is_looked_at_again_and_once_more_when_it_has_said_whom_it_holds() {
    let world = World::new().await;
    let (ada, bob) = friends(&world).await;
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(world.watch(&ada, bob.0).await, Offline);
    world.directory.locates.count();
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(world.directory.locates.count(), 0, "nobody has said anything");

    // A node is back that was cut off; it announces itself first, and then those that it holds.
    let peer = world.peer();
    world.announce(&peer).await;
    world.flux.neighbours.look().await.unwrap();
    world.pass(A_TURN).await;
    assert_eq!(world.directory.locates.count(), 1);
    assert_eq!(told(&ada.outbox, bob.0).await, []);
    assert!(world.directory.claim(entry(bob, peer.node)).await.unwrap());
    world.pass(Duration::from_secs(3)).await;
    assert_eq!(told(&ada.outbox, bob.0).await, [Online]);
    assert_eq!(world.directory.locates.count(), 1);
    // That was all: those who come later are said to come.
    world.pass(Duration::from_secs(10)).await;
    assert_eq!(world.directory.locates.count(), 0);
}

#[tokio::test]
async fn when_a_node_is_gone_its_people_are_seen_as_gone_with_it() {
    let world = World::new().await;
    let (ada, bob) = friends(&world).await;
    let peer = known_peer(&world).await;
    assert!(world.directory.claim(entry(bob, peer.node)).await.unwrap());
    assert_eq!(world.watch(&ada, bob.0).await, Online);
    world.registry.withdraw(peer.node).await.unwrap();
    world.pass(A_RENEWAL).await;
    assert_eq!(told(&ada.outbox, bob.0).await, [Offline]);
}
