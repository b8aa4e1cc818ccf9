//! What becomes of nodes that are gone: their peers have ended what they left open, over a whole Flux in memory.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::routing::{LostNodes, NodeInfo, NodeRegistry};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Flux, NodeId, Settings, StoreError, Timestamp};
use flux_store::memory;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const LEASE: Duration = Duration::from_hours(1);

/// Tells which nodes it was to end, and fails while it is down.
struct Leftovers {
    down: AtomicBool,
    asked: UnboundedSender<NodeId>,
}

#[async_trait]
impl LostNodes for Leftovers {
    async fn end_leftovers(&self, node: NodeId) -> Result<(), StoreError> {
        self.asked.send(node).unwrap();
        if self.down.load(Ordering::SeqCst) { Err(StoreError::unavailable("down")) } else { Ok(()) }
    }
}

struct World {
    flux: Flux,
    clock: ManualClock,
    registry: Arc<dyn NodeRegistry>,
    leftovers: Arc<Leftovers>,
    asked: UnboundedReceiver<NodeId>,
    peer: NodeInfo,
}

impl World {
    /// This node, and one that it has seen.
    async fn new() -> Self {
        let entropy = Arc::new(SeededEntropy::new(5));
        let peer = NodeInfo {
            node: NodeId::generate(NOW, &*entropy),
            client_url: String::new(),
            peer_url: String::new(),
            capacity: 1,
            connections: 0,
            draining: false,
        };
        let clock = ManualClock::new(NOW);
        let mut ports = memory::ports(Arc::new(clock.clone()), entropy);
        let (sender, asked) = mpsc::unbounded_channel();
        let leftovers = Arc::new(Leftovers { down: AtomicBool::new(false), asked: sender });
        ports.lost_nodes = Some(Arc::clone(&leftovers) as _);
        let registry = Arc::clone(&ports.registry);
        let flux = Flux::start(ports, Settings::default());
        let world = Self { flux, clock, registry, leftovers, asked, peer };
        // The node's own first turn: after it, time stands still.
        settle().await;
        world.announce(false).await;
        world.look(1).await;
        world
    }

    async fn announce(&self, draining: bool) {
        self.registry.announce(&NodeInfo { draining, ..self.peer.clone() }, LEASE).await.unwrap();
    }

    /// How many connections this node says that it takes.
    async fn room(&self) -> u32 {
        let own = self.flux.lease.info().node;
        self.registry.live().await.unwrap().iter().find(|info| info.node == own).unwrap().capacity
    }

    async fn lose(&self) {
        self.registry.withdraw(self.peer.node).await.unwrap();
    }

    async fn look(&self, times: usize) {
        for _ in 0..times {
            self.flux.neighbours.look().await.unwrap();
            settle().await;
        }
    }

    /// How often the leftovers of the peer were to be ended since this was asked last.
    fn ended(&mut self) -> usize {
        let mut ended = 0;
        while let Ok(node) = self.asked.try_recv() {
            assert_eq!(node, self.peer.node);
            ended += 1;
        }
        ended
    }
}

/// Lets everything happen that does not wait for time.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_a_node_left_open_is_ended_once_when_it_stays_away() {
    let mut world = World::new().await;
    world.lose().await;
    world.look(2).await;
    assert_eq!(world.ended(), 0, "it may come back");
    world.look(1).await;
    assert_eq!(world.ended(), 1);
    world.look(5).await;
    assert_eq!(world.ended(), 0, "there is nothing left");

    world.announce(false).await;
    world.look(1).await;
    world.lose().await;
    world.look(3).await;
    assert_eq!(world.ended(), 1, "it came back, and was lost again");
}

#[tokio::test]
async fn what_could_not_be_ended_is_tried_again_after_the_next_look() {
    let mut world = World::new().await;
    world.leftovers.down.store(true, Ordering::SeqCst);
    world.lose().await;
    world.look(4).await;
    assert_eq!(world.ended(), 2);
    world.leftovers.down.store(false, Ordering::SeqCst);
    world.look(3).await;
    assert_eq!(world.ended(), 1);
}

#[tokio::test]
async fn a_node_that_comes_back_in_time_is_left_alone() {
    let mut world = World::new().await;
    for _ in 0..3 {
        world.lose().await;
        world.look(2).await;
        world.announce(false).await;
        world.look(1).await;
    }
    world.look(5).await;
    assert_eq!(world.ended(), 0);
}

#[tokio::test]
async fn a_node_that_was_draining_ends_by_itself() {
    let mut world = World::new().await;
    world.announce(true).await;
    world.look(1).await;
    world.lose().await;
    world.look(5).await;
    assert_eq!(world.ended(), 0);
}

#[tokio::test]
async fn a_node_that_has_not_read_the_store_for_too_long_has_no_room_until_it_has() {
    let world = World::new().await;
    let room = world.room().await;
    assert!(room > 0);
    // Nothing else runs between these two: nobody has read since.
    world.clock.advance(Duration::from_millis(5_500));
    world.flux.lease.turn().await.unwrap();
    assert_eq!(world.room().await, 0);
    world.flux.revocations.poll_once().await.unwrap();
    world.flux.lease.turn().await.unwrap();
    assert_eq!(world.room().await, room);
}
