use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use proptest::prelude::*;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::*;
use crate::testing::ManualClock;

/// A registry that a test writes.
#[derive(Default)]
struct Registry {
    nodes: Mutex<Vec<NodeInfo>>,
    down: AtomicBool,
    /// It never answers.
    silent: AtomicBool,
    asked: AtomicUsize,
}

#[async_trait]
impl NodeRegistry for Registry {
    async fn announce(&self, _: &NodeInfo, _: Duration) -> Result<(), StoreError> {
        unreachable!("a balancer announces nobody")
    }

    async fn renew(&self, _: NodeId, _: Duration) -> Result<bool, StoreError> {
        unreachable!("a balancer renews nothing")
    }

    async fn withdraw(&self, _: NodeId) -> Result<(), StoreError> {
        unreachable!("a balancer withdraws nobody")
    }

    async fn live(&self) -> Result<Vec<NodeInfo>, StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.silent.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        if self.down.load(Ordering::Relaxed) {
            return Err(StoreError::unavailable("down"));
        }
        Ok(self.nodes.lock().unwrap().clone())
    }
}

struct World {
    clock: Arc<ManualClock>,
    registry: Arc<Registry>,
    balancer: Arc<Balancer>,
}

fn world(nodes: Vec<NodeInfo>) -> World {
    let clock = Arc::new(ManualClock::default());
    let registry = Arc::new(Registry { nodes: Mutex::new(nodes), ..Registry::default() });
    let settings = BalancerSettings::default();
    let balancer = Arc::new(Balancer::new(Arc::clone(&registry) as _, Arc::clone(&clock) as _, settings));
    World { clock, registry, balancer }
}

fn node(id: u128, connections: u32, capacity: u32) -> NodeInfo {
    NodeInfo {
        node: NodeId::try_from(Uuid::from_u128(id)).unwrap(),
        client_url: format!("ws://node{id}"),
        peer_url: String::new(),
        capacity,
        connections,
        draining: false,
    }
}

fn draining(mut info: NodeInfo) -> NodeInfo {
    info.draining = true;
    info
}

impl World {
    async fn chosen(&self) -> Option<String> {
        self.chosen_without(&[]).await
    }

    async fn chosen_without(&self, avoid: &[&str]) -> Option<String> {
        let avoid: Vec<_> = avoid.iter().map(ToString::to_string).collect();
        self.balancer.choose(&avoid).await.unwrap().map(|node| node.client_url)
    }

    /// Somebody asks; everything that does not wait for time has happened.
    async fn ask(&self) -> JoinHandle<Result<Option<NodeInfo>, StoreError>> {
        let balancer = Arc::clone(&self.balancer);
        let asked = tokio::spawn(async move { balancer.choose(&[]).await });
        settle().await;
        asked
    }

    async fn pass(&self, span: Duration) {
        self.clock.advance(span);
        settle().await;
    }

    /// What was known is old, and the registry stands still.
    async fn hang(&self) {
        self.registry.silent.store(true, Ordering::Relaxed);
        self.pass(Duration::from_secs(1)).await;
        self.registry.asked.store(0, Ordering::Relaxed);
    }

    /// How often the registry was read since it hangs.
    fn reads(&self) -> usize {
        self.registry.asked.load(Ordering::Relaxed)
    }
}

async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Who was chosen, by one who must have been answered by now.
async fn answer(asked: JoinHandle<Result<Option<NodeInfo>, StoreError>>) -> Option<String> {
    assert!(asked.is_finished(), "it waits still");
    asked.await.unwrap().unwrap().map(|node| node.client_url)
}

#[tokio::test]
async fn the_node_that_is_least_loaded_for_its_capacity_is_chosen() {
    assert_eq!(world(vec![]).chosen().await, None);
    let world = world(vec![node(1, 50, 100), node(2, 60, 1_000), draining(node(3, 0, 100)), node(4, 7, 100)]);
    assert_eq!(world.chosen().await.as_deref(), Some("ws://node2"));
}

#[tokio::test]
async fn nodes_that_drain_or_are_full_or_can_hold_nobody_are_never_chosen() {
    let world = world(vec![draining(node(1, 0, 10)), node(2, 10, 10), node(3, 0, 0), node(4, u32::MAX, 10)]);
    assert_eq!(world.chosen().await, None);
}

#[tokio::test]
async fn many_who_ask_at_once_are_spread_by_what_is_left() {
    let world = world(vec![node(1, 0, 100), node(2, 0, 300), node(3, 90, 100)]);
    let mut sent: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..200 {
        *sent.entry(world.chosen().await.unwrap()).or_default() += 1;
    }
    assert_eq!(sent, [("ws://node1".to_owned(), 50), ("ws://node2".to_owned(), 150)].into());
}

#[tokio::test]
async fn who_was_sent_counts_until_the_node_counts_them_itself() {
    let world = world(vec![node(1, 0, 10), node(2, 5, 10)]);
    for _ in 0..5 {
        assert_eq!(world.chosen().await.as_deref(), Some("ws://node1"));
    }
    // They arrived nowhere: after a while node 1 has room again.
    world.clock.advance(Duration::from_secs(4));
    assert_eq!(world.chosen().await.as_deref(), Some("ws://node1"));
}

#[tokio::test]
async fn a_report_is_newer_than_the_registry() {
    let world = world(vec![node(1, 0, 10), node(2, 1, 10)]);
    assert_eq!(world.chosen().await.as_deref(), Some("ws://node1"));
    world.balancer.report(&node(1, 9, 10)).await.unwrap();
    assert_eq!(world.chosen().await.as_deref(), Some("ws://node2"));
    world.balancer.report(&draining(node(2, 0, 10))).await.unwrap();
    world.balancer.report(&draining(node(1, 0, 10))).await.unwrap();
    assert_eq!(world.chosen().await, None);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.chosen().await, None, "the registry has not heard of it yet");
}

#[tokio::test]
async fn a_node_without_a_lease_is_not_chosen_whatever_it_reports() {
    let world = world(vec![node(1, 0, 10)]);
    world.balancer.report(&node(2, 0, 1_000)).await.unwrap();
    assert_eq!(world.chosen().await.as_deref(), Some("ws://node1"));
    world.registry.nodes.lock().unwrap().clear();
    world.clock.advance(Duration::from_secs(1));
    world.balancer.report(&node(1, 0, 10)).await.unwrap();
    assert_eq!(world.chosen().await, None);
}

#[tokio::test]
async fn while_the_registry_is_down_the_last_known_nodes_serve_as_long_as_they_report() {
    let world = world(vec![node(1, 0, 10), node(2, 5, 10)]);
    assert_eq!(world.chosen().await.as_deref(), Some("ws://node1"));
    world.balancer.report(&node(1, 0, 10)).await.unwrap();
    world.registry.down.store(true, Ordering::Relaxed);
    world.clock.advance(Duration::from_secs(4));
    world.balancer.report(&node(2, 5, 10)).await.unwrap();
    assert_eq!(world.chosen().await.as_deref(), Some("ws://node1"));
    world.clock.advance(Duration::from_secs(3));
    assert_eq!(world.chosen().await.as_deref(), Some("ws://node2"), "node 1 has fallen silent");

    let blind = super::tests::world(vec![]);
    blind.registry.down.store(true, Ordering::Relaxed);
    assert!(blind.balancer.choose(&[]).await.is_err());
}

#[tokio::test]
async fn while_the_registry_hangs_all_who_ask_share_one_read_and_are_answered_by_what_is_known() {
    let world = world(vec![node(1, 0, 10)]);
    assert!(world.chosen().await.is_some());
    world.hang().await;
    let (one, other) = (world.ask().await, world.ask().await);
    world.pass(Duration::from_millis(150)).await;
    let late = world.ask().await;
    assert!(!one.is_finished() && !late.is_finished(), "it may answer yet");
    world.pass(Duration::from_millis(50)).await;
    for asked in [one, other, late, world.ask().await] {
        assert_eq!(answer(asked).await.as_deref(), Some("ws://node1"));
    }
    assert_eq!(world.reads(), 1);
}

#[tokio::test]
async fn a_read_of_the_registry_goes_on_when_whoever_asked_gives_up() {
    let world = world(vec![node(1, 0, 10)]);
    assert!(world.chosen().await.is_some());
    world.hang().await;
    // It has begun since, and the registry has never named it: it counts only when that is known not to answer.
    world.balancer.report(&node(2, 0, 1_000)).await.unwrap();
    for _ in 0..9 {
        let asked = world.ask().await;
        asked.abort();
        world.pass(Duration::from_millis(100)).await;
    }
    assert_eq!(world.reads(), 1);
    assert_eq!(answer(world.ask().await).await.as_deref(), Some("ws://node1"));
    world.pass(Duration::from_millis(100)).await;
    assert_eq!(answer(world.ask().await).await.as_deref(), Some("ws://node2"));
    assert_eq!(world.reads(), 1, "it is asked again after a while, not at once");
    world.pass(Duration::from_millis(500)).await;
    world.ask().await.abort();
    assert_eq!(world.reads(), 2);
}

#[tokio::test]
async fn where_no_node_is_known_the_answer_of_the_registry_is_waited_for() {
    let world = world(vec![]);
    world.hang().await;
    let (one, other) = (world.ask().await, world.ask().await);
    world.pass(Duration::from_millis(999)).await;
    assert!(!one.is_finished() && !other.is_finished());
    world.pass(Duration::from_millis(1)).await;
    for asked in [one, other] {
        assert!(asked.await.unwrap().is_err(), "that nothing is known is no answer");
    }
    assert_eq!(world.reads(), 1);

    let asked = world.ask().await;
    world.registry.nodes.lock().unwrap().push(node(1, 0, 10));
    world.registry.silent.store(false, Ordering::Relaxed);
    world.pass(Duration::from_secs(1)).await;
    assert!(asked.await.unwrap().is_err());
    assert_eq!(world.chosen().await.as_deref(), Some("ws://node1"));
}

#[tokio::test]
async fn a_node_to_be_avoided_is_chosen_only_where_there_is_no_other() {
    let world = world(vec![node(1, 0, 10), node(2, 5, 10), node(3, 9, 10)]);
    assert_eq!(world.chosen_without(&["ws://node1"]).await.as_deref(), Some("ws://node2"));
    assert_eq!(world.chosen_without(&["ws://node2", "ws://node1"]).await.as_deref(), Some("ws://node3"));
    // The third is full by now: a node that may be dead is better than none.
    assert_eq!(world.chosen_without(&["ws://node2", "ws://node1"]).await.as_deref(), Some("ws://node1"));
    assert_eq!(world.chosen().await.as_deref(), Some("ws://node1"), "others go by load as before");
}

/// One that never answers.
struct Silent;

#[async_trait]
impl NodeChooser for Silent {
    async fn choose(&self, _: &[String]) -> Result<Option<NodeInfo>, StoreError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn where_the_first_chooser_is_silent_or_down_the_second_is_asked() {
    let World { clock, balancer, .. } = world(vec![node(1, 0, 10)]);
    let blind = world(vec![]);
    blind.registry.down.store(true, Ordering::Relaxed);
    let second: Arc<dyn NodeChooser> = balancer;
    let down = FallbackChooser::new(blind.balancer, Arc::clone(&second), clock.clone());
    assert_eq!(down.choose(&[]).await.unwrap().unwrap(), node(1, 0, 10));

    let silent = FallbackChooser::new(Arc::new(Silent), second, clock.clone());
    let asked = tokio::spawn(async move { silent.choose(&[]).await });
    while clock.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    clock.advance(FIRST_DEADLINE);
    assert_eq!(asked.await.unwrap().unwrap().unwrap(), node(1, 0, 10));

    let empty = FallbackChooser::new(world(vec![]).balancer, Arc::new(Silent), clock);
    assert_eq!(empty.choose(&[]).await.unwrap(), None, "that no node takes anybody is an answer");
}

proptest! {
    #[test]
    fn nobody_is_sent_to_a_node_beyond_its_capacity(
        loads in prop::collection::vec((0_u32..20, 0_u32..20, any::<bool>()), 0..6),
        asks in 0_usize..150,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let nodes: Vec<NodeInfo> = (1..).zip(&loads).map(|(id, (connections, capacity, leaves))| {
            let info = node(id, *connections, *capacity);
            if *leaves { draining(info) } else { info }
        }).collect();
        let room: u64 = nodes.iter().filter(|node| !node.draining)
            .map(|node| u64::from(node.capacity.saturating_sub(node.connections))).sum();
        let world = world(nodes);
        let found = runtime.block_on(async {
            let mut found = 0;
            for _ in 0..asks {
                found += u64::from(world.chosen().await.is_some());
            }
            found
        });
        prop_assert_eq!(found, room.min(u64::try_from(asks).unwrap()));
    }
}
