//! Rate limits on Redis.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::StoreError;
use flux_core::guard::{Backoff, LimitKey, Quota, RateLimiter, Take};
use sha2::{Digest, Sha256};

use super::Redis;
use super::code::hex;
use super::link::Repeat;
use super::reply::{number, strange};
use super::script::{FAIL, Invocation, TAKE, WAIT};
use super::time::{SLACK_MS, micros};

/// Limits that all processes share. What is kept of a bucket is the time at which it is full again (the "theoretical
/// arrival time" of the generic cell rate algorithm); a key that is gone, or that holds what no version of Flux writes,
/// limits nothing.
pub struct RedisLimiter {
    redis: Redis,
}

impl RedisLimiter {
    pub(super) fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// Subjects are anything, addresses too, and of any length: their hash stands in the key.
    fn key(&self, kind: &str, key: &LimitKey) -> String {
        let subject = hex(&Sha256::digest(key.subject.as_bytes()));
        self.redis.key(format_args!("{kind}:{}:{subject}", key.action))
    }
}

impl fmt::Debug for RedisLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLimiter").finish_non_exhaustive()
    }
}

#[async_trait]
impl RateLimiter for RedisLimiter {
    async fn take(&self, key: &LimitKey, quota: Quota) -> Result<Take, StoreError> {
        let key = self.key("limit", key);
        let keys = [key.as_str()];
        let burst = quota.burst.max(1);
        let each = quota.period / burst;
        let call = Invocation::new(&TAKE, &keys)
            .arg(self.redis.time.argument())
            .arg(micros(each))
            .arg(micros(each.saturating_mul(burst)))
            .arg(SLACK_MS);
        match number(&self.redis.link.eval(Repeat::Never, &call).await?) {
            Some(0) => Ok(Take::Allowed),
            Some(wait) => Ok(Take::Limited { retry_after: Duration::from_micros(wait) }),
            None => Err(strange("a bucket")),
        }
    }

    async fn wait(&self, key: &LimitKey) -> Result<Duration, StoreError> {
        let key = self.key("failures", key);
        let keys = [key.as_str()];
        let call = Invocation::new(&WAIT, &keys).arg(self.redis.time.argument());
        let wait = number(&self.redis.link.eval(Repeat::Safe, &call).await?);
        wait.map(Duration::from_micros).ok_or_else(|| strange("failures"))
    }

    async fn fail(&self, key: &LimitKey, backoff: &Backoff) -> Result<Duration, StoreError> {
        let key = self.key("failures", key);
        let keys = [key.as_str()];
        let call = Invocation::new(&FAIL, &keys)
            .arg(self.redis.time.argument())
            .arg(backoff.free)
            .arg(micros(backoff.first))
            .arg(micros(backoff.cap))
            .arg(micros(backoff.forget))
            .arg(SLACK_MS);
        let wait = number(&self.redis.link.eval(Repeat::Never, &call).await?);
        wait.map(Duration::from_micros).ok_or_else(|| strange("failures"))
    }

    async fn forgive(&self, key: &LimitKey) -> Result<(), StoreError> {
        let mut forget = redis::cmd("DEL");
        forget.arg(self.key("failures", key));
        self.redis.link.ask(Repeat::Safe, &forget).await?;
        Ok(())
    }
}
