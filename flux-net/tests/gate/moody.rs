//! Ports that fail when they are told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::guard::{Backoff, LimitKey, Quota, RateLimiter, Take};
use flux_core::routing::{NodeInfo, NodeRegistry};
use flux_core::{NodeId, StoreError};

/// What driver texts are made of, and nobody may see.
pub(crate) const INSIDE: &str = "SELECT * FROM /srv/canary-inside.db at 10.1.2.3:3306";

/// How a port behaves.
#[derive(Debug, Default)]
pub(crate) struct Mood(AtomicU8);

impl Mood {
    pub(crate) fn good(&self) {
        self.0.store(0, Ordering::SeqCst);
    }

    /// Errors with a text of the inside.
    pub(crate) fn broken(&self) {
        self.0.store(1, Ordering::SeqCst);
    }

    /// Panics.
    pub(crate) fn mad(&self) {
        self.0.store(2, Ordering::SeqCst);
    }

    /// Never answers.
    pub(crate) fn silent(&self) {
        self.0.store(3, Ordering::SeqCst);
    }

    async fn show(&self) -> Result<(), StoreError> {
        match self.0.load(Ordering::SeqCst) {
            0 => Ok(()),
            1 => Err(StoreError::unavailable(INSIDE)),
            2 => panic!("{INSIDE}"),
            _ => std::future::pending().await,
        }
    }
}

pub(crate) struct Moody<T: ?Sized> {
    pub(crate) inner: Arc<T>,
    pub(crate) mood: Arc<Mood>,
}

#[async_trait]
impl RateLimiter for Moody<dyn RateLimiter> {
    async fn take(&self, key: &LimitKey, quota: Quota) -> Result<Take, StoreError> {
        self.mood.show().await?;
        self.inner.take(key, quota).await
    }

    async fn wait(&self, key: &LimitKey) -> Result<Duration, StoreError> {
        self.mood.show().await?;
        self.inner.wait(key).await
    }

    async fn fail(&self, key: &LimitKey, backoff: &Backoff) -> Result<Duration, StoreError> {
        self.mood.show().await?;
        self.inner.fail(key, backoff).await
    }

    async fn forgive(&self, key: &LimitKey) -> Result<(), StoreError> {
        self.mood.show().await?;
        self.inner.forgive(key).await
    }
}

#[async_trait]
impl NodeRegistry for Moody<dyn NodeRegistry> {
    async fn announce(&self, info: &NodeInfo, lease: Duration) -> Result<(), StoreError> {
        self.inner.announce(info, lease).await
    }

    async fn renew(&self, node: NodeId, lease: Duration) -> Result<bool, StoreError> {
        self.inner.renew(node, lease).await
    }

    async fn withdraw(&self, node: NodeId) -> Result<(), StoreError> {
        self.inner.withdraw(node).await
    }

    async fn live(&self) -> Result<Vec<NodeInfo>, StoreError> {
        self.mood.show().await?;
        self.inner.live().await
    }
}
