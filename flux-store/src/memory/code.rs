//! Verification codes in memory.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::verification::{CodeKey, CodeMac, CodePolicy, CodeStore, IssueCode, RedeemCode, RedeemedCode};
use flux_core::{Clock, StoreError};

use super::expiring::Expiring;
use super::locked;

/// How many addresses may have a code at once.
const CAPACITY: usize = 100_000;

/// Codes of one process. When 100,000 are live, another is refused as [`StoreError::Unavailable`].
pub struct MemoryCodes {
    clock: Arc<dyn Clock>,
    codes: Mutex<Expiring<CodeKey, Code>>,
}

/// The newest code of a key, kept until it would have ended and the pause after it is over, used or not.
struct Code {
    mac: CodeMac,
    issued: Duration,
    end: Duration,
    tries_left: u32,
    used: bool,
}

impl MemoryCodes {
    /// Without any code yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, codes: Mutex::new(Expiring::new(CAPACITY)) }
    }
}

impl fmt::Debug for MemoryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCodes").finish_non_exhaustive()
    }
}

#[async_trait]
impl CodeStore for MemoryCodes {
    async fn issue(&self, key: &CodeKey, mac: CodeMac, policy: &CodePolicy) -> Result<IssueCode, StoreError> {
        let mut codes = locked(&self.codes);
        let now = self.clock.monotonic();
        if let Some(last) = codes.get_mut(key, now) {
            let retry_after = last.issued.saturating_add(policy.pause).saturating_sub(now);
            if !retry_after.is_zero() {
                return Ok(IssueCode::TooSoon { retry_after });
            }
        }
        if !codes.fits(key) {
            return Err(StoreError::unavailable("too many codes"));
        }
        let end = now.saturating_add(policy.lifetime);
        let code = Code { mac, issued: now, end, tries_left: policy.tries, used: false };
        codes.put(key.clone(), code, end.max(now.saturating_add(policy.pause)));
        Ok(IssueCode::Issued)
    }

    async fn redeem(&self, key: &CodeKey, mac: CodeMac) -> Result<RedeemCode, StoreError> {
        let mut codes = locked(&self.codes);
        let now = self.clock.monotonic();
        let code = codes.get_mut(key, now).filter(|code| !code.used && code.tries_left > 0 && now < code.end);
        let Some(code) = code else {
            return Ok(RedeemCode::Refused);
        };
        if !code.mac.matches(&mac) {
            code.tries_left -= 1;
            return Ok(RedeemCode::Refused);
        }
        code.used = true;
        let remaining = code.end.saturating_sub(now);
        Ok(RedeemCode::Redeemed(RedeemedCode { mac, remaining, tries_left: code.tries_left }))
    }

    async fn restore(&self, key: &CodeKey, code: RedeemedCode) -> Result<(), StoreError> {
        let mut codes = locked(&self.codes);
        // A code that is no longer here would have ended by now; one with another MAC is newer.
        if let Some(kept) = codes.get_mut(key, self.clock.monotonic())
            && kept.mac.matches(&code.mac)
        {
            kept.used = false;
        }
        Ok(())
    }
}
