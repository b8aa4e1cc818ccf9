//! The clock and the entropy of the operating system.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use flux_core::{Clock, Entropy, Timestamp};
use tokio::time::Instant;

/// The time of this machine. Clones count from the same start.
///
/// It sleeps by the timer of the tokio runtime that it is used in, and reads its monotonic time from the same source,
/// so that both agree where that time is paused.
#[derive(Debug, Clone)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let epoch = Timestamp::default();
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => epoch.plus(after),
            Err(before) => epoch.minus(before.duration()),
        }
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

/// The operating system's source of random bytes. Where that is broken the process aborts: ids, codes and tokens that
/// can be guessed are worse than none.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            tracing::error!(%error, "no random bytes from the operating system");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sleep_lasts_until_the_monotonic_clock_has_moved_by_as_much() {
        let clock = SystemClock::new();
        let end = clock.monotonic() + Duration::from_secs(90);
        clock.sleep(Duration::from_secs(90)).await;
        assert!(clock.monotonic() >= end);
    }

    #[test]
    fn the_wall_clock_is_in_milliseconds_of_this_century() {
        let year_2025 = Timestamp::from_millis(1_735_689_600_000);
        let year_2100 = Timestamp::from_millis(4_102_444_800_000);
        let now = SystemClock::new().now();
        assert!(year_2025 < now && now < year_2100, "{now}");
    }

    #[test]
    fn chance_does_not_repeat_itself() {
        let draw = || flux_core::entropy::bytes::<32>(&SystemEntropy);
        assert_ne!(draw(), draw());
    }
}
