//! Who is not taken for gone though the directory does not find them: it may have forgotten all, and not have been told
//! again yet who is where.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::id::UserId;

/// When the directory was lost, and whose absence is not believed for that. Times are monotonic.
#[derive(Default)]
pub(super) struct Doubt {
    /// Until when the nodes that are there say so, after the last loss that was noticed here.
    settled_at: Duration,
    /// Since when each of those who were not found was taken to be as before.
    held: BTreeMap<UserId, Duration>,
}

impl Doubt {
    /// This node has noticed a loss; within `settle` all the others have noticed it too, and said whom they hold.
    pub(super) fn noticed(&mut self, now: Duration, settle: Duration) {
        self.settled_at = now + settle;
    }

    /// Whether some may have yet to say whom they hold, after a loss that was noticed here.
    pub(super) fn is_settling(&self, now: Duration) -> bool {
        now < self.settled_at
    }

    /// Whether `user`, whom a directory in doubt does not find, is taken to be as before. That ends after `limit`, whatever
    /// the doubt: nobody who is gone stays for ever because the directory is lost again and again.
    pub(super) fn holds(&mut self, user: UserId, now: Duration, limit: Duration) -> bool {
        now.saturating_sub(*self.held.entry(user).or_insert(now)) < limit
    }

    /// What was found of `user` is believed.
    pub(super) fn believes(&mut self, user: UserId) {
        self.held.remove(&user);
    }
}
