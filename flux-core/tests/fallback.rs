//! What limits do while the store that all processes share is down.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::StoreError;
use flux_core::guard::{Backoff, FallbackLimiter, LimitKey, Quota, RateLimiter, Take};
use flux_core::testing::ManualClock;
use flux_store::memory::MemoryLimiter;

/// A limiter that can be switched off.
struct Switched {
    inner: MemoryLimiter,
    down: AtomicBool,
}

impl Switched {
    fn there(&self) -> Result<&MemoryLimiter, StoreError> {
        if self.down.load(Ordering::Relaxed) { Err(StoreError::unavailable("down")) } else { Ok(&self.inner) }
    }
}

#[async_trait]
impl RateLimiter for Switched {
    async fn take(&self, key: &LimitKey, quota: Quota) -> Result<Take, StoreError> {
        self.there()?.take(key, quota).await
    }

    async fn wait(&self, key: &LimitKey) -> Result<Duration, StoreError> {
        self.there()?.wait(key).await
    }

    async fn fail(&self, key: &LimitKey, backoff: &Backoff) -> Result<Duration, StoreError> {
        self.there()?.fail(key, backoff).await
    }

    async fn forgive(&self, key: &LimitKey) -> Result<(), StoreError> {
        self.there()?.forgive(key).await
    }
}

#[tokio::test]
async fn while_the_shared_limiter_is_down_a_process_limits_by_itself_and_then_goes_back() {
    let clock = Arc::new(ManualClock::default());
    let shared =
        Arc::new(Switched { inner: MemoryLimiter::new(clock.clone()), down: AtomicBool::new(false) });
    let own = Arc::new(MemoryLimiter::new(clock.clone()));
    let limiter = FallbackLimiter::new(Arc::clone(&shared) as _, own);
    let (key, quota) = (LimitKey::new("login", "ann"), Quota::new(1, Duration::from_mins(1)));
    let backoff = Backoff {
        free: 0,
        first: Duration::from_secs(1),
        cap: Duration::from_secs(8),
        forget: Duration::from_mins(1),
    };
    assert_eq!(limiter.take(&key, quota).await.unwrap(), Take::Allowed);
    assert!(matches!(limiter.take(&key, quota).await.unwrap(), Take::Limited { .. }));

    shared.down.store(true, Ordering::Relaxed);
    assert_eq!(
        limiter.take(&key, quota).await.unwrap(),
        Take::Allowed,
        "this process has counted nothing yet"
    );
    assert!(matches!(limiter.take(&key, quota).await.unwrap(), Take::Limited { .. }));
    assert_eq!(limiter.fail(&key, &backoff).await.unwrap(), Duration::from_secs(1));
    assert_eq!(limiter.wait(&key).await.unwrap(), Duration::from_secs(1));
    limiter.forgive(&key).await.unwrap();
    assert_eq!(limiter.wait(&key).await.unwrap(), Duration::ZERO);

    shared.down.store(false, Ordering::Relaxed);
    assert!(
        matches!(limiter.take(&key, quota).await.unwrap(), Take::Limited { .. }),
        "the shared count stands"
    );
    assert_eq!(limiter.wait(&key).await.unwrap(), Duration::ZERO);
}
