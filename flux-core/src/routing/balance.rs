//! Which node a client is sent to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Semaphore;
use tracing::{debug, warn};

use super::{NodeInfo, NodeRegistry};
use crate::error::StoreError;
use crate::id::NodeId;
use crate::time::{Clock, within};

/// Says where a client should connect.
///
/// # Contract
/// - Never a node that drains, whose lease is over, or that is full.
/// - Answers that are given one after the other, or at once, spread over the nodes by what is left of their capacity.
/// - A node that is to be avoided only where there is no other: whoever asks has found it dead, long before its lease
///   says so, or may be cut off from it.
#[async_trait]
pub trait NodeChooser: Send + Sync + 'static {
    /// A node for one more connection, by preference none whose client URL is among `avoid`; `None` if none takes any.
    async fn choose(&self, avoid: &[String]) -> Result<Option<NodeInfo>, StoreError>;
}

/// Hears from nodes how loaded they are.
#[async_trait]
pub trait LoadReports: Send + Sync + 'static {
    /// A node says what it holds now.
    async fn report(&self, info: &NodeInfo) -> Result<(), StoreError>;
}

/// How a [`Balancer`] behaves.
#[derive(Debug, Clone)]
pub struct BalancerSettings {
    /// How old the list of live nodes may be: 500 ms.
    pub fresh_for: Duration,
    /// How long a client may take from being sent to a node to counting there: 3 s. Until then it is counted here.
    pub settle: Duration,
    /// How long a node counts as live by its own report while the registry cannot be read: 6 s.
    pub trust_reports_for: Duration,
    /// How long the registry may take: 1 s.
    pub deadline: Duration,
    /// For how much of that whoever asks waits, where something is known from before: 200 ms. Then they go by that.
    pub patience: Duration,
}

impl Default for BalancerSettings {
    fn default() -> Self {
        Self {
            fresh_for: Duration::from_millis(500),
            settle: Duration::from_secs(3),
            trust_reports_for: Duration::from_secs(6),
            deadline: Duration::from_secs(1),
            patience: Duration::from_millis(200),
        }
    }
}

/// Chooses the node that is least loaded for its capacity, and counts whom it has just sent there, so that many who ask
/// at once are not all sent to the same one. It keeps nothing that another one does not find out: run as many as you
/// like.
pub struct Balancer {
    shared: Arc<Shared>,
}

/// What the balancer shares with a read of the registry that is under way.
struct Shared {
    registry: Arc<dyn NodeRegistry>,
    clock: Arc<dyn Clock>,
    settings: BalancerSettings,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the registry was last read, or was tried to be, by the monotonic clock.
    read_at: Option<Duration>,
    /// Whether that failed.
    blind: bool,
    nodes: BTreeMap<NodeId, Known>,
    /// The last read of the registry.
    reading: Option<Reading>,
}

/// A read of the registry.
#[derive(Clone)]
struct Reading {
    since: Duration,
    /// Closed when it is over, however it ended. Those who wait go on in the order in which they came, in every run: a
    /// `watch` would wake them by chance.
    over: Arc<Semaphore>,
}

impl Reading {
    fn is_under_way(&self) -> bool {
        !self.over.is_closed()
    }

    async fn ended(&self) {
        // There are no permits: this waits for the end.
        let _ = self.over.acquire().await;
    }
}

/// Says so when a read is over.
struct Ends(Arc<Semaphore>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// What is known of a node.
struct Known {
    info: NodeInfo,
    /// When it last reported by itself.
    reported: Option<Duration>,
    /// Whether the registry named it at the last read.
    leased: bool,
    /// When clients were sent there that may not count yet, oldest first.
    sent: VecDeque<Duration>,
}

impl Balancer {
    /// Over the registry of nodes. It is used on a runtime of tokio.
    pub fn new(registry: Arc<dyn NodeRegistry>, clock: Arc<dyn Clock>, settings: BalancerSettings) -> Self {
        Self { shared: Arc::new(Shared { registry, clock, settings, state: Mutex::default() }) }
    }

    /// Every node that is known to live, ascending by id, with its newest numbers.
    ///
    /// # Errors
    /// The registry cannot be read, and nothing is known from before.
    pub async fn nodes(&self) -> Result<Vec<NodeInfo>, StoreError> {
        self.refresh().await?;
        let now = self.shared.clock.monotonic();
        let state = self.shared.state();
        let live = state.nodes.values().filter(|node| self.shared.is_live(node, state.blind, now));
        Ok(live.map(|node| node.info.clone()).collect())
    }

    /// Sees to it that the registry is read, if what is known is too old, and waits for that as long as it is worth it.
    async fn refresh(&self) -> Result<(), StoreError> {
        let (clock, settings) = (&*self.shared.clock, &self.shared.settings);
        let (reading, known) = {
            let mut state = self.shared.state();
            let now = clock.monotonic();
            if state.read_at.is_some_and(|at| now.saturating_sub(at) < settings.fresh_for) {
                return Ok(());
            }
            let known = state.read_at.is_some() && !state.nodes.is_empty();
            (state.reading(&self.shared, now), known)
        };
        if known {
            let waited = clock.monotonic().saturating_sub(reading.since);
            let _ = within(clock, settings.patience.saturating_sub(waited), reading.ended()).await;
            return Ok(());
        }
        reading.ended().await;
        match self.shared.state().read_at {
            Some(at) if at >= reading.since => Ok(()),
            _ => Err(StoreError::unavailable("node registry not read, and no node is known")),
        }
    }
}

impl Shared {
    /// Reads the registry. While it cannot be read, what it said last stands, corrected by what nodes report.
    async fn read(&self) {
        let read = within(&*self.clock, self.settings.deadline, self.registry.live()).await;
        let now = self.clock.monotonic();
        let mut state = self.state();
        match read.map_err(StoreError::from).flatten() {
            Ok(live) => {
                (state.read_at, state.blind) = (Some(now), false);
                state.take(live, now, &self.settings);
            }
            Err(error) if state.nodes.is_empty() => {
                warn!(error = %error, "node registry not read; no node is known");
            }
            Err(error) => {
                warn!(error = %error, "node registry not read; going by what is known");
                // Asked again after the same time as after a success: a registry that hangs must not hang every call.
                (state.read_at, state.blind) = (Some(now), true);
            }
        }
    }

    /// The registry decides. While it cannot be read, who reports lives, and who never reported lives on.
    fn is_live(&self, node: &Known, blind: bool, now: Duration) -> bool {
        match node.reported {
            Some(at) if blind => now.saturating_sub(at) < self.settings.trust_reports_for,
            _ => node.leased,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The read that is under way, or one that begins now. It is a task of its own: whoever asks may give up, and what
    /// came of the read counts all the same. One read at a time.
    fn reading(&mut self, shared: &Arc<Shared>, now: Duration) -> Reading {
        if let Some(reading) = self.reading.as_ref().filter(|reading| reading.is_under_way()) {
            return reading.clone();
        }
        let over = Arc::new(Semaphore::new(0));
        let (shared, ends) = (Arc::clone(shared), Ends(Arc::clone(&over)));
        tokio::spawn(async move {
            shared.read().await;
            drop(ends);
        });
        self.reading.insert(Reading { since: now, over }).clone()
    }

    /// What the registry says: it decides who lives.
    fn take(&mut self, live: Vec<NodeInfo>, now: Duration, settings: &BalancerSettings) {
        let mut before = std::mem::take(&mut self.nodes);
        for info in live {
            let known = before.remove(&info.node);
            let newer = known.as_ref().is_some_and(|known| {
                known.reported.is_some_and(|at| now.saturating_sub(at) < settings.trust_reports_for)
            });
            let node = info.node;
            let known = match known {
                // Its own word is newer than the registry's.
                Some(mut known) if newer => {
                    known.leased = true;
                    known.info.draining |= info.draining;
                    known
                }
                known => {
                    let (reported, sent) =
                        known.map_or_else(Default::default, |known| (known.reported, known.sent));
                    Known { info, reported, leased: true, sent }
                }
            };
            self.nodes.insert(node, known);
        }
    }
}

#[async_trait]
impl NodeChooser for Balancer {
    async fn choose(&self, avoid: &[String]) -> Result<Option<NodeInfo>, StoreError> {
        self.refresh().await?;
        let now = self.shared.clock.monotonic();
        let mut state = self.shared.state();
        let blind = state.blind;
        for node in state.nodes.values_mut() {
            while node.sent.front().is_some_and(|at| now.saturating_sub(*at) >= self.shared.settings.settle) {
                node.sent.pop_front();
            }
        }
        let best = state
            .nodes
            .values()
            .filter(|node| !node.info.draining && node.room() > 0 && self.shared.is_live(node, blind, now))
            .min_by(|one, other| one.is_among(avoid).cmp(&other.is_among(avoid)).then(one.compare(other)))
            .map(|node| node.info.node);
        let Some(best) = best.and_then(|node| state.nodes.get_mut(&node)) else { return Ok(None) };
        best.sent.push_back(now);
        Ok(Some(best.info.clone()))
    }
}

#[async_trait]
impl LoadReports for Balancer {
    async fn report(&self, info: &NodeInfo) -> Result<(), StoreError> {
        let now = self.shared.clock.monotonic();
        let mut state = self.shared.state();
        let known = state.nodes.entry(info.node).or_insert_with(|| Known {
            info: info.clone(),
            reported: None,
            leased: false,
            sent: VecDeque::new(),
        });
        known.info = info.clone();
        known.reported = Some(now);
        Ok(())
    }
}

impl Known {
    /// Those that it holds, and those that are on their way.
    fn load(&self) -> u64 {
        u64::from(self.info.connections) + u64::try_from(self.sent.len()).unwrap_or(u64::MAX)
    }

    /// Whether its client URL is one of these. Nodes without one cannot be told apart by who asks.
    fn is_among(&self, urls: &[String]) -> bool {
        urls.contains(&self.info.client_url)
    }

    fn room(&self) -> u64 {
        u64::from(self.info.capacity).saturating_sub(self.load())
    }

    /// By the part of the capacity in use; of equals the one with more room, then by id.
    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        let (mine, theirs) = (u64::from(self.info.capacity), u64::from(other.info.capacity));
        // load / capacity < load' / capacity', without a division.
        let used = u128::from(self.load()) * u128::from(theirs);
        let other_used = u128::from(other.load()) * u128::from(mine);
        used.cmp(&other_used).then(other.room().cmp(&self.room())).then(self.info.node.cmp(&other.info.node))
    }
}

/// How long whoever is asked first may take: 400 ms.
const FIRST_DEADLINE: Duration = Duration::from_millis(400);

/// Asks one that knows the load of every node best, and where it does not answer in time, another that knows enough.
pub struct FallbackChooser {
    first: Arc<dyn NodeChooser>,
    second: Arc<dyn NodeChooser>,
    clock: Arc<dyn Clock>,
}

impl FallbackChooser {
    /// `first` as long as it answers, else `second`.
    pub fn new(first: Arc<dyn NodeChooser>, second: Arc<dyn NodeChooser>, clock: Arc<dyn Clock>) -> Self {
        Self { first, second, clock }
    }
}

#[async_trait]
impl NodeChooser for FallbackChooser {
    async fn choose(&self, avoid: &[String]) -> Result<Option<NodeInfo>, StoreError> {
        match within(&*self.clock, FIRST_DEADLINE, self.first.choose(avoid)).await {
            Ok(Ok(chosen)) => return Ok(chosen),
            Ok(Err(error)) => debug!(error = %error, "choosing a node by the registry alone"),
            Err(late) => debug!(error = %late, "choosing a node by the registry alone"),
        }
        self.second.choose(avoid).await
    }
}

#[cfg(test)]
mod tests;
