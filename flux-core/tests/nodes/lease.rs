//! A node's lease: what it says of itself, and how its sessions get back into a directory that has lost them.

use std::time::Duration;

use flux_core::routing::{CloseReason, Connected, Located, NodeRegistry as _, SessionDirectory as _, Work};
use flux_core::{Generation, NodeId, UserId};

use crate::support::{Mood, World};

/// Longer than from one renewal to the next.
const A_RENEWAL: Duration = Duration::from_millis(2_500);

async fn live(world: &World) -> Vec<NodeId> {
    world.registry.live().await.unwrap().iter().map(|info| info.node).collect()
}

/// Where `user` is, as the directory says.
async fn places(world: &World, user: UserId) -> Vec<Located> {
    world.directory.locate(&[user]).await.unwrap().remove(0)
}

async fn somebody(world: &World) -> Connected {
    let ada = world.connect(world.user("ada").await).await;
    world.pass(A_RENEWAL).await;
    assert_eq!(places(world, ada.actor.user).await.len(), 1);
    ada
}

#[tokio::test]
async fn sessions_that_could_not_be_announced_are_tried_again_until_they_are() {
    let world = World::new().await;
    let ada = somebody(&world).await;
    world.directory.claims.set(Mood::Down);
    world.registry.withdraw(world.node()).await.unwrap();
    world.pass(Duration::from_secs(10)).await;
    assert!(world.directory.claims.count() >= 4, "once with each renewal");
    assert_eq!(places(&world, ada.actor.user).await, []);
    // The registry knows the node long since; it does not have to lose it once more.
    assert_eq!(live(&world).await, [world.node()]);
    world.directory.claims.set(Mood::Good);
    world.pass(A_RENEWAL).await;
    assert_eq!(places(&world, ada.actor.user).await.len(), 1);
    world.directory.claims.count();
    world.pass(Duration::from_secs(10)).await;
    assert_eq!(world.directory.claims.count(), 0, "then it is done");
}

#[tokio::test]
async fn sessions_are_announced_though_the_answer_is_lost_that_the_node_is_known_again() {
    for mood in [Mood::Down, Mood::Silent] {
        let world = World::new().await;
        let ada = somebody(&world).await;
        world.registry.announced.set(mood);
        world.registry.withdraw(world.node()).await.unwrap();
        // A renewal finds nothing amiss any more.
        world.pass(Duration::from_secs(10)).await;
        assert_eq!(live(&world).await, [world.node()], "{mood:?}");
        world.registry.announced.set(Mood::Good);
        world.pass(A_RENEWAL * 2).await;
        assert_eq!(places(&world, ada.actor.user).await.len(), 1, "{mood:?}");
    }
}

#[tokio::test]
async fn the_lease_goes_on_while_sessions_are_announced_however_long_that_takes() {
    let world = World::new().await;
    somebody(&world).await;
    world.directory.claims.count();
    world.directory.claims.set(Mood::Silent);
    world.registry.withdraw(world.node()).await.unwrap();
    world.pass(A_RENEWAL).await;
    assert_eq!(world.directory.claims.count(), 1);
    for _ in 0..4 {
        world.pass(Duration::from_secs(5)).await;
        assert_eq!(live(&world).await, [world.node()]);
    }
}

#[tokio::test]
async fn a_session_that_was_claimed_elsewhere_meanwhile_is_let_go() {
    let world = World::new().await;
    let ada = somebody(&world).await;
    let bob = world.connect(world.user("bob").await).await;
    let peer = world.peer();
    world.announce(&peer).await;
    // This node was cut off; meanwhile ada has come to another one.
    world.registry.withdraw(world.node()).await.unwrap();
    let newer = Located {
        user: ada.actor.user,
        session: ada.actor.session,
        generation: Generation::new(ada.actor.generation.unwrap().get() + 1),
        node: peer.node,
        away: false,
    };
    assert!(world.directory.claim(newer).await.unwrap());
    world.pass(A_RENEWAL).await;
    assert_eq!(places(&world, ada.actor.user).await, [newer], "the newest claim stands");
    assert!(!bob.outbox.is_closing());
    let closed = async {
        loop {
            if let Work::Close(reason) = ada.outbox.next(100).await {
                return reason;
            }
        }
    };
    let closed = tokio::time::timeout(Duration::from_secs(10), closed).await;
    assert_eq!(closed.expect("it is let go"), CloseReason::Superseded);
    assert_eq!(places(&world, bob.actor.user).await.len(), 1);
}

#[tokio::test]
async fn a_node_says_how_loaded_it_is_and_that_it_is_about_to_stop() {
    let world = World::new().await;
    let info = world.loads.last().expect("at the start");
    assert_eq!((info.node, info.connections, info.draining), (world.node(), 0, false));
    somebody(&world).await;
    let registered = || async { world.registry.live().await.unwrap().remove(0) };
    assert_eq!((world.loads.last().unwrap().connections, registered().await.connections), (1, 1));
    world.flux.lease.drain().await.unwrap();
    assert!(world.loads.last().unwrap().draining && registered().await.draining, "at once");
    world.pass(A_RENEWAL).await;
    assert!(registered().await.draining, "and from then on");
    world.flux.stop();
    world.flux.lease.withdraw().await.unwrap();
    assert_eq!(live(&world).await, []);
}

#[tokio::test]
async fn whoever_balances_and_does_not_answer_costs_no_lease() {
    for mood in [Mood::Down, Mood::Silent] {
        let world = World::new().await;
        somebody(&world).await;
        world.loads.calls.set(mood);
        let before = world.loads.last();
        for _ in 0..4 {
            world.pass(Duration::from_secs(5)).await;
            assert_eq!(live(&world).await, [world.node()], "{mood:?}");
        }
        assert_eq!(world.loads.last(), before, "{mood:?}");
        // What the registry says of the others is read all the same.
        let peer = world.peer();
        world.announce(&peer).await;
        world.pass(Duration::from_secs(4)).await;
        assert_eq!(world.peers.known(), [peer.node], "{mood:?}");
        world.loads.calls.set(Mood::Good);
        world.pass(Duration::from_secs(4)).await;
        assert_eq!(world.loads.last().unwrap().connections, 1, "{mood:?}");
    }
}
