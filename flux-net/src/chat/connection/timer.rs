//! One alarm of a connection.

use std::sync::Arc;
use std::time::Duration;

use flux_core::Clock;
use futures_util::future::BoxFuture;

/// Wakes at a moment that is moved all the time, without a new sleep for each move.
pub(super) struct Timer {
    clock: Arc<dyn Clock>,
    set: Option<(Duration, BoxFuture<'static, ()>)>,
}

impl Timer {
    pub(super) const fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, set: None }
    }

    /// Wakes at `at` at the latest, or a little later than an earlier moment that was set before: whoever is woken
    /// looks at the time anyway.
    pub(super) fn wake_at(&mut self, at: Duration, now: Duration) {
        if self.set.as_ref().is_none_or(|(set, _)| at < *set) {
            let (clock, span) = (Arc::clone(&self.clock), at.saturating_sub(now));
            self.set = Some((at, Box::pin(async move { clock.sleep(span).await })));
        }
    }

    /// Waits for the moment; for ever if none is set. Losing a call loses nothing.
    pub(super) async fn wait(&mut self) {
        match &mut self.set {
            Some((_, sleep)) => sleep.await,
            None => std::future::pending().await,
        }
        self.set = None;
    }
}
