//! A place in a bounded queue that is counted while it is taken.

use metrics::Gauge;
use tokio::sync::OwnedSemaphorePermit;

/// A permit, counted until it is given back.
#[derive(Debug)]
pub(crate) struct Place {
    gauge: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    pub(crate) fn new(permit: OwnedSemaphorePermit, gauge: &Gauge) -> Self {
        gauge.increment(1);
        Self { gauge: gauge.clone(), _permit: permit }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gauge.decrement(1);
    }
}
