//! Durable jobs.

use flux_core::job::JobStep;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Tells friends of a new profile.
    ProfileChanged,
    /// Clears up after a deleted account.
    AccountDeleted,
}

impl Kind {
    pub(crate) const fn code(self) -> i64 {
        match self {
            Self::ProfileChanged => 0,
            Self::AccountDeleted => 1,
        }
    }

    pub(crate) fn of(code: i64) -> Option<Self> {
        [Self::ProfileChanged, Self::AccountDeleted].into_iter().find(|kind| kind.code() == code)
    }
}

/// After which relation a page starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) ms: i64,
    pub(crate) id: Vec<u8>,
}

/// A job that is not there, or finished.
pub(crate) const fn nothing_left() -> JobStep {
    JobStep { entries: Vec::new(), done: true }
}
