//! Time of one process: simulated, and seen through its gate.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flux_client::BoxFuture;
use flux_core::{Clock, Timestamp};
use tokio::time::{Instant, sleep, sleep_until};

use crate::gate::Gate;

/// What calendars show when a simulation begins.
const BEGINNING: i64 = 1_700_000_000_000;

/// The clock of a process. Its wall clock may be wrong; its monotonic one is that of the simulation.
#[derive(Debug)]
pub(crate) struct ProcessClock {
    origin: Instant,
    wrong_by: AtomicI64,
    gate: Arc<Gate>,
}

impl ProcessClock {
    /// Of a simulation that began at `origin`.
    pub(crate) fn new(origin: Instant, gate: Arc<Gate>) -> Self {
        Self { origin, wrong_by: AtomicI64::new(0), gate }
    }

    /// From now on the wall clock is wrong by so many milliseconds.
    pub(crate) fn set_wrong_by(&self, millis: i64) {
        self.wrong_by.store(millis, Ordering::Relaxed);
    }

    fn millis(&self) -> i64 {
        let passed = i64::try_from(self.origin.elapsed().as_millis()).unwrap_or(i64::MAX);
        BEGINNING + passed + self.wrong_by.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis())
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    async fn sleep(&self, span: Duration) {
        sleep(span).await;
        self.gate.open().await;
    }
}

impl flux_client::Runtime for ProcessClock {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn wall_ms(&self) -> u64 {
        u64::try_from(self.millis()).unwrap_or_default()
    }

    fn sleep_until(&self, at: Duration) -> BoxFuture<()> {
        let (at, gate) = (self.origin + at, Arc::clone(&self.gate));
        Box::pin(async move {
            sleep_until(at).await;
            gate.open().await;
        })
    }

    fn spawn(&self, task: BoxFuture<()>) {
        tokio::spawn(task);
    }
}
