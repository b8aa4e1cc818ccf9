//! How long to wait after a failure.

use std::time::Duration;

use crate::runtime::{Entropy, random_up_to};

/// Full jitter: anything from nothing to a ceiling that doubles with each failure in a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
}

impl Backoff {
    /// After `failures` earlier ones, and not before the server allows it.
    pub(crate) fn delay(&self, entropy: &dyn Entropy, failures: u32, at_least: Option<Duration>) -> Duration {
        let ceiling = self.ceiling(failures);
        let most = u64::try_from(ceiling.as_micros()).unwrap_or(u64::MAX);
        let delay = Duration::from_micros(random_up_to(entropy, most));
        // The jitter stays on top of the server's hint, or all would come at once when it has passed.
        at_least.map_or(delay, |least| least + delay.min(least.max(self.base)))
    }

    fn ceiling(&self, failures: u32) -> Duration {
        self.base.saturating_mul(2_u32.saturating_pow(failures)).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Byte(u8);

    impl Entropy for Byte {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    const BACKOFF: Backoff = Backoff { base: Duration::from_millis(250), cap: Duration::from_secs(30) };

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let ceilings: Vec<_> = [0, 1, 2, 6, 7, 31, u32::MAX].map(|n| BACKOFF.ceiling(n).as_millis()).into();
        assert_eq!(ceilings, [250, 500, 1_000, 16_000, 30_000, 30_000, 30_000]);
    }

    #[test]
    fn the_delay_is_anything_up_to_the_ceiling() {
        assert_eq!(BACKOFF.delay(&Byte(0), 3, None), Duration::ZERO);
        for byte in 0..=255 {
            assert!(BACKOFF.delay(&Byte(byte), 2, None) <= Duration::from_secs(1));
        }
    }

    #[test]
    fn the_servers_hint_is_the_least() {
        let hint = Duration::from_secs(2);
        for byte in 0..=255 {
            let delay = BACKOFF.delay(&Byte(byte), 9, Some(hint));
            assert!(delay >= hint && delay <= hint * 2);
        }
    }
}
