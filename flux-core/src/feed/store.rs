//! The port that keeps feeds. Entries are written by the transactions they tell of.

use async_trait::async_trait;

use super::FeedRange;
use crate::error::StoreError;
use crate::id::{Seq, UserId};

/// Keeps one feed per user.
///
/// # Contract
/// - Seqs are dense and in the order of commits.
/// - A feed is cut only from its old end.
#[async_trait]
pub trait FeedStore: Send + Sync + 'static {
    /// The oldest `limit` entries with seq > `after` that are still kept; an empty range for a user without entries.
    async fn feed(&self, user: UserId, after: Seq, limit: usize) -> Result<FeedRange, StoreError>;

    /// Cuts feeds that are longer than `keep` down to it, at most `limit` feeds a call; returns how many were cut.
    async fn cut_feeds(&self, keep: usize, limit: usize) -> Result<usize, StoreError>;
}
