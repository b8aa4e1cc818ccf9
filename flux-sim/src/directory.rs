//! The directory and the registry as a process sees them; all of it may be lost.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::routing::{Located, NodeInfo, NodeRegistry, SessionDirectory};
use flux_core::{Clock, Generation, NodeId, SessionId, StoreError, UserId};
use flux_store::memory::MemoryDirectory;

use crate::climate::Way;

/// What all share of it.
pub(crate) struct Volatile {
    clock: Arc<dyn Clock>,
    now: Mutex<Arc<MemoryDirectory>>,
}

impl Volatile {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let now = Mutex::new(Arc::new(MemoryDirectory::new(Arc::clone(&clock))));
        Self { clock, now }
    }

    /// It starts again with nothing.
    pub(crate) fn lose_everything(&self) {
        let fresh = Arc::new(MemoryDirectory::new(Arc::clone(&self.clock)));
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
    }

    fn now(&self) -> Arc<MemoryDirectory> {
        Arc::clone(&self.now.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The way of one process to it.
pub(crate) struct SimDirectory {
    pub(crate) inner: Arc<Volatile>,
    pub(crate) way: Way,
}

#[async_trait]
impl SessionDirectory for SimDirectory {
    async fn claim(&self, entry: Located) -> Result<bool, StoreError> {
        self.way.call("claim", async { self.inner.now().claim(entry).await }).await
    }

    async fn locate(&self, users: &[UserId]) -> Result<Vec<Vec<Located>>, StoreError> {
        self.way.call("locate", async { self.inner.now().locate(users).await }).await
    }

    async fn release(
        &self,
        user: UserId,
        session: SessionId,
        generation: Generation,
    ) -> Result<bool, StoreError> {
        let release = async { self.inner.now().release(user, session, generation).await };
        self.way.call("release", release).await
    }
}

#[async_trait]
impl NodeRegistry for SimDirectory {
    async fn announce(&self, info: &NodeInfo, lease: Duration) -> Result<(), StoreError> {
        self.way.call("announce", async { self.inner.now().announce(info, lease).await }).await
    }

    async fn renew(&self, node: NodeId, lease: Duration) -> Result<bool, StoreError> {
        self.way.call("renew", async { self.inner.now().renew(node, lease).await }).await
    }

    async fn withdraw(&self, node: NodeId) -> Result<(), StoreError> {
        self.way.call("withdraw", async { self.inner.now().withdraw(node).await }).await
    }

    async fn live(&self) -> Result<Vec<NodeInfo>, StoreError> {
        self.way.call("live", async { self.inner.now().live().await }).await
    }
}
