//! The port that keeps locks for what only one may do at a time.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::StoreError;

/// Grows with every new holder of a lock: what is done under a lock carries it, so that a holder who overslept its
/// lease is told from its successor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FencingToken(pub u64);

/// A lock that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockLease {
    /// Which lock.
    pub name: String,
    /// Greater than that of every holder before.
    pub token: FencingToken,
}

/// Keeps named locks with leases.
///
/// # Contract
/// - At most one live lease per name; a lease ends by [`release`](Self::release) or when its time is over, by the
///   store's own monotonic clock.
/// - Tokens of one name strictly grow, whatever is lost.
#[async_trait]
pub trait LockStore: Send + Sync + 'static {
    /// Takes the lock for `lease`; `None` if somebody holds it.
    async fn acquire(&self, name: &str, lease: Duration) -> Result<Option<LockLease>, StoreError>;

    /// Extends a lease that is still the live one to `lease` from now; `false` if it is not.
    async fn renew(&self, held: &LockLease, lease: Duration) -> Result<bool, StoreError>;

    /// Ends a lease; a lease that is over already changes nothing.
    async fn release(&self, held: &LockLease) -> Result<(), StoreError>;
}
