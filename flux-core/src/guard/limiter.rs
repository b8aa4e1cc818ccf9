//! The port that counts what callers do.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::StoreError;

/// What is counted together: a kind of action and who does it.
///
/// The subject is an address, an account or an e-mail address; stores keep it as it is, so callers hash what is
/// personal before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitKey {
    /// The action, such as `login`: one of a fixed set of names.
    pub action: &'static str,
    /// Who.
    pub subject: String,
}

impl LimitKey {
    /// A key.
    pub fn new(action: &'static str, subject: impl Into<String>) -> Self {
        Self { action, subject: subject.into() }
    }
}

/// A token bucket: `burst` at once, refilled evenly with `burst` per `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many at once, at least 1.
    pub burst: u32,
    /// In which time an empty bucket is full again.
    pub period: Duration,
}

impl Quota {
    /// `burst` per `period`.
    pub const fn new(burst: u32, period: Duration) -> Self {
        Self { burst, period }
    }
}

/// Whether an action may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// It may; it was counted.
    Allowed,
    /// It may not; nothing was counted.
    Limited {
        /// How long until it may.
        retry_after: Duration,
    },
}

/// How failures are paid for: after each, twice as long a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Failures that cost nothing.
    pub free: u32,
    /// The wait after the first one that costs.
    pub first: Duration,
    /// The longest wait.
    pub cap: Duration,
    /// After this long without a failure they are forgotten.
    pub forget: Duration,
}

/// Counts actions and failures by key.
///
/// # Contract
/// - Each method is one atomic step. Time is the store's own.
/// - Keys that no longer limit anything are forgotten, so that the store stays bounded.
#[async_trait]
pub trait RateLimiter: Send + Sync + 'static {
    /// Takes one from the bucket of `key`.
    async fn take(&self, key: &LimitKey, quota: Quota) -> Result<Take, StoreError>;

    /// How long `key` has still to wait for its failures; zero if it may try.
    async fn wait(&self, key: &LimitKey) -> Result<Duration, StoreError>;

    /// Counts a failure of `key`; returns how long it has to wait now.
    async fn fail(&self, key: &LimitKey, backoff: &Backoff) -> Result<Duration, StoreError>;

    /// Forgets the failures of `key`.
    async fn forgive(&self, key: &LimitKey) -> Result<(), StoreError>;
}
