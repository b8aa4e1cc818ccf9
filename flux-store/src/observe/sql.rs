//! What the adapters over SQL count.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};

use super::metric;

/// The handles of one SQL store. Clones are the same handles.
#[derive(Debug, Clone)]
pub(crate) struct SqlMeters(Arc<Handles>);

#[derive(Debug)]
struct Handles {
    committed: Histogram,
    rolled_back: Histogram,
    reads: Histogram,
    wait: Histogram,
    busy: Counter,
    used: Gauge,
    idle: Gauge,
}

impl SqlMeters {
    /// Of the store `backend`: `sqlite` or `mysql`.
    pub(crate) fn new(backend: &'static str) -> Self {
        Self(Arc::new(Handles {
            committed: metric::TRANSACTION_TIME.histogram_of([backend, "committed"]),
            rolled_back: metric::TRANSACTION_TIME.histogram_of([backend, "rolled_back"]),
            reads: metric::READ_TIME.histogram_of([backend]),
            wait: metric::WAIT.histogram_of([backend]),
            busy: metric::BUSY.counter_of([backend]),
            used: metric::POOL.gauge_of([backend, "used"]),
            idle: metric::POOL.gauge_of([backend, "idle"]),
        }))
    }

    /// A transaction is over.
    pub(crate) fn transaction(&self, committed: bool, took: Duration) {
        if committed { &self.0.committed } else { &self.0.rolled_back }.record(took);
    }

    /// A read is over.
    pub(crate) fn read(&self, took: Duration) {
        self.0.reads.record(took);
    }

    /// A call waited for its turn or its connection, and got it.
    pub(crate) fn waited(&self, took: Duration) {
        self.0.wait.record(took);
    }

    /// A call waited in vain.
    pub(crate) fn busy(&self) {
        self.0.busy.increment(1);
    }

    /// So many connections are open, and so many of them nobody uses.
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 connections")]
    pub(crate) fn connections(&self, open: usize, idle: usize) {
        self.0.used.set(open.saturating_sub(idle) as f64);
        self.0.idle.set(idle as f64);
    }
}
