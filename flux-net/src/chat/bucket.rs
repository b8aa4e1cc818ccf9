//! Token buckets in memory.

use std::time::Duration;

use flux_core::guard::Quota;

/// A token bucket, kept as one moment: when it will be full again (the generic cell rate algorithm).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    quota: Quota,
    full_at: Duration,
}

impl Bucket {
    /// A full one.
    pub(crate) const fn new(quota: Quota) -> Self {
        Self { quota, full_at: Duration::ZERO }
    }

    /// Takes one at `now`, a monotonic time.
    ///
    /// # Errors
    /// How long until there is one again; then nothing was taken.
    pub(crate) fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let one = self.quota.period / self.quota.burst.max(1);
        let full_at = self.full_at.max(now) + one;
        let wait = full_at.saturating_sub(now + self.quota.period);
        if wait.is_zero() {
            self.full_at = full_at;
            Ok(())
        } else {
            Err(wait)
        }
    }

    /// Whether it holds all it can: then it may as well be forgotten.
    pub(crate) fn is_full(&self, now: Duration) -> bool {
        self.full_at <= now
    }

    /// When it will be full.
    pub(crate) const fn full_at(&self) -> Duration {
        self.full_at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_is_let_through_and_then_as_much_as_flows_in() {
        let mut bucket = Bucket::new(Quota::new(3, 3 * SECOND));
        for _ in 0..3 {
            assert_eq!(bucket.take(SECOND), Ok(()));
        }
        assert_eq!(bucket.take(SECOND), Err(SECOND));
        assert_eq!(bucket.take(SECOND * 3 / 2), Err(SECOND / 2));
        assert_eq!(bucket.take(2 * SECOND), Ok(()));
        assert!(bucket.take(2 * SECOND).is_err());
        assert!(!bucket.is_full(4 * SECOND));
        assert!(bucket.is_full(5 * SECOND));
    }

    proptest! {
        #[test]
        fn no_window_lets_more_through_than_a_burst_and_what_flows_in(
            steps in prop::collection::vec(0_u64..2_000, 1..200), burst in 1_u32..20
        ) {
            let quota = Quota::new(burst, 10 * SECOND);
            let mut bucket = Bucket::new(quota);
            let mut now = SECOND;
            let mut taken = 0_u32;
            for step in steps {
                now += Duration::from_millis(step);
                match bucket.take(now) {
                    Ok(()) => taken += 1,
                    Err(wait) => prop_assert_eq!(bucket.clone().take(now + wait), Ok(())),
                }
                let flowed = now.saturating_sub(SECOND).as_secs_f64() / 10.0 * f64::from(burst);
                prop_assert!(f64::from(taken) <= f64::from(burst) + flowed + 1e-6);
            }
        }
    }
}
