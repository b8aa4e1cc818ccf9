//! Durable jobs: what goes to many feeds goes page by page, each page in a transaction of its own that also moves the
//! job's place, so that a job that is interrupted goes on where it was and tells nobody twice.

mod runner;

use async_trait::async_trait;

pub use runner::{JobRunner, JobSettings};

use crate::error::StoreError;
use crate::feed::FeedEntry;
use crate::id::{JobId, UserId};

/// What one page of a job did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStep {
    /// Entries to push to those who are connected.
    pub entries: Vec<(UserId, FeedEntry)>,
    /// Whether the job is finished and gone.
    pub done: bool,
}

/// Keeps and advances the durable jobs that profile changes and deletions leave behind.
///
/// # Contract
/// - A job is written by the transaction that causes it, or not at all.
/// - A profile change tells every friend once ([`FeedChange::ProfileChanged`](crate::feed::FeedChange)), with the
///   profile as it is when the page is written.
/// - A deletion ends every friendship ([`FeedChange::FriendRemoved`](crate::feed::FeedChange) to the other side),
///   cancels every pending request (an entry to the other side, unless it is hidden from them), removes every block
///   by or of the user, and closes every conversation of the user for writing; reading stays.
/// - [`advance_job`](Self::advance_job) called twice at once for one job does each page once.
#[async_trait]
pub trait JobStore: Send + Sync + 'static {
    /// Jobs that are not finished, oldest first, at most `limit`.
    async fn jobs(&self, limit: usize) -> Result<Vec<JobId>, StoreError>;

    /// Does the next page of at most `page` relations. An unknown or finished job is done.
    async fn advance_job(&self, job: JobId, page: usize) -> Result<JobStep, StoreError>;
}
