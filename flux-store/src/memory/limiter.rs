//! Rate limits in memory.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::guard::{Backoff, LimitKey, Quota, RateLimiter, Take};
use flux_core::{Clock, StoreError};

use super::expiring::Expiring;
use super::locked;

/// How many buckets, and how many keys with failures, are kept at once.
const CAPACITY: usize = 100_000;

/// Limits of one process. Of more than 100,000 keys at once it forgets those that limit for the shortest time.
pub struct MemoryLimiter {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    /// When each bucket is full again (the "theoretical arrival time" of the generic cell rate algorithm), which is
    /// when it may be forgotten.
    buckets: Expiring<LimitKey, Duration>,
    failures: Expiring<LimitKey, Failures>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    /// The next try may come at this time.
    until: Duration,
}

impl MemoryLimiter {
    /// With every bucket full.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_capacity(clock, CAPACITY)
    }

    fn with_capacity(clock: Arc<dyn Clock>, capacity: usize) -> Self {
        let state = State { buckets: Expiring::new(capacity), failures: Expiring::new(capacity) };
        Self { clock, state: Mutex::new(state) }
    }
}

impl fmt::Debug for MemoryLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLimiter").finish_non_exhaustive()
    }
}

/// How long the `failures`th failure has to be paid for.
fn price(failures: u32, backoff: &Backoff) -> Duration {
    match failures.checked_sub(backoff.free) {
        None | Some(0) => Duration::ZERO,
        Some(costly) => {
            let doubled = 2_u32.checked_pow(costly - 1).and_then(|factor| backoff.first.checked_mul(factor));
            doubled.unwrap_or(backoff.cap).min(backoff.cap)
        }
    }
}

#[async_trait]
impl RateLimiter for MemoryLimiter {
    async fn take(&self, key: &LimitKey, quota: Quota) -> Result<Take, StoreError> {
        let mut state = locked(&self.state);
        let now = self.clock.monotonic();
        let burst = quota.burst.max(1);
        let each = quota.period / burst;
        let full_at = state.buckets.get_mut(key, now).map_or(now, |at| *at).saturating_add(each);
        let retry_after = full_at.saturating_sub(now.saturating_add(each * burst));
        if !retry_after.is_zero() {
            return Ok(Take::Limited { retry_after });
        }
        state.buckets.put(key.clone(), full_at, full_at);
        Ok(Take::Allowed)
    }

    async fn wait(&self, key: &LimitKey) -> Result<Duration, StoreError> {
        let mut state = locked(&self.state);
        let now = self.clock.monotonic();
        Ok(state.failures.get_mut(key, now).map_or(Duration::ZERO, |it| it.until.saturating_sub(now)))
    }

    async fn fail(&self, key: &LimitKey, backoff: &Backoff) -> Result<Duration, StoreError> {
        let mut state = locked(&self.state);
        let now = self.clock.monotonic();
        let before = state.failures.get_mut(key, now).map_or(0, |it| it.count);
        let count = before.saturating_add(1);
        let wait = price(count, backoff);
        let until = now.saturating_add(wait);
        state.failures.put(
            key.clone(),
            Failures { count, until },
            until.max(now.saturating_add(backoff.forget)),
        );
        Ok(wait)
    }

    async fn forgive(&self, key: &LimitKey) -> Result<(), StoreError> {
        locked(&self.state).failures.remove(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use flux_core::testing::ManualClock;

    use super::*;

    #[tokio::test]
    async fn what_no_longer_limits_anything_is_forgotten() {
        let clock = ManualClock::default();
        let limiter = MemoryLimiter::new(Arc::new(clock.clone()));
        let quota = Quota::new(2, Duration::from_secs(10));
        let backoff = Backoff {
            free: 0,
            first: Duration::from_secs(1),
            cap: Duration::from_secs(8),
            forget: Duration::from_secs(10),
        };
        for n in 0..50 {
            let key = LimitKey::new("login", format!("user {n}"));
            limiter.take(&key, quota).await.unwrap();
            limiter.fail(&key, &backoff).await.unwrap();
        }
        clock.advance(Duration::from_secs(10));
        let other = LimitKey::new("login", "other");
        limiter.take(&other, quota).await.unwrap();
        limiter.fail(&other, &backoff).await.unwrap();
        let state = locked(&limiter.state);
        assert_eq!((state.buckets.len(), state.failures.len()), (1, 1));
    }

    #[tokio::test]
    async fn a_flood_of_keys_takes_no_more_room_than_there_is() {
        let clock = ManualClock::default();
        let limiter = MemoryLimiter::with_capacity(Arc::new(clock), 10);
        let quota = Quota::new(1, Duration::from_mins(1));
        let strict = LimitKey::new("login", "long wait");
        limiter.take(&strict, Quota::new(1, Duration::from_hours(1))).await.unwrap();
        for n in 0..100 {
            limiter.take(&LimitKey::new("login", format!("{n}")), quota).await.unwrap();
        }
        assert_eq!(locked(&limiter.state).buckets.len(), 10);
        assert!(matches!(limiter.take(&strict, quota).await.unwrap(), Take::Limited { .. }));
    }
}
