//! What is to be done when.

use std::collections::BTreeMap;
use std::time::Duration;

use super::logs::LogKey;
use crate::id::ConversationId;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// A request has had no answer.
    Request(u32),
    /// Connect.
    Reconnect,
    /// The time that a server which goes away has given is over.
    Drained,
    Heartbeat,
    /// The connection has lasted: the next failure is a first one.
    Stable,
    /// Go on with a sync that failed.
    Sync,
    /// A gap was not filled by itself.
    Gap(LogKey),
    /// Ask again for entries.
    Pull(LogKey),
    /// Move a cursor again.
    Mark(ConversationId),
    /// Send again.
    Lane(ConversationId),
    /// Send again, anywhere.
    Pace,
    /// Watch again.
    Watch,
    /// Save the state.
    Save,
}

/// Names one timer that was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TimerKey(Duration, u64);

/// All timers of a session, as many as there are things to wait for.
#[derive(Debug, Default)]
pub(super) struct Timers {
    set: BTreeMap<TimerKey, Timer>,
    last: u64,
}

impl Timers {
    pub(super) fn set(&mut self, at: Duration, timer: Timer) -> TimerKey {
        self.last += 1;
        let key = TimerKey(at, self.last);
        self.set.insert(key, timer);
        key
    }

    pub(super) fn cancel(&mut self, key: Option<TimerKey>) {
        if let Some(key) = key {
            self.set.remove(&key);
        }
    }

    /// When the next one is due.
    pub(super) fn next(&self) -> Option<Duration> {
        self.set.first_key_value().map(|(key, _)| key.0)
    }

    /// Takes out the next one that is due.
    pub(super) fn due(&mut self, now: Duration) -> Option<Timer> {
        let entry = self.set.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }
}
