//! Verification codes on Redis.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::StoreError;
use flux_core::verification::{CodeKey, CodeMac, CodePolicy, CodeStore, IssueCode, RedeemCode, RedeemedCode};
use redis::Value;
use sha2::{Digest, Sha256};

use super::Redis;
use super::link::Repeat;
use super::reply::{number, strange};
use super::script::{ISSUE, Invocation, REDEEM, RESTORE};
use super::time::{keep_ms, micros};

/// Codes that all processes share.
///
/// A MAC is compared by the script that also counts the try, so that the two are one step. It looks at every byte
/// wherever the first difference is, and does the same whatever the bytes are; and nobody who tries a code knows or
/// chooses the MAC of what they typed.
pub struct RedisCodes {
    redis: Redis,
}

impl RedisCodes {
    pub(super) fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// The address is personal: its hash stands in the key. It holds no zero byte, and so no two keys collide.
    fn key(&self, key: &CodeKey) -> String {
        let CodeKey { email, purpose } = key;
        let mut hash = Sha256::new();
        for part in [purpose.as_str(), "\0", email.as_str()] {
            hash.update(part.as_bytes());
        }
        self.redis.key(format_args!("code:{}", hex(&hash.finalize())))
    }
}

/// The first 128 bits of a hash, for a key.
pub(super) fn hex(hash: &[u8]) -> String {
    use fmt::Write as _;
    hash.iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Debug for RedisCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCodes").finish_non_exhaustive()
    }
}

#[async_trait]
impl CodeStore for RedisCodes {
    async fn issue(&self, key: &CodeKey, mac: CodeMac, policy: &CodePolicy) -> Result<IssueCode, StoreError> {
        let key = self.key(key);
        let keys = [key.as_str()];
        let call = Invocation::new(&ISSUE, &keys)
            .arg(self.redis.time.argument())
            .arg(mac.as_bytes())
            .arg(micros(policy.lifetime))
            .arg(policy.tries)
            .arg(micros(policy.pause))
            .arg(keep_ms(policy.lifetime.max(policy.pause)));
        match number(&self.redis.link.eval(Repeat::Never, &call).await?) {
            Some(0) => Ok(IssueCode::Issued),
            Some(wait) => Ok(IssueCode::TooSoon { retry_after: Duration::from_micros(wait) }),
            None => Err(strange("pause of a code")),
        }
    }

    async fn redeem(&self, key: &CodeKey, mac: CodeMac) -> Result<RedeemCode, StoreError> {
        let key = self.key(key);
        let keys = [key.as_str()];
        let call = Invocation::new(&REDEEM, &keys).arg(self.redis.time.argument()).arg(mac.as_bytes());
        let answer = self.redis.link.eval(Repeat::Never, &call).await?;
        let (remaining, tries_left) = match &answer {
            Value::Nil => return Ok(RedeemCode::Refused),
            Value::Array(parts) => match parts.as_slice() {
                [remaining, tries] => (number(remaining), number(tries)),
                _ => (None, None),
            },
            _ => (None, None),
        };
        let tries_left = tries_left.and_then(|tries| u32::try_from(tries).ok());
        let (Some(remaining), Some(tries_left)) = (remaining, tries_left) else {
            return Err(strange("a code"));
        };
        Ok(RedeemCode::Redeemed(RedeemedCode {
            mac,
            remaining: Duration::from_micros(remaining),
            tries_left,
        }))
    }

    async fn restore(&self, key: &CodeKey, code: RedeemedCode) -> Result<(), StoreError> {
        let key = self.key(key);
        let keys = [key.as_str()];
        let call = Invocation::new(&RESTORE, &keys).arg(self.redis.time.argument()).arg(code.mac.as_bytes());
        self.redis.link.eval(Repeat::Never, &call).await?;
        Ok(())
    }
}
