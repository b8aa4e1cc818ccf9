//! Limits that go on when their store does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tracing::{info, warn};

use super::{Backoff, LimitKey, Quota, RateLimiter, Take};
use crate::error::StoreError;

/// Asks the limiter that all processes share, and while that one does not answer, one of this process: then everybody
/// may do as much at each process as otherwise at all of them, which is better than nothing at all or everything.
pub struct FallbackLimiter {
    shared: Arc<dyn RateLimiter>,
    own: Arc<dyn RateLimiter>,
    failing: AtomicBool,
}

impl FallbackLimiter {
    /// `shared` as long as it answers, else `own`.
    pub fn new(shared: Arc<dyn RateLimiter>, own: Arc<dyn RateLimiter>) -> Self {
        Self { shared, own, failing: AtomicBool::new(false) }
    }

    /// What the shared limiter answered; `None` if it is not there.
    fn heard<T>(&self, answer: Result<T, StoreError>) -> Option<T> {
        match answer {
            Ok(answer) => {
                if self.failing.swap(false, Ordering::Relaxed) {
                    info!("limits are shared again");
                }
                Some(answer)
            }
            Err(error) => {
                if !self.failing.swap(true, Ordering::Relaxed) {
                    warn!(error = %error, "limits are kept by this process alone");
                }
                None
            }
        }
    }
}

#[async_trait]
impl RateLimiter for FallbackLimiter {
    async fn take(&self, key: &LimitKey, quota: Quota) -> Result<Take, StoreError> {
        match self.heard(self.shared.take(key, quota).await) {
            Some(take) => Ok(take),
            None => self.own.take(key, quota).await,
        }
    }

    async fn wait(&self, key: &LimitKey) -> Result<Duration, StoreError> {
        match self.heard(self.shared.wait(key).await) {
            Some(wait) => Ok(wait),
            None => self.own.wait(key).await,
        }
    }

    async fn fail(&self, key: &LimitKey, backoff: &Backoff) -> Result<Duration, StoreError> {
        match self.heard(self.shared.fail(key, backoff).await) {
            Some(wait) => Ok(wait),
            None => self.own.fail(key, backoff).await,
        }
    }

    async fn forgive(&self, key: &LimitKey) -> Result<(), StoreError> {
        match self.heard(self.shared.forgive(key).await) {
            Some(()) => Ok(()),
            None => self.own.forgive(key).await,
        }
    }
}
