//! Which entries this process has made and not released: their keys are kept alive.
//!
//! A key that nobody keeps goes by itself after a day, so that what a crash leaves behind is not there for ever. Its node
//! keeps those of its sessions, however long they last, a few with each announcement: nothing has to find out what a dead
//! node has left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flux_core::{SessionId, UserId};

/// How long a user's entries stay where nobody keeps them: a day.
pub(super) const ENTRIES_KEPT: Duration = Duration::from_hours(24);

/// How often they are kept: four times a day, so that three of four may fail.
const KEEP_EVERY: Duration = Duration::from_hours(6);

/// The most that are kept at once.
const KEPT_AT_ONCE: usize = 1_000;

type Session = (UserId, SessionId);

#[derive(Default)]
pub(super) struct Kept(Mutex<State>);

#[derive(Default)]
struct State {
    /// When each was kept last.
    sessions: BTreeMap<Session, Duration>,
    by_time: BTreeSet<(Duration, Session)>,
}

impl State {
    fn put(&mut self, session: Session, now: Duration) {
        self.remove(session);
        self.sessions.insert(session, now);
        self.by_time.insert((now, session));
    }

    fn remove(&mut self, session: Session) {
        if let Some(before) = self.sessions.remove(&session) {
            self.by_time.remove(&(before, session));
        }
    }
}

impl Kept {
    /// An entry of this session was written.
    pub(super) fn put(&self, user: UserId, session: SessionId, now: Duration) {
        self.state().put((user, session), now);
    }

    /// The session is somebody else's business.
    pub(super) fn remove(&self, user: UserId, session: SessionId) {
        self.state().remove((user, session));
    }

    /// The users whose entries have not been kept for so long that it is time; from now on they count as kept.
    pub(super) fn due(&self, now: Duration) -> BTreeSet<UserId> {
        let mut state = self.state();
        let mut users = BTreeSet::new();
        for _ in 0..KEPT_AT_ONCE {
            let Some(&(at, session)) = state.by_time.first() else { break };
            if now < at.saturating_add(KEEP_EVERY) {
                break;
            }
            state.put(session, now);
            users.insert(session.0);
        }
        users
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(n: u16) -> Session {
        let mut bytes = [1; 16];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        (UserId::from_slice(&bytes).unwrap(), SessionId::from_slice(&bytes).unwrap())
    }

    #[test]
    fn what_was_not_kept_for_hours_is_due_and_what_was_released_is_not() {
        let kept = Kept::default();
        let [(ada, phone), (bob, laptop)] = [session(1), session(2)];
        kept.put(ada, phone, Duration::ZERO);
        kept.put(bob, laptop, Duration::from_hours(1));
        assert_eq!(kept.due(Duration::from_hours(5)), BTreeSet::new());
        assert_eq!(kept.due(Duration::from_hours(6)), BTreeSet::from([ada]));
        assert_eq!(kept.due(Duration::from_hours(6)), BTreeSet::new(), "it counts as kept");
        kept.remove(bob, laptop);
        assert_eq!(kept.due(Duration::from_hours(12)), BTreeSet::from([ada]));
    }

    #[test]
    fn many_are_kept_a_few_at_a_time_the_oldest_first() {
        let kept = Kept::default();
        for n in 0..1_500 {
            let (user, session) = session(n);
            kept.put(user, session, Duration::from_secs(n.into()));
        }
        let later = Duration::from_hours(12);
        let first = kept.due(later);
        assert_eq!(first.len(), KEPT_AT_ONCE);
        assert!(first.contains(&session(0).0) && !first.contains(&session(1_499).0));
        assert_eq!(kept.due(later).len(), 500);
        assert_eq!(kept.due(later).len(), 0);
    }
}
