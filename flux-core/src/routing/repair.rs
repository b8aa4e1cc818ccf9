//! Repair: a push may be lost, the entry is not.
//!
//! Each node reads, every few seconds, which logs changed since its last read (an index of the durable store answers
//! that: what it costs follows what changed, not who is connected), and tells those of its connections that were not
//! sent the newest entry, or the newest place of a cursor. So whatever loses a push, whether a peer, a directory or the node's own hub, every connected
//! session learns of every entry within one round.

use std::sync::Arc;
use std::time::Duration;

use metrics::Counter;
use tracing::{debug, warn};

use super::Hub;
use crate::error::StoreError;
use crate::id::LogId;
use crate::message::{ChangedLog, MessageStore, Stamp};
use crate::observe::{Counters, metric};
use crate::time::{Clock, within};

/// How repair behaves.
#[derive(Debug, Clone)]
pub struct RepairSettings {
    /// From one round to the next: 4 s. Two of them and a little more bound how long an entry may be missed.
    pub interval: Duration,
    /// How many changed logs one read takes: 500.
    pub page: usize,
}

impl Default for RepairSettings {
    fn default() -> Self {
        Self { interval: Duration::from_secs(4), page: 500 }
    }
}

/// Compares what changed with what was sent.
pub struct Repair {
    store: Arc<dyn MessageStore>,
    hub: Arc<Hub>,
    clock: Arc<dyn Clock>,
    settings: RepairSettings,
    repairs: Counter,
    rounds: Counters<1>,
}

impl Repair {
    /// Over its parts.
    pub fn new(
        store: Arc<dyn MessageStore>,
        hub: Arc<Hub>,
        clock: Arc<dyn Clock>,
        settings: RepairSettings,
    ) -> Self {
        let (repairs, rounds) = (metric::REPAIRS.counter(), Counters::new(metric::REPAIR_ROUNDS));
        Self { store, hub, clock, settings, repairs, rounds }
    }

    /// Rounds for ever; a failed one is repeated from where it was.
    pub async fn run(self) {
        let mut since = None;
        loop {
            let done = within(&*self.clock, self.settings.interval, self.round(since)).await;
            self.rounds.count([if matches!(done, Ok(Ok(_))) { "done" } else { "failed" }]);
            match done {
                Ok(Ok((next, told))) => {
                    self.repairs.increment(told as u64);
                    if told > 0 {
                        debug!(told, "repair told connections of what they were not sent");
                    }
                    since = Some(next);
                }
                Ok(Err(error)) => warn!(error = %error, "repair could not read"),
                Err(late) => warn!(error = %late, "repair could not read"),
            }
            self.clock.sleep(self.settings.interval).await;
        }
    }

    /// One round: returns where the next starts, and how many connections were told of a log.
    pub async fn round(&self, since: Option<Stamp>) -> Result<(Stamp, usize), StoreError> {
        // Whatever commits after this read of the clock has a greater stamp, and waits for the next round: by then a
        // push that is merely on its way has arrived, and is not told twice.
        let until = self.store.horizon().await?;
        let Some(from) = since else { return Ok((until, 0)) };
        if self.hub.is_empty() {
            return Ok((until, 0));
        }
        let (mut place, mut told) = (from, 0);
        while place < until {
            let page = self.store.changed_logs(place, self.settings.page).await?;
            let Some(last) = page.last() else { break };
            place = last.changed;
            for changed in page.iter().filter(|changed| changed.changed <= until) {
                told += self.tell(changed, from);
            }
        }
        self.hub.turn();
        Ok((until, told))
    }

    /// Tells the readers of a log of its head, and of the cursors that moved after `from`.
    fn tell(&self, changed: &ChangedLog, from: Stamp) -> usize {
        let mut told = 0;
        for reader in changed.readers.iter() {
            told += self.hub.note_head(*reader, changed.log, changed.head);
            let LogId::Conversation(conversation) = changed.log else { continue };
            for (cursor, _) in changed.cursors.iter().filter(|(_, moved)| *moved > from) {
                told += self.hub.note_cursor(*reader, conversation, *cursor);
            }
        }
        told
    }
}
