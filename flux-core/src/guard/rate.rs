//! How services ask the limiter.

use std::time::Duration;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{LimitKey, Quota, RateLimiter, Take};
use crate::ErrorCode;
use crate::error::StoreError;
use crate::observe::metric;

/// Too much of one kind from one address, account or session. Nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too many attempts")]
pub struct RateLimited {
    /// How long until the next may be made.
    pub retry_after: Duration,
}

impl RateLimited {
    /// Stable across releases.
    pub fn code(self) -> ErrorCode {
        ErrorCode::RateLimited
    }
}

/// Takes one from the bucket of `key`. The outer error is that of the store: who cannot count lets nobody through.
pub(crate) async fn take(
    limiter: &dyn RateLimiter,
    key: &LimitKey,
    quota: Quota,
) -> Result<Result<(), RateLimited>, StoreError> {
    Ok(match limiter.take(key, quota).await? {
        Take::Allowed => Ok(()),
        Take::Limited { retry_after } => Err(limited(key.action, retry_after)),
    })
}

/// Says no while `key` has to wait for its failures.
pub(crate) async fn ready(
    limiter: &dyn RateLimiter,
    key: &LimitKey,
) -> Result<Result<(), RateLimited>, StoreError> {
    let retry_after = limiter.wait(key).await?;
    Ok(if retry_after.is_zero() { Ok(()) } else { Err(limited(key.action, retry_after)) })
}

/// Counts a refusal. Whoever asks a limiter itself counts what it refused by this too.
pub fn limited(action: &'static str, retry_after: Duration) -> RateLimited {
    metric::RATE_LIMITED.counter_of([action]).increment(1);
    RateLimited { retry_after }
}

impl LimitKey {
    /// A key whose subject is personal, such as an e-mail address or a name somebody typed: only its hash is kept,
    /// which also bounds its length.
    pub fn personal(action: &'static str, subject: &str) -> Self {
        Self::new(action, crate::text::hex(&Sha256::digest(subject.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a76_a_personal_subject_is_kept_as_a_hash() {
        let key = LimitKey::personal("login", "canary@example.com");
        assert!(!format!("{key:?}").contains("canary"));
        assert_eq!(key.subject.len(), 64);
        assert_eq!(key, LimitKey::personal("login", "canary@example.com"));
        assert_ne!(key, LimitKey::personal("login", "canary@example.org"));
    }
}
