//! Which other nodes a process knows.

use std::time::Duration;

use flux_core::routing::{NodeRegistry as _, Notice};
use flux_core::{Role, UserId};

use crate::support::{Mood, World, settle};

/// Longer than from one look to the next.
const A_LOOK: Duration = Duration::from_millis(2_500);

#[tokio::test]
async fn a_node_knows_the_others_and_not_itself() {
    let world = World::new().await;
    world.pass(A_LOOK).await;
    assert_eq!(world.peers.known(), []);
    let (one, two) = (world.peer(), world.peer());
    world.announce(&one).await;
    world.announce(&two).await;
    world.pass(A_LOOK).await;
    let mut both = [one.node, two.node];
    both.sort_unstable();
    assert_eq!(world.peers.known(), both);
    world.registry.withdraw(one.node).await.unwrap();
    world.pass(A_LOOK).await;
    assert_eq!(world.peers.known(), [two.node]);
}

#[tokio::test]
async fn while_the_registry_cannot_be_read_the_nodes_known_last_are_told() {
    let somebody = UserId::from_slice(&[7; 16]).unwrap();
    for mood in [Mood::Down, Mood::Silent] {
        let world = World::new().await;
        let peer = world.peer();
        world.announce(&peer).await;
        world.pass(A_LOOK).await;
        world.registry.looks.set(mood);
        world.pass(Duration::from_mins(1)).await;
        world.flux.presence.changed(somebody);
        settle().await;
        assert_eq!(world.peers.heard(&Notice::PresenceChanged(somebody)), [peer.node], "{mood:?}");
        world.registry.looks.set(Mood::Good);
        world.registry.withdraw(peer.node).await.unwrap();
        world.pass(Duration::from_secs(5)).await;
        world.flux.presence.changed(somebody);
        settle().await;
        assert_eq!(world.peers.heard(&Notice::PresenceChanged(somebody)), [], "{mood:?}");
    }
}

#[tokio::test]
async fn a_process_without_a_lease_looks_often_as_long_as_it_knows_nobody() {
    let world = World::of(Role::Front).await;
    world.registry.looks.count();
    world.pass(Duration::from_secs(4)).await;
    let alone = world.registry.looks.count();
    assert!((14..=16).contains(&alone), "{alone} looks in 4 s");
    // So it finds the first node of a cluster that is starting when it is there.
    let peer = world.peer();
    world.announce(&peer).await;
    world.pass(Duration::from_millis(300)).await;
    assert_eq!(world.peers.known(), [peer.node]);
    world.registry.looks.count();
    world.pass(Duration::from_secs(8)).await;
    let together = world.registry.looks.count();
    assert!((3..=4).contains(&together), "{together} looks in 8 s");
    // And again when all of them are gone.
    world.registry.withdraw(peer.node).await.unwrap();
    world.pass(Duration::from_secs(4)).await;
    assert_eq!(world.peers.known(), []);
    world.registry.looks.count();
    world.pass(Duration::from_secs(2)).await;
    assert!(world.registry.looks.count() >= 7);
}
