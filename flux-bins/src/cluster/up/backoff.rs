//! How long to wait before what ended is started again.

use std::time::Duration;

/// Before the first time.
const FIRST: Duration = Duration::from_millis(250);
/// At most.
const MOST: Duration = Duration::from_secs(10);
/// After this long in peace, the next one counts as the first again.
const PEACE: Duration = Duration::from_secs(30);

/// Twice as long each time.
#[derive(Debug)]
pub(super) struct Backoff(Duration);

impl Backoff {
    /// Nothing has ended yet.
    pub(super) const fn new() -> Self {
        Self(FIRST)
    }

    /// After something ended that had lived for `lived`.
    pub(super) fn next(&mut self, lived: Duration) -> Duration {
        if lived >= PEACE {
            self.0 = FIRST;
        }
        let pause = self.0;
        self.0 = (pause * 2).min(MOST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_ending_is_started_more_and_more_rarely() {
        let mut backoff = Backoff::new();
        let pauses: Vec<u128> = (0..8).map(|_| backoff.next(Duration::ZERO).as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        assert_eq!(backoff.next(PEACE), FIRST);
    }
}
