//! Which nodes' leases live, and in which incarnation.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flux_core::NodeId;
use tokio::sync::Mutex;

use super::Redis;
use super::entry::Entry;
use super::failure::Failure;
use super::link::Repeat;
use super::reply::pairs;
use super::script::{Invocation, LEASES};

/// The leases that lived at one moment.
#[derive(Debug, Default)]
pub(super) struct Live(BTreeMap<NodeId, u64>);

impl Live {
    /// The incarnation of `node`'s lease.
    pub(super) fn incarnation(&self, node: NodeId) -> Option<u64> {
        self.0.get(&node).copied()
    }

    /// Whether `entry` has not lapsed.
    pub(super) fn holds(&self, entry: &Entry) -> bool {
        self.incarnation(entry.node) == Some(entry.incarnation)
    }
}

/// Reads leases. Those who ask while a read is under way share the next one: however many ask, one read at a time is
/// on its way, and everybody gets one that began after they had asked. Nothing is remembered for longer than that.
pub(super) struct Leases {
    redis: Redis,
    key: String,
    /// How many reads have begun.
    begun: AtomicU64,
    /// The number of the last read that has ended, and what came of it.
    last: Mutex<(u64, Result<Arc<Live>, Failure>)>,
}

impl Leases {
    pub(super) fn new(redis: Redis, key: String) -> Self {
        Self { redis, key, begun: AtomicU64::new(0), last: Mutex::new((0, Ok(Arc::default()))) }
    }

    /// The leases that live at some moment from now on.
    pub(super) async fn now(&self) -> Result<Arc<Live>, Failure> {
        let begun = self.begun.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        if last.0 <= begun {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            *last = (number, self.read().await);
        }
        last.1.clone()
    }

    async fn read(&self) -> Result<Arc<Live>, Failure> {
        let keys = [self.key.as_str()];
        let call = Invocation::new(&LEASES, &keys).arg(self.redis.time.argument());
        let found = pairs(self.redis.link.eval(Repeat::Safe, &call).await?).unwrap_or_default();
        // What is no lease of a node gives nobody a place.
        let leases = found.into_iter().filter_map(|(node, incarnation)| {
            let node = std::str::from_utf8(&node).ok()?.parse().ok()?;
            Some((node, std::str::from_utf8(&incarnation).ok()?.parse().ok()?))
        });
        Ok(Arc::new(Live(leases.collect())))
    }
}
