//! Who does not answer is not asked for a while.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use crate::error::StoreError;

/// Failures in a row that open it.
const FAILURES: u32 = 3;

/// For how long nobody is asked then; after it, one caller finds out.
const PAUSE: Duration = Duration::from_secs(1);

/// Keeps callers from waiting for a cache that does not answer.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Until when (monotonic) nobody is asked.
    closed_off: Duration,
}

impl Breaker {
    /// Whether the cache may be asked at `now`. While it does not answer, one caller a second may.
    pub(super) fn lets_pass(&self, now: Duration) -> bool {
        let mut state = self.state();
        if state.failures < FAILURES {
            return true;
        }
        if now < state.closed_off {
            return false;
        }
        state.closed_off = now.saturating_add(PAUSE);
        true
    }

    /// What became of asking.
    pub(super) fn heard<T>(&self, answer: &Result<T, StoreError>, now: Duration) {
        let mut state = self.state();
        match answer {
            Ok(_) => {
                if state.failures >= FAILURES {
                    info!("the cache answers again");
                }
                *state = State::default();
            }
            Err(error) => {
                state.failures = state.failures.saturating_add(1);
                state.closed_off = now.saturating_add(PAUSE);
                if state.failures == FAILURES {
                    warn!(%error, cause = ?std::error::Error::source(error), "the cache does not answer; the store is read instead");
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Result<(), StoreError> {
        Err(StoreError::unavailable("told to fail"))
    }

    #[test]
    fn after_three_failures_one_caller_a_second_finds_out() {
        let breaker = Breaker::default();
        let s = Duration::from_secs;
        for _ in 0..FAILURES {
            assert!(breaker.lets_pass(s(5)));
            breaker.heard(&failed(), s(5));
        }
        assert!(!breaker.lets_pass(s(5)));
        assert!(breaker.lets_pass(s(6)));
        assert!(!breaker.lets_pass(s(6)), "one is enough");
        breaker.heard(&failed(), s(6));
        assert!(!breaker.lets_pass(Duration::from_millis(6_900)));
        assert!(breaker.lets_pass(s(7)));
        breaker.heard(&Ok(()), s(7));
        assert!(breaker.lets_pass(s(7)) && breaker.lets_pass(s(7)));
    }

    #[test]
    fn an_answer_in_between_begins_the_count_anew() {
        let breaker = Breaker::default();
        for _ in 0..10 {
            breaker.heard(&failed(), Duration::ZERO);
            breaker.heard(&failed(), Duration::ZERO);
            breaker.heard(&Ok(()), Duration::ZERO);
        }
        assert!(breaker.lets_pass(Duration::ZERO));
    }
}
