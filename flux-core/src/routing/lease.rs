//! A node's lease: it keeps the node findable, and with it everybody who is connected to it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use super::{LocalConnection, Located, NodeInfo, NodeRegistry, Router, SessionDirectory};
use crate::error::StoreError;
use crate::id::NodeId;
use crate::presence::PresenceService;
use crate::time::{Clock, within};

/// How leases behave.
#[derive(Debug, Clone)]
pub struct LeaseSettings {
    /// How long a node lives without renewing: 6 s. After a crash its users are offline that much later.
    pub lease: Duration,
    /// From one renewal to the next: 2 s.
    pub interval: Duration,
}

impl Default for LeaseSettings {
    fn default() -> Self {
        Self { lease: Duration::from_secs(6), interval: Duration::from_secs(2) }
    }
}

/// Keeps this node in the registry, and its view of the others.
pub struct NodeLease {
    registry: Arc<dyn NodeRegistry>,
    directory: Arc<dyn SessionDirectory>,
    router: Arc<Router>,
    presence: Arc<PresenceService>,
    clock: Arc<dyn Clock>,
    settings: LeaseSettings,
    info: Mutex<NodeInfo>,
    known: Mutex<BTreeSet<NodeId>>,
}

impl NodeLease {
    /// Over its parts; `info` is what the node says of itself.
    pub fn new(
        registry: Arc<dyn NodeRegistry>,
        directory: Arc<dyn SessionDirectory>,
        router: Arc<Router>,
        presence: Arc<PresenceService>,
        clock: Arc<dyn Clock>,
        settings: LeaseSettings,
        info: NodeInfo,
    ) -> Self {
        let (info, known) = (Mutex::new(info), Mutex::default());
        Self { registry, directory, router, presence, clock, settings, info, known }
    }

    /// Announces the node and goes on renewing for ever. A registry that is down costs nothing but being found.
    pub async fn run(self: Arc<Self>) {
        let mut announced = false;
        loop {
            announced = match within(&*self.clock, self.settings.interval, self.turn(announced)).await {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    warn!(error = %error, "lease not renewed");
                    announced
                }
                Err(late) => {
                    warn!(error = %late, "lease not renewed");
                    announced
                }
            };
            self.clock.sleep(self.settings.interval).await;
        }
    }

    /// Announces or renews once, and learns which nodes live.
    pub async fn turn(&self, announced: bool) -> Result<(), StoreError> {
        let mut info = self.info();
        info.connections = u32::try_from(self.router.hub().len()).unwrap_or(u32::MAX);
        // Announcing also extends; a renewal says whether the registry still knew the node.
        let known = announced && self.registry.renew(info.node, self.settings.lease).await?;
        self.registry.announce(&info, self.settings.lease).await?;
        if announced && !known {
            info!("the registry had lost this node; its sessions are announced again");
            self.announce_sessions(info.node).await?;
        }
        self.look_around().await
    }

    /// Says that the node is about to stop, so that no one is sent to it.
    pub async fn drain(&self) -> Result<(), StoreError> {
        self.info.lock().unwrap_or_else(PoisonError::into_inner).draining = true;
        self.turn(true).await
    }

    /// Leaves the registry.
    pub async fn withdraw(&self) -> Result<(), StoreError> {
        self.registry.withdraw(self.info().node).await
    }

    /// What the node says of itself.
    pub fn info(&self) -> NodeInfo {
        self.info.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn announce_sessions(&self, node: NodeId) -> Result<(), StoreError> {
        for connection in self.router.hub().connections() {
            let LocalConnection { user, session, generation, away, .. } = connection;
            if !self.directory.claim(Located { user, session, generation, node, away }).await? {
                self.router.hub().supersede(user, session, generation.next());
            }
        }
        Ok(())
    }

    async fn look_around(&self) -> Result<(), StoreError> {
        let live: BTreeSet<NodeId> = self.registry.live().await?.into_iter().map(|info| info.node).collect();
        let gone = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let gone = known.difference(&live).next().is_some();
            known.clone_from(&live);
            gone
        };
        self.router.set_peers(live);
        if gone {
            self.presence.look_at_all();
        }
        Ok(())
    }
}
