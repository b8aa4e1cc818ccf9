//! Who hears of what services committed.

use std::sync::Arc;

use super::EndedSession;
use crate::account::Ended;
use crate::feed::FeedEntry;
use crate::id::UserId;

/// Hears of what was committed, to push it to whom it concerns. What it loses is repaired from the logs.
///
/// # Contract
/// - No method waits, and none fails: what cannot be passed on at once is dropped or noted down for repair.
pub trait Announcer: Send + Sync + 'static {
    /// This process ended sessions: cut them off everywhere, and push the entries that tell of it.
    fn ended(&self, ended: &Ended);

    /// These sessions turned out to have ended, each told once: cut them off in this process. Other processes find
    /// out as this one did, so who tells them of [`ended`](Self::ended) need not tell them of this.
    fn found_ended(&self, sessions: &[EndedSession]) {
        self.ended(&Ended { sessions: sessions.to_vec(), entries: Vec::new() });
    }

    /// Entries were appended to feeds.
    fn entries(&self, entries: &[(UserId, FeedEntry)]);
}

impl<T: Announcer + ?Sized> Announcer for Arc<T> {
    fn ended(&self, ended: &Ended) {
        (**self).ended(ended);
    }

    fn found_ended(&self, sessions: &[EndedSession]) {
        (**self).found_ended(sessions);
    }

    fn entries(&self, entries: &[(UserId, FeedEntry)]) {
        (**self).entries(entries);
    }
}

/// Tells nobody: for programs without connections.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Announcer for Silent {
    fn ended(&self, _: &Ended) {}

    fn entries(&self, _: &[(UserId, FeedEntry)]) {}
}
