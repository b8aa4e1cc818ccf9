//! Who hears that sessions ended and feeds grew.

use crate::account::Ended;
use crate::feed::FeedEntry;
use crate::id::UserId;

/// Hears what was committed, to push it and to cut off who may no longer act. Must not block; what it loses, repair
/// and the read of the revocations make good.
pub trait Announcer: Send + Sync + 'static {
    /// Sessions ended, and feeds tell of it.
    fn ended(&self, ended: &Ended);

    /// Feeds grew.
    fn entries(&self, entries: &[(UserId, FeedEntry)]);
}

/// Tells nobody: for tests and tools without connections.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Announcer for Silent {
    fn ended(&self, _: &Ended) {}

    fn entries(&self, _: &[(UserId, FeedEntry)]) {}
}
