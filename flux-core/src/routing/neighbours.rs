//! Which nodes a process can reach: read from the registry again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tracing::warn;

use super::{LostNodes, NodeInfo, NodeRegistry, PeerTransport, Router};
use crate::error::StoreError;
use crate::id::NodeId;
use crate::presence::PresenceService;
use crate::time::{Clock, within};

/// A node is lost when so many looks in a row have not found it: one whose registry has forgotten everything announces
/// itself again within the time between two.
const LOST_AFTER: u32 = 3;
/// The part of the time between two looks that passes while no node is known: those of a cluster that is starting, or is
/// started again as a whole, are found when they are there.
const ALONE: u32 = 8;
/// How long ending what a lost node has left open may take; it is tried again after the next look.
const ENDING: Duration = Duration::from_secs(10);

/// What a process stands on to know its neighbours.
pub struct NeighbourParts {
    /// Where nodes are announced.
    pub registry: Arc<dyn NodeRegistry>,
    /// The way to them.
    pub peers: Arc<dyn PeerTransport>,
    /// Hears who lives.
    pub router: Arc<Router>,
    /// Looks again who is there when a node is gone, or is back.
    pub presence: Arc<PresenceService>,
    /// Ends what lost nodes have left open, where that does not end by itself.
    pub lost: Option<Arc<dyn LostNodes>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Tells the router and the transport which nodes live. While the registry cannot be read, the nodes known last are
/// taken to live: what is sent to one that does not is made good by repair.
pub struct Neighbours {
    parts: NeighbourParts,
    known: Mutex<Known>,
    /// There are lost nodes that have left something open.
    lost: Notify,
}

#[derive(Default)]
struct Known {
    live: BTreeMap<NodeId, NodeInfo>,
    /// How many looks have not found a node that was there, until it is found again or nothing of it is left.
    missing: BTreeMap<NodeId, u32>,
}

impl Known {
    /// What a look has found; whether it finds other nodes than the last one. Those that are gone are counted as missing
    /// where somebody is to hear of it.
    fn see(&mut self, live: &BTreeMap<NodeId, NodeInfo>, count: bool) -> bool {
        let mut changed = live.keys().any(|node| !self.live.contains_key(node));
        for (node, info) in std::mem::replace(&mut self.live, live.clone()) {
            if live.contains_key(&node) {
                continue;
            }
            changed = true;
            // A draining one ends by itself, and whoever told it to sees to that.
            if count && !info.draining {
                self.missing.insert(node, 0);
            }
        }
        self.missing.retain(|node, _| !live.contains_key(node));
        for looks in self.missing.values_mut() {
            *looks = looks.saturating_add(1);
        }
        changed
    }

    fn lost(&self) -> Vec<NodeId> {
        let lost = self.missing.iter().filter(|(_, looks)| **looks >= LOST_AFTER);
        lost.map(|(node, _)| *node).collect()
    }
}

impl Neighbours {
    /// Over its parts.
    pub fn new(parts: NeighbourParts) -> Self {
        Self { parts, known: Mutex::default(), lost: Notify::new() }
    }

    /// Looks at the registry for ever: for processes that have no lease of their own to renew.
    pub async fn run(&self, interval: Duration) {
        let clock = &*self.parts.clock;
        loop {
            match within(clock, interval, self.look()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => warn!(error = %error, "node registry not read"),
                Err(late) => warn!(error = %late, "node registry not read"),
            }
            let alone = self.known().live.is_empty();
            clock.sleep(if alone { interval / ALONE } else { interval }).await;
        }
    }

    /// Looks once.
    pub async fn look(&self) -> Result<(), StoreError> {
        let NeighbourParts { registry, peers, router, presence, lost, .. } = &self.parts;
        let own = router.node();
        let live = registry.live().await?.into_iter().filter(|info| info.node != own);
        let live: BTreeMap<NodeId, NodeInfo> = live.map(|info| (info.node, info)).collect();
        let (changed, any_lost) = {
            let mut known = self.known();
            (known.see(&live, lost.is_some()), !known.lost().is_empty())
        };
        router.set_peers(live.keys().copied().collect());
        peers.know(&live.into_values().collect::<Vec<_>>());
        if changed {
            presence.look_at_all();
        }
        if any_lost {
            self.lost.notify_one();
        }
        Ok(())
    }

    /// The registry has forgotten this node, and is told next; so may the directory have forgotten who is where.
    pub(super) fn directory_was_lost(&self) {
        self.parts.presence.directory_was_lost();
    }

    /// Has what lost nodes have left open ended, for ever; what does not succeed is tried again after the next look.
    pub async fn end_leftovers(&self) {
        let Some(lost) = &self.parts.lost else { return };
        loop {
            self.lost.notified().await;
            let nodes = self.known().lost();
            for node in nodes {
                match within(&*self.parts.clock, ENDING, lost.end_leftovers(node)).await {
                    Ok(Ok(())) => {
                        self.known().missing.remove(&node);
                    }
                    Ok(Err(error)) => {
                        warn!(node.id = %node, error = %error, "leftovers of a lost node stay open");
                    }
                    Err(late) => warn!(node.id = %node, error = %late, "leftovers of a lost node stay open"),
                }
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
