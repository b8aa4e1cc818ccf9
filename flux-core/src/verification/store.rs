//! The port that keeps verification codes for their ten minutes.

use std::time::Duration;

use async_trait::async_trait;

use super::{CodeKey, CodeMac, CodePolicy};
use crate::error::StoreError;

/// What came of keeping a new code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueCode {
    /// It is the one live code of its key now.
    Issued,
    /// The last one is too recent; it stays.
    TooSoon {
        /// How long until another may be issued.
        retry_after: Duration,
    },
}

/// What came of presenting a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedeemCode {
    /// It was right, and is used up.
    Redeemed(RedeemedCode),
    /// It was wrong, expired, used up or never there; which one is nobody's business.
    Refused,
}

/// What is needed to [`restore`](CodeStore::restore) a code whose use came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedeemedCode {
    /// The code's MAC.
    pub mac: CodeMac,
    /// How long it would still have been good.
    pub remaining: Duration,
    /// How many tries it had left.
    pub tries_left: u32,
}

/// Keeps at most one live code per key.
///
/// # Contract
/// - Each method is one atomic step: of two concurrent right tries exactly one is [`RedeemCode::Redeemed`].
/// - A wrong try costs one; the code is void after the policy's number of them.
/// - A code that was lost (the store emptied) is refused, never taken.
/// - Time is the store's own; a code is void as soon as its lifetime is over, to the millisecond.
/// - Macs are compared in constant time.
#[async_trait]
pub trait CodeStore: Send + Sync + 'static {
    /// Replaces the code of `key`, unless one was issued less than `policy.pause` ago (used up or not).
    async fn issue(&self, key: &CodeKey, mac: CodeMac, policy: &CodePolicy) -> Result<IssueCode, StoreError>;

    /// Takes the code if `mac` is its; otherwise counts a wrong try.
    async fn redeem(&self, key: &CodeKey, mac: CodeMac) -> Result<RedeemCode, StoreError>;

    /// Puts a redeemed code back with the tries it had left, for no longer than it would have been good. Changes
    /// nothing if a newer one was issued meanwhile, used up or not.
    async fn restore(&self, key: &CodeKey, code: RedeemedCode) -> Result<(), StoreError>;
}
