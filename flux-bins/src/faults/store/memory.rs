//! What a store has to remember to break its promises.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use flux_core::message::ChangedLog;
use flux_core::{LogId, MessageId, UserId};

/// How long repair does not see what is late: longer than anybody was promised.
const HIDDEN: Duration = Duration::from_secs(11);

#[derive(Default)]
pub(super) struct Memory(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Who has had a connection.
    here: BTreeSet<UserId>,
    /// How often a message was sent.
    sent: BTreeMap<(UserId, MessageId), u64>,
    /// What messages that are stored again were called first.
    first_names: BTreeMap<MessageId, MessageId>,
    /// Logs that repair does not see, for ever or until then, and what it did not see of them.
    hidden: BTreeMap<LogId, (Option<Instant>, Option<ChangedLog>)>,
}

impl Memory {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_here(&self, user: UserId) {
        self.known().here.insert(user);
    }

    pub(super) fn everybody_here(&self, members: &[UserId]) -> Arc<[UserId]> {
        let all: BTreeSet<UserId> = self.known().here.iter().chain(members).copied().collect();
        all.into_iter().collect()
    }

    /// Under which id a message is stored: its own the first time.
    pub(super) fn new_name(&self, sender: UserId, message: MessageId) -> MessageId {
        let mut known = self.known();
        let times = known.sent.entry((sender, message)).or_default();
        *times += 1;
        if *times == 1 {
            return message;
        }
        let name = (1..*times).fold(message, |name, _| other_name(name));
        known.first_names.insert(name, message);
        name
    }

    pub(super) fn first_name(&self, stored: MessageId) -> MessageId {
        self.known().first_names.get(&stored).copied().unwrap_or(stored)
    }

    pub(super) fn hide_for_ever(&self, log: LogId) {
        self.known().hidden.insert(log, (None, None));
    }

    pub(super) fn hide(&self, log: LogId) {
        self.known().hidden.insert(log, (Some(Instant::now() + HIDDEN), None));
    }

    /// What repair sees of these, and of what it did not see before.
    pub(super) fn seen(&self, logs: Vec<ChangedLog>) -> Vec<ChangedLog> {
        let (mut known, now) = (self.known(), Instant::now());
        let mut seen = Vec::with_capacity(logs.len());
        known.hidden.retain(|_, (until, unseen)| {
            let over = until.is_some_and(|until| until <= now);
            if over {
                seen.extend(unseen.take());
            }
            !over
        });
        for log in logs {
            match known.hidden.get_mut(&log.log) {
                Some((_, unseen)) => *unseen = Some(log),
                None => seen.push(log),
            }
        }
        seen
    }
}

/// An id that nobody has chosen.
pub(super) fn other_name(message: MessageId) -> MessageId {
    let mut bytes = *message.as_bytes();
    // Chance alone, and not the last byte, where people who choose ids by hand count.
    bytes[9] = bytes[9].wrapping_add(1);
    MessageId::from_slice(&bytes).unwrap_or(message)
}
