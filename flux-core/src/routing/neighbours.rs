//! Which nodes a process can reach: read from the registry again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::warn;

use super::{NodeInfo, NodeRegistry, PeerTransport, Router};
use crate::error::StoreError;
use crate::id::NodeId;
use crate::presence::PresenceService;
use crate::time::{Clock, within};

/// Tells the router and the transport which nodes live. While the registry cannot be read, the nodes known last are
/// taken to live: what is sent to one that does not is made good by repair.
pub struct Neighbours {
    registry: Arc<dyn NodeRegistry>,
    peers: Arc<dyn PeerTransport>,
    router: Arc<Router>,
    presence: Arc<PresenceService>,
    clock: Arc<dyn Clock>,
    known: Mutex<BTreeMap<NodeId, NodeInfo>>,
}

impl Neighbours {
    /// Over its parts.
    pub fn new(
        registry: Arc<dyn NodeRegistry>,
        peers: Arc<dyn PeerTransport>,
        router: Arc<Router>,
        presence: Arc<PresenceService>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { registry, peers, router, presence, clock, known: Mutex::default() }
    }

    /// Looks at the registry for ever: for processes that have no lease of their own to renew.
    pub async fn run(&self, interval: Duration) {
        loop {
            match within(&*self.clock, interval, self.look()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => warn!(error = %error, "node registry not read"),
                Err(late) => warn!(error = %late, "node registry not read"),
            }
            self.clock.sleep(interval).await;
        }
    }

    /// Looks once.
    pub async fn look(&self) -> Result<(), StoreError> {
        let own = self.router.node();
        let live = self.registry.live().await?.into_iter().filter(|info| info.node != own);
        let live: BTreeMap<NodeId, NodeInfo> = live.map(|info| (info.node, info)).collect();
        let gone = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let gone = known.keys().any(|node| !live.contains_key(node));
            known.clone_from(&live);
            gone
        };
        self.router.set_peers(live.keys().copied().collect());
        self.peers.know(&live.into_values().collect::<Vec<_>>());
        if gone {
            self.presence.look_at_all();
        }
        Ok(())
    }
}
