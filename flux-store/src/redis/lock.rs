//! Locks on Redis.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::StoreError;
use flux_core::guard::{FencingToken, LockLease, LockStore};
use redis::Value;

use super::Redis;
use super::link::Repeat;
use super::reply::{number, strange};
use super::script::{ACQUIRE, EXTEND, Invocation};
use super::time::micros;

/// For how long after its last lease the last token of a lock is kept: 7 days.
const TOKEN_KEPT_MS: u64 = 7 * 24 * 3_600 * 1_000;

/// Locks that all processes share. A token is the server's time in microseconds, or one more than the last token where
/// that is greater: it grows even where the last token was lost.
pub struct RedisLocks {
    redis: Redis,
}

impl RedisLocks {
    pub(super) fn new(redis: Redis) -> Self {
        Self { redis }
    }

    fn key(&self, name: &str) -> String {
        self.redis.key(format_args!("lock:{name}"))
    }

    /// Lets a lease that is still the live one end in `span` from now.
    async fn extend(&self, held: &LockLease, span: Duration) -> Result<bool, StoreError> {
        let key = self.key(&held.name);
        let keys = [key.as_str()];
        let call = Invocation::new(&EXTEND, &keys)
            .arg(self.redis.time.argument())
            .arg(held.token.0.to_string())
            .arg(micros(span))
            .arg(TOKEN_KEPT_MS);
        Ok(number(&self.redis.link.eval(Repeat::Safe, &call).await?) == Some(1))
    }
}

impl fmt::Debug for RedisLocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLocks").finish_non_exhaustive()
    }
}

#[async_trait]
impl LockStore for RedisLocks {
    async fn acquire(&self, name: &str, lease: Duration) -> Result<Option<LockLease>, StoreError> {
        let key = self.key(name);
        let keys = [key.as_str()];
        let call = Invocation::new(&ACQUIRE, &keys)
            .arg(self.redis.time.argument())
            .arg(micros(lease))
            .arg(TOKEN_KEPT_MS);
        match self.redis.link.eval(Repeat::Never, &call).await? {
            Value::Nil => Ok(None),
            token => {
                let token = number(&token).ok_or_else(|| strange("token of a lock"))?;
                Ok(Some(LockLease { name: name.to_owned(), token: FencingToken(token) }))
            }
        }
    }

    async fn renew(&self, held: &LockLease, lease: Duration) -> Result<bool, StoreError> {
        self.extend(held, lease).await
    }

    async fn release(&self, held: &LockLease) -> Result<(), StoreError> {
        self.extend(held, Duration::ZERO).await.map(|_| ())
    }
}
