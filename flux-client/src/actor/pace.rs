//! Heeding the server's limit on sends. It counts all of a connection's sends together, and cuts off who goes on in spite
//! of being told.

use std::time::Duration;

use super::timers::{Timer, TimerKey, Timers};

/// The first rest; it doubles as long as there is cause.
const REST: Duration = Duration::from_secs(1);
const MAX_REST: Duration = Duration::from_secs(8);
/// How long there must be no cause before all is as it was.
const MEMORY: Duration = Duration::from_mins(1);
/// How many sends are on their way at once meanwhile: each may be refused.
const CAREFUL: usize = 4;

/// How fast to send.
#[derive(Debug, Default)]
pub(super) struct Pace {
    resting: Option<(Duration, TimerKey)>,
    /// When the server said last that it is too fast, and how often in a row.
    told: Option<(Duration, u32)>,
}

impl Pace {
    /// Whether another send may go beside those that fly.
    pub(super) fn allows(&self, flying: usize, now: Duration) -> bool {
        let careful = self.told.is_some_and(|(at, _)| now < at + MEMORY);
        self.resting.is_none() && (!careful || flying < CAREFUL)
    }

    /// The server says that it is too fast; returns how long to rest.
    pub(super) fn too_fast(
        &mut self,
        now: Duration,
        at_least: Option<Duration>,
        timers: &mut Timers,
    ) -> Duration {
        let at_least = at_least.unwrap_or_default();
        let until = if let Some((until, _)) = self.resting {
            // Another of those that were on their way: no further cause.
            until.max(now + at_least)
        } else {
            let times = self.told.filter(|(at, _)| now < *at + MEMORY).map_or(0, |(_, times)| times);
            self.told = Some((now, times.saturating_add(1)));
            now + REST.saturating_mul(2_u32.saturating_pow(times)).min(MAX_REST).max(at_least)
        };
        timers.cancel(self.resting.map(|(_, timer)| timer));
        self.resting = Some((until, timers.set(until, Timer::Pace)));
        until.saturating_sub(now)
    }

    pub(super) fn on_timer(&mut self) {
        self.resting = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn rests_grow_while_there_is_cause_and_few_fly_in_between() {
        let (mut pace, mut timers) = (Pace::default(), Timers::default());
        assert!(pace.allows(50, SECOND));
        let mut now = SECOND;
        for expected in [1, 2, 4, 8, 8] {
            let rest = pace.too_fast(now, None, &mut timers);
            assert_eq!(rest.as_secs(), expected);
            assert!(!pace.allows(0, now));
            // The rest of the window comes back with the same answer.
            assert_eq!(pace.too_fast(now, None, &mut timers), rest);
            now += rest;
            assert_eq!(timers.due(now), Some(Timer::Pace));
            pace.on_timer();
            assert!(pace.allows(3, now) && !pace.allows(4, now));
        }
        now += MEMORY;
        assert!(pace.allows(50, now));
        assert_eq!(pace.too_fast(now, Some(3 * SECOND), &mut timers), 3 * SECOND);
    }
}
