//! Which logs changed, in which order.

use std::collections::BTreeMap;
use std::ops::Bound;

use flux_core::LogId;
use flux_core::message::Stamp;

/// Gives every change a stamp of its own; a log stands at its newest.
#[derive(Default)]
pub(super) struct Changes {
    last: u64,
    logs: BTreeMap<Stamp, LogId>,
    stamps: BTreeMap<LogId, Stamp>,
}

impl Changes {
    /// The newest stamp.
    pub(super) const fn horizon(&self) -> Stamp {
        Stamp(self.last)
    }

    /// Notes that `log` changed; returns its new stamp, and forgets the older one.
    pub(super) fn touch(&mut self, log: LogId) -> Stamp {
        self.last += 1;
        let stamp = Stamp(self.last);
        if let Some(older) = self.stamps.insert(log, stamp) {
            self.logs.remove(&older);
        }
        self.logs.insert(stamp, log);
        stamp
    }

    /// When `log` last changed; the zero stamp if it never did.
    pub(super) fn stamp(&self, log: LogId) -> Stamp {
        self.stamps.get(&log).copied().unwrap_or_default()
    }

    /// Logs that changed after `since`, oldest change first.
    pub(super) fn after(&self, since: Stamp) -> impl Iterator<Item = (Stamp, LogId)> {
        self.logs.range((Bound::Excluded(since), Bound::Unbounded)).map(|(stamp, log)| (*stamp, *log))
    }
}
