//! Time that only moves when a test moves it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;

use crate::time::{Clock, Timestamp};

/// A clock driven by hand. Clones are the same clock.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    wall: Timestamp,
    elapsed: Duration,
    /// By deadline, then by the order of going to sleep, so that every run wakes in the same order.
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    next: u64,
}

impl ManualClock {
    /// A clock that shows `wall`.
    #[must_use]
    pub fn new(wall: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State { wall, ..State::default() })))
    }

    /// Lets `span` pass on both clocks, and wakes whoever slept until then, earliest first.
    pub fn advance(&self, span: Duration) {
        let mut state = self.state();
        state.elapsed += span;
        state.wall = state.wall.plus(span);
        loop {
            let due =
                state.sleepers.first_key_value().is_some_and(|((deadline, _), _)| *deadline <= state.elapsed);
            if !due {
                return;
            }
            if let Some((_, waker)) = state.sleepers.pop_first() {
                // The sleeper may have been dropped.
                let _ = waker.send(());
            }
        }
    }

    /// Moves the wall clock alone, as an operator or NTP may.
    pub fn set_wall(&self, wall: Timestamp) {
        self.state().wall = wall;
    }

    /// How many sleep now; a test waits for it before it advances.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        let mut state = self.state();
        state.sleepers.retain(|_, waker| !waker.is_closed());
        state.sleepers.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.state().wall
    }

    fn monotonic(&self) -> Duration {
        self.state().elapsed
    }

    async fn sleep(&self, span: Duration) {
        if span.is_zero() {
            return;
        }
        let woken = {
            let mut state = self.state();
            let (waker, woken) = oneshot::channel();
            let key = (state.elapsed + span, state.next);
            state.next += 1;
            state.sleepers.insert(key, waker);
            woken
        };
        // The sender is dropped only with the clock itself; then nobody can wait for the answer either.
        let _ = woken.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleepers_wake_when_their_time_has_come_and_not_before() {
        let clock = ManualClock::new(Timestamp::from_millis(1_000));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(5)).await }
        });
        while clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        clock.advance(Duration::from_millis(4_999));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_millis(1));
        sleeper.await.unwrap();
        assert_eq!(clock.now(), Timestamp::from_millis(6_000));
    }
}
