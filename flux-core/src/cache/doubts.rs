//! What is to be forgotten, and is not believed until it is.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::CacheKey;

/// Places of the cache that may hold what is no longer true, as far as this process knows. It reads the store in their
/// stead until they were forgotten, or until what may stand there has ended by itself.
///
/// Bounded: when it is full, no place at all is believed until whatever did not fit has ended by itself.
#[derive(Debug)]
pub(super) struct Doubts {
    capacity: usize,
    state: Mutex<State>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct State {
    doubts: BTreeMap<CacheKey, Doubt>,
    /// Until when nothing is believed.
    nothing_until: Duration,
    /// Rises with everything that is added.
    version: u64,
}

/// All times are monotonic.
#[derive(Debug, Clone, Copy)]
struct Doubt {
    /// When it is to be forgotten, by whoever comes first.
    due: Duration,
    /// When it is to be forgotten once more: a write may come later than its caller waits.
    again: Option<Duration>,
    /// When all that could stand there has ended by itself.
    until: Duration,
    /// By which it is told from a doubt that was raised later.
    version: u64,
}

/// When something that is doubted is to be forgotten, all in monotonic time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forget {
    pub(super) due: Duration,
    pub(super) again: Option<Duration>,
    pub(super) until: Duration,
}

/// What found no room.
#[derive(Debug, Default)]
pub(super) struct Lost {
    pub(super) keys: Vec<CacheKey>,
    /// Whether everything was believed until now.
    pub(super) first: bool,
}

/// How much is known of what was doubted: what is doubted later is another doubt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Version(u64);

impl Doubts {
    /// Room for `capacity` places.
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default(), woken: Notify::new() }
    }

    /// Doubts `keys` from now on.
    pub(super) fn add(&self, keys: &[CacheKey], forget: Forget, now: Duration) -> (Version, Lost) {
        let mut state = self.state();
        state.version += 1;
        let version = state.version;
        if state.doubts.len() + keys.len() > self.capacity {
            state.drop_what_is_over(now);
        }
        let mut lost = Lost::default();
        for key in keys {
            let before = state.doubts.get(key).copied();
            if before.is_none() && state.doubts.len() >= self.capacity {
                lost.keys.push(*key);
                continue;
            }
            let doubt = Doubt {
                due: before.map_or(forget.due, |before| before.due.min(forget.due)),
                again: before.and_then(|before| before.again).max(forget.again),
                until: before.map_or(forget.until, |before| before.until.max(forget.until)),
                version,
            };
            state.doubts.insert(*key, doubt);
        }
        if !lost.keys.is_empty() {
            lost.first = state.nothing_until <= now;
            state.nothing_until = state.nothing_until.max(forget.until);
        }
        drop(state);
        self.woken.notify_one();
        (Version(version), lost)
    }

    /// Splits `keys` into those that are believed at `now` and the others.
    pub(super) fn split(&self, keys: Vec<CacheKey>, now: Duration) -> (Vec<CacheKey>, Vec<CacheKey>) {
        let state = self.state();
        if now < state.nothing_until {
            return (Vec::new(), keys);
        }
        if state.doubts.is_empty() {
            return (keys, Vec::new());
        }
        keys.into_iter().partition(|key| state.doubts.get(key).is_none_or(|doubt| doubt.until <= now))
    }

    /// Up to `limit` places that are to be forgotten by `now`, and what is known of them.
    pub(super) fn due(&self, now: Duration, limit: usize) -> (Vec<CacheKey>, Version) {
        let mut state = self.state();
        state.drop_what_is_over(now);
        let due = state.doubts.iter().filter(|(_, doubt)| doubt.due <= now).map(|(key, _)| *key);
        (due.take(limit).collect(), Version(state.version))
    }

    /// When the next place is to be forgotten; `None` if there is none.
    pub(super) fn next(&self) -> Option<Duration> {
        self.state().doubts.values().map(|doubt| doubt.due).min()
    }

    /// Waits until something is doubted.
    pub(super) async fn added(&self) {
        self.woken.notified().await;
    }

    /// `keys` were forgotten after `version` was known: they are believed, unless they were doubted since, or are to
    /// be forgotten once more.
    pub(super) fn forgotten(&self, keys: &[CacheKey], version: Version) {
        let mut state = self.state();
        for key in keys {
            let Some(doubt) = state.doubts.get_mut(key) else { continue };
            if doubt.version > version.0 {
                continue;
            }
            match doubt.again.take() {
                Some(again) => doubt.due = again,
                None => {
                    state.doubts.remove(key);
                }
            }
        }
    }

    /// `keys` were not forgotten: it is to be tried again at `due`.
    pub(super) fn put_off(&self, keys: &[CacheKey], due: Duration) {
        let mut state = self.state();
        for key in keys {
            if let Some(doubt) = state.doubts.get_mut(key) {
                doubt.due = due;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn drop_what_is_over(&mut self, now: Duration) {
        self.doubts.retain(|_, doubt| now < doubt.until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn key(n: u8) -> CacheKey {
        CacheKey::Friends(UserId::from_slice(&[n; 16]).unwrap())
    }

    fn forget(due: Duration) -> Forget {
        Forget { due, again: None, until: due + s(60) }
    }

    fn believed(doubts: &Doubts, n: u8, now: Duration) -> bool {
        doubts.split(vec![key(n)], now).0 == [key(n)]
    }

    #[test]
    fn a_place_is_believed_again_once_it_was_forgotten() {
        let doubts = Doubts::new(10);
        let (version, _) = doubts.add(&[key(1)], forget(s(1)), s(0));
        assert!(!believed(&doubts, 1, s(1)) && believed(&doubts, 2, s(1)));
        assert_eq!(doubts.due(s(0), 9).0, []);
        assert_eq!(doubts.next(), Some(s(1)));
        assert_eq!(doubts.due(s(1), 9).0, [key(1)]);
        doubts.put_off(&[key(1)], s(3));
        assert_eq!(doubts.due(s(2), 9).0, []);
        doubts.forgotten(&[key(1)], version);
        assert!(believed(&doubts, 1, s(1)));
        assert_eq!(doubts.next(), None);
    }

    #[test]
    fn what_is_doubted_while_it_is_forgotten_stays_doubted() {
        let doubts = Doubts::new(10);
        doubts.add(&[key(1)], forget(s(0)), s(0));
        let (due, version) = doubts.due(s(0), 9);
        doubts.add(&[key(1)], forget(s(0)), s(0));
        doubts.forgotten(&due, version);
        assert!(!believed(&doubts, 1, s(0)));
        let (due, version) = doubts.due(s(0), 9);
        doubts.forgotten(&due, version);
        assert!(believed(&doubts, 1, s(0)));
    }

    #[test]
    fn what_may_come_late_is_forgotten_twice() {
        let doubts = Doubts::new(10);
        doubts.add(&[key(1)], Forget { again: Some(s(10)), ..forget(s(0)) }, s(0));
        let (due, version) = doubts.due(s(0), 9);
        doubts.forgotten(&due, version);
        assert!(!believed(&doubts, 1, s(9)));
        assert_eq!(doubts.due(s(9), 9).0, []);
        let (due, version) = doubts.due(s(10), 9);
        assert_eq!(due, [key(1)]);
        doubts.forgotten(&due, version);
        assert!(believed(&doubts, 1, s(10)));
    }

    #[test]
    fn a_doubt_ends_with_all_that_could_stand_there() {
        let doubts = Doubts::new(10);
        doubts.add(&[key(1)], forget(s(0)), s(0));
        assert!(!believed(&doubts, 1, Duration::from_millis(59_999)));
        assert!(believed(&doubts, 1, s(60)));
        assert_eq!(doubts.due(s(60), 9).0, []);
        assert_eq!(doubts.next(), None);
    }

    #[test]
    fn invariant_11_when_it_is_full_nothing_is_believed_until_what_did_not_fit_has_ended() {
        let doubts = Doubts::new(2);
        let (_, lost) = doubts.add(&[key(1), key(2)], forget(s(0)), s(0));
        assert_eq!(lost.keys, []);
        let (_, lost) = doubts.add(&[key(2), key(3)], forget(s(5)), s(5));
        assert_eq!((lost.keys, lost.first), (vec![key(3)], true), "the second is there already");
        let (_, lost) = doubts.add(&[key(3)], forget(s(5)), s(5));
        assert_eq!((lost.keys, lost.first), (vec![key(3)], false));
        assert!(!believed(&doubts, 9, s(64)));
        assert!(believed(&doubts, 9, s(65)));
        let (_, lost) = doubts.add(&[key(4)], forget(s(65)), s(65));
        assert_eq!(lost.keys, [], "those that are over have made room");
    }
}
