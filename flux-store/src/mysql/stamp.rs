//! Stamps, and what can be said of them while many write.
//!
//! A stamp orders the changes of all logs, so that "what changed since" is a range of an index. Here many write at once,
//! in any number of processes, and a transaction becomes visible after it has taken its stamps: a reader may see a
//! stamp before a smaller one appears. So two things are needed: how a transaction takes stamps, and what
//! [`horizon`](flux_core::message::MessageStore::horizon) may promise.
//!
//! **Taking.** As it begins, a transaction reads *M*, the greatest stamp that is visible (one look at the end of two
//! indexes), and the database's clock in microseconds. Its stamps are greater than both, and than the stamp that stands
//! in the row that it writes.
//!
//! **The horizon.** A node remembers each *M* that it reads, with when it read it by its own monotonic clock, and its
//! horizon is the newest *M* that is [`WINDOW`] old. Whatever is not visible to a read that starts now is of a
//! transaction that ends later than now, so it began less than `WINDOW` ago, after that *M* was read; its own *M* is as
//! great or greater, and its stamps greater still.
//!
//! That rests on two things only: the greatest visible stamp never sinks (stamps only grow, and rows that bear them are
//! never deleted), and no transaction lasts longer than `WINDOW`. No wall clock has to be right: it only keeps stamps
//! apart from each other, so that it may jump to and fro, on the server as on the nodes.
//!
//! How long a transaction lasts is bounded from three sides. The client does not send COMMIT when it is older than
//! [`LONGEST_TRANSACTION`]. Between two statements, and so before that COMMIT too, the server ends it within a second
//! (MariaDB's `idle_transaction_timeout`; on MySQL, peers end the connections of a node that has lost its lease). And a
//! transaction whose COMMIT was answered later than [`LATE`], or not at all, stamps its logs again in a second
//! transaction, as long as it takes: see the module `late`.
//!
//! A store that was just opened has no *M* that is old enough. For that first moment it falls back on the database's
//! clock: a transaction that is open has taken stamps greater than the clock was when it began. This alone could go
//! wrong if that clock is set forward while a transaction is open and within [`WINDOW`] before the store is.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use flux_core::message::{LONGEST_TRANSACTION, Stamp};
use tokio::time::Instant;

/// The longest that the server lets a connection with an open transaction wait for the next statement.
pub(super) const IDLE: Duration = Duration::from_secs(1);
/// A commit that was answered later than this after its transaction began is stamped again.
pub(super) const LATE: Duration = LONGEST_TRANSACTION.saturating_add(IDLE);
/// No transaction is open for longer: [`LATE`], and a second for what clocks and schedulers do.
pub(super) const WINDOW: Duration = LATE.saturating_add(Duration::from_secs(1));
/// Greatest stamps that are remembered are at least this far apart.
const STEP: Duration = Duration::from_millis(50);

/// Remembers which stamps were the greatest, and says what may be promised.
#[derive(Debug)]
pub(super) struct Horizon {
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The newest that is old enough.
    settled: u64,
    /// (when it was read, the greatest stamp), oldest first; the ones that are not old enough yet.
    seen: VecDeque<(Duration, u64)>,
}

impl Horizon {
    /// Begins with what the store saw as it was opened: the greatest stamp, and the database's clock in microseconds.
    pub(super) fn new(greatest: u64, clock: u64) -> Self {
        let window = u64::try_from(WINDOW.as_micros()).unwrap_or(u64::MAX);
        let settled = greatest.min(clock.saturating_sub(window));
        let state = State { settled, seen: VecDeque::from([(Duration::ZERO, greatest)]) };
        Self { start: Instant::now(), state: Mutex::new(state) }
    }

    /// `greatest` was the greatest visible stamp a moment ago, or still is.
    pub(super) fn saw(&self, greatest: u64) {
        self.state().saw(self.start.elapsed(), greatest);
    }

    /// Whether it has been a while since it was told of the greatest stamp.
    pub(super) fn wants_to_see(&self) -> bool {
        let now = self.start.elapsed();
        self.state().seen.back().is_none_or(|(at, _)| now.saturating_sub(*at) >= STEP)
    }

    /// A stamp such that whatever is not yet visible to a read that starts now gets a greater one.
    pub(super) fn stamp(&self) -> Stamp {
        let now = self.start.elapsed();
        let mut state = self.state();
        state.settle(now);
        Stamp(state.settled)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn saw(&mut self, now: Duration, greatest: u64) {
        self.settle(now);
        let newest = self.seen.back();
        if newest.is_none_or(|(at, _)| now.saturating_sub(*at) >= STEP) {
            self.seen.push_back((now, greatest));
        }
    }

    fn settle(&mut self, now: Duration) {
        while let Some((at, greatest)) = self.seen.front()
            && now.saturating_sub(*at) >= WINDOW
        {
            self.settled = self.settled.max(*greatest);
            self.seen.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn the_horizon_follows_the_greatest_stamp_once_no_transaction_can_be_older() {
        let horizon = Horizon::new(100, u64::MAX);
        tokio::time::advance(SECOND).await;
        horizon.saw(200);
        tokio::time::advance(LATE).await;
        assert_eq!(horizon.stamp(), Stamp(100));
        tokio::time::advance(SECOND).await;
        assert_eq!(horizon.stamp(), Stamp(200));
        tokio::time::advance(SECOND * 3_600).await;
        assert_eq!(horizon.stamp(), Stamp(200), "where nothing changes it is the greatest stamp itself");
    }

    #[tokio::test(start_paused = true)]
    async fn at_first_it_reaches_back_behind_every_transaction_that_may_be_open() {
        let now = 1_700_000_000_000_000;
        assert_eq!(Horizon::new(now, now).stamp(), Stamp(now - 4_000_000));
        assert_eq!(Horizon::new(7, now).stamp(), Stamp(7), "what is older than that is settled");
        assert_eq!(Horizon::new(0, 0).stamp(), Stamp(0));
    }

    /// What one transaction of the model does.
    #[derive(Debug, Clone)]
    struct Doing {
        begins: u64,
        lasts: u64,
        wall: u64,
    }

    proptest! {
        /// Transactions that overlap as they like, with a wall clock that says whatever it likes: whoever takes the
        /// horizon at any moment misses nothing that becomes visible later.
        #[test]
        fn nothing_becomes_visible_at_or_below_a_horizon(
            doings in prop::collection::vec(
                (0_u64..20_000, 1_u64..4_000, 0_u64..u64::MAX / 4)
                    .prop_map(|(begins, lasts, wall)| Doing { begins, lasts, wall }),
                1..40,
            ),
            asks in prop::collection::vec(0_u64..25_000, 1..20),
        ) {
            enum Event { End(usize), Begin(usize), Ask }
            let mut events: Vec<(u64, Event)> = Vec::new();
            for (n, doing) in doings.iter().enumerate() {
                events.push((doing.begins, Event::Begin(n)));
                events.push((doing.begins + doing.lasts, Event::End(n)));
            }
            events.extend(asks.iter().map(|at| (*at, Event::Ask)));
            events.sort_by_key(|(at, _)| *at);

            let mut state = State { settled: 0, seen: VecDeque::from([(Duration::ZERO, 0)]) };
            let (mut visible, mut promised) = (0, 0);
            let mut stamps = vec![0; doings.len()];
            for (at, event) in events {
                let now = Duration::from_millis(at);
                match event {
                    Event::Begin(n) => {
                        state.saw(now, visible);
                        stamps[n] = visible.max(doings[n].wall) + 1;
                    }
                    Event::End(n) => {
                        prop_assert!(stamps[n] > promised, "{} appears below {promised}", stamps[n]);
                        visible = visible.max(stamps[n]);
                    }
                    Event::Ask => {
                        state.settle(now);
                        promised = promised.max(state.settled);
                    }
                }
            }
        }
    }
}
