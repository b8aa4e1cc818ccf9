//! Not asking again and again who does not answer.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// When an instance is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// After so many failures in a row: 3.
    pub failures: u32,
    /// For so long; then one call tries: 1 s.
    pub pause: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 3, pause: Duration::from_secs(1) }
    }
}

/// Knows whether an instance has answered lately.
#[derive(Debug)]
pub(super) struct Breaker {
    settings: BreakerSettings,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Nobody asks before this.
    until: Option<Instant>,
}

impl Breaker {
    pub(super) fn new(settings: BreakerSettings) -> Self {
        Self { settings, state: Mutex::default() }
    }

    /// Whether to ask now. Of those who come when a pause is over one is let through, and decides for all.
    pub(super) fn lets_through(&self) -> bool {
        let mut state = self.state();
        let now = Instant::now();
        match state.until {
            None => true,
            Some(until) if until <= now => {
                state.until = Some(now + self.settings.pause);
                true
            }
            Some(_) => false,
        }
    }

    pub(super) fn succeeded(&self) {
        *self.state() = State::default();
    }

    pub(super) fn failed(&self) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= self.settings.failures {
            state.until = Some(Instant::now() + self.settings.pause);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_lets_one_try_after_the_pause() {
        let settings = BreakerSettings::default();
        let breaker = Breaker::new(settings);
        for _ in 0..2 {
            breaker.failed();
        }
        breaker.succeeded();
        for _ in 0..2 {
            assert!(breaker.lets_through());
            breaker.failed();
        }
        assert!(breaker.lets_through(), "not in a row");
        breaker.failed();
        assert!(!breaker.lets_through());
        tokio::time::advance(settings.pause).await;
        assert!(breaker.lets_through(), "one tries");
        assert!(!breaker.lets_through(), "and the others wait for it");
        breaker.succeeded();
        assert!(breaker.lets_through() && breaker.lets_through());
    }
}
