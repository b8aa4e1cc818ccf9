//! What group commit counts.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};

use super::{MessageError, Write, WriteRefusal, Written};
use crate::error::Fenced;
use crate::observe::{Counters, metric};

/// The handles of group commit.
#[derive(Debug)]
pub(super) struct CommitMeters {
    stored: Counter,
    repeated: Counter,
    cursors: Counter,
    claims: Counter,
    failures: Counter,
    batch: Histogram,
    time: Histogram,
    queue: Gauge,
    refused: Counters<1>,
    fenced: Counters<1>,
}

impl CommitMeters {
    pub(super) fn new() -> Self {
        Self {
            stored: metric::STORED.counter(),
            repeated: metric::REPEATED.counter(),
            cursors: metric::CURSORS.counter(),
            claims: metric::CLAIMS.counter(),
            failures: metric::COMMIT_FAILURES.counter(),
            batch: metric::COMMIT_BATCH.histogram(),
            time: metric::COMMIT_TIME.histogram(),
            queue: metric::COMMIT_QUEUE.gauge(),
            refused: Counters::new(metric::REFUSED),
            fenced: Counters::new(metric::FENCED),
        }
    }

    /// So many writes wait after a batch was taken.
    #[expect(clippy::cast_precision_loss, reason = "a queue is shorter than 2^52")]
    pub(super) fn queued(&self, writes: usize) {
        self.queue.set(writes as f64);
    }

    /// A batch came back, whatever became of it.
    #[expect(clippy::cast_precision_loss, reason = "a batch is shorter than 2^52")]
    pub(super) fn committed(&self, writes: usize, took: Duration) {
        self.batch.record(writes as f64);
        self.time.record(took);
    }

    /// It is not known whether a batch was committed.
    pub(super) fn failed(&self) {
        self.failures.increment(1);
    }

    /// A write was committed with this outcome.
    pub(super) fn done(&self, write: &Write, outcome: &Written) {
        match outcome {
            Written::Appended { repeated: false, .. } => self.stored.increment(1),
            Written::Appended { repeated: true, .. } => self.repeated.increment(1),
            Written::CursorMoved { changed: true, .. } => self.cursors.increment(1),
            Written::CursorMoved { changed: false, .. } => {}
            Written::Claimed(_) => self.claims.increment(1),
            Written::Refused(refusal) => {
                if let WriteRefusal::Fenced(fenced) = refusal {
                    self.fenced.count([reason(*fenced)]);
                }
                self.refused(write, &(*refusal).into());
            }
        }
    }

    /// A write was answered with an error.
    pub(super) fn refused(&self, write: &Write, error: &MessageError) {
        if matches!(write, Write::Append(_)) {
            self.refused.count([error.code().as_str()]);
        }
    }
}

const fn reason(fenced: Fenced) -> &'static str {
    match fenced {
        Fenced::Superseded => "superseded",
        Fenced::SessionEnded => "session_ended",
    }
}
