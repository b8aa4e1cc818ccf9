//! A node's lease: it keeps the node findable, and with it everybody who is connected to it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing::{debug, info, warn};

use super::{
    LoadReports, LocalConnection, Located, Neighbours, NodeInfo, NodeRegistry, Router, SessionDirectory,
};
use crate::error::StoreError;
use crate::observe::{Counters, metric};
use crate::session::RevocationWatch;
use crate::time::{Clock, within};

/// How many sessions are announced at once.
const ANNOUNCED_AT_ONCE: usize = 128;

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

/// What a lease stands on.
pub struct LeaseParts {
    /// Where the node is announced.
    pub registry: Arc<dyn NodeRegistry>,
    /// Where its sessions are.
    pub directory: Arc<dyn SessionDirectory>,
    /// Knows the connections.
    pub router: Arc<Router>,
    /// Hears who else lives.
    pub neighbours: Arc<Neighbours>,
    /// Knows whether the store can be read. A node that cannot read it says that it has no room.
    pub revocations: Arc<RevocationWatch>,
    /// Who, besides the registry, hears how loaded the node is.
    pub loads: Option<Arc<dyn LoadReports>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Keeps this node in the registry, and its view of the others.
pub struct NodeLease {
    parts: LeaseParts,
    settings: LeaseSettings,
    info: Mutex<NodeInfo>,
    /// The registry has lost this node, and has not confirmed yet that it knows it again.
    forgotten: AtomicBool,
    /// The registry had lost this node, and the directory its sessions.
    lost: Notify,
    renewals: Counters<1>,
}

impl NodeLease {
    /// Over its parts; `info` is what the node says of itself.
    pub fn new(parts: LeaseParts, settings: LeaseSettings, info: NodeInfo) -> Self {
        Self {
            parts,
            settings,
            info: Mutex::new(info),
            forgotten: AtomicBool::new(false),
            lost: Notify::new(),
            renewals: Counters::new(metric::LEASES),
        }
    }

    /// Announces the node and goes on renewing for ever. A registry that is down costs nothing but being found.
    pub async fn run(self: Arc<Self>) {
        tokio::join!(self.renew(), self.announce_when_lost());
    }

    async fn renew(&self) {
        loop {
            let turned = within(&*self.parts.clock, self.settings.interval, self.turn()).await;
            self.renewals.count([if matches!(turned, Ok(Ok(()))) { "renewed" } else { "failed" }]);
            match turned {
                Ok(Ok(())) => {}
                Ok(Err(error)) => warn!(error = %error, "lease not renewed"),
                Err(late) => warn!(error = %late, "lease not renewed"),
            }
            self.parts.clock.sleep(self.settings.interval).await;
        }
    }

    /// Says once what the node holds, to the registry and to whoever balances, and learns which nodes live.
    pub async fn turn(&self) -> Result<(), StoreError> {
        let mut info = self.info();
        info.connections = u32::try_from(self.parts.router.hub().len()).unwrap_or(u32::MAX);
        if self.parts.revocations.is_behind() {
            // It lets nobody in, and as the one with the fewest connections everybody would be sent to it.
            info.capacity = 0;
        }
        let (leased, ()) = tokio::join!(self.lease(&info), self.report(&info));
        leased?;
        self.parts.neighbours.look().await
    }

    async fn lease(&self, info: &NodeInfo) -> Result<(), StoreError> {
        // Announcing also extends; a renewal says whether the registry still knew the node.
        if !self.parts.registry.renew(info.node, self.settings.lease).await? {
            // Noted before: who finds the node in the registry again relies on it. And an announcement may be done that
            // is not confirmed: the next renewal would find nothing amiss.
            self.forgotten.store(true, Ordering::SeqCst);
            self.parts.neighbours.directory_was_lost();
        }
        self.parts.registry.announce(info, self.settings.lease).await?;
        if self.forgotten.swap(false, Ordering::SeqCst) && !self.parts.router.hub().is_empty() {
            self.renewals.count(["lost"]);
            info!("the registry did not know this node; its sessions are announced again");
            self.lost.notify_one();
        }
        Ok(())
    }

    async fn report(&self, info: &NodeInfo) {
        let Some(loads) = &self.parts.loads else { return };
        match within(&*self.parts.clock, self.settings.interval / 2, loads.report(info)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => debug!(error = %error, "load not reported"),
            Err(late) => debug!(error = %late, "load not reported"),
        }
    }

    /// Says that the node is about to stop, so that no one is sent to it.
    pub async fn drain(&self) -> Result<(), StoreError> {
        self.info.lock().unwrap_or_else(PoisonError::into_inner).draining = true;
        self.turn().await
    }

    /// Leaves the registry.
    pub async fn withdraw(&self) -> Result<(), StoreError> {
        self.parts.registry.withdraw(self.info().node).await
    }

    /// What the node says of itself.
    pub fn info(&self) -> NodeInfo {
        self.info.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Announces the sessions of this node each time that the directory has lost them. It takes as long as it takes; the
    /// lease goes on meanwhile.
    async fn announce_when_lost(&self) {
        loop {
            self.lost.notified().await;
            while let Err(error) = self.announce_sessions().await {
                warn!(error = %error, "sessions not announced; trying again");
                self.parts.clock.sleep(self.settings.interval).await;
            }
        }
    }

    /// Claims every session that this node holds anew; those that somebody else claimed meanwhile are let go.
    pub async fn announce_sessions(&self) -> Result<(), StoreError> {
        let node = self.info().node;
        let connections = self.parts.router.hub().connections();
        for chunk in connections.chunks(ANNOUNCED_AT_ONCE) {
            let mut claims = JoinSet::new();
            for LocalConnection { user, session, generation, away, .. } in chunk {
                let entry =
                    Located { user: *user, session: *session, generation: *generation, node, away: *away };
                let directory = Arc::clone(&self.parts.directory);
                claims.spawn(async move { directory.claim(entry).await.map(|stands| (entry, stands)) });
            }
            while let Some(claimed) = claims.join_next().await {
                let claimed = claimed.map_err(StoreError::unavailable)?;
                if let (entry, false) = claimed? {
                    self.parts.router.hub().supersede(entry.user, entry.session, entry.generation.next());
                }
            }
        }
        Ok(())
    }
}
