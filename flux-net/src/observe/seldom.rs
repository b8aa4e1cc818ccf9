//! Log lines that anybody can cause.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One line in this time; what comes in between is counted.
const PAUSE: Duration = Duration::from_secs(1);

/// Lets a line through once a second, so that nobody fills the log who has only to ask for it.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    held: u64,
}

impl Seldom {
    /// Whether the line is to be written now: then how many like it were not since the last one.
    pub(crate) fn due(&self) -> Option<u64> {
        self.due_at(Instant::now())
    }

    fn due_at(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.last.is_some_and(|last| now.saturating_duration_since(last) < PAUSE) {
            state.held += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_tells_of_all() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.due_at(start), Some(0));
        for _ in 0..1_000 {
            assert_eq!(seldom.due_at(start + Duration::from_millis(999)), None);
        }
        assert_eq!(seldom.due_at(start + PAUSE), Some(1_000));
        assert_eq!(seldom.due_at(start + PAUSE * 2), Some(0));
    }
}
