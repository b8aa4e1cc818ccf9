//! A bounded map whose entries end by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Entries with the monotonic time at which they mean nothing any more.
pub(super) struct Expiring<K, V> {
    capacity: usize,
    entries: BTreeMap<K, (Duration, V)>,
    ends: BTreeSet<(Duration, K)>,
}

impl<K: Ord + Clone, V> Expiring<K, V> {
    /// An empty one for at most `capacity` entries.
    pub(super) const fn new(capacity: usize) -> Self {
        Self { capacity, entries: BTreeMap::new(), ends: BTreeSet::new() }
    }

    /// What stands under `key` and has not ended by `now`.
    pub(super) fn get_mut(&mut self, key: &K, now: Duration) -> Option<&mut V> {
        self.forget(now);
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    /// Whether `key` has a place: it stands already, or there is room.
    pub(super) fn fits(&self, key: &K) -> bool {
        self.entries.len() < self.capacity || self.entries.contains_key(key)
    }

    /// Puts `value` under `key` until `end`. If there is no room, what would end first gives way.
    pub(super) fn put(&mut self, key: K, value: V, end: Duration) {
        if !self.fits(&key)
            && let Some((_, first)) = self.ends.pop_first()
        {
            self.entries.remove(&first);
        }
        if let Some((before, _)) = self.entries.insert(key.clone(), (end, value)) {
            self.ends.remove(&(before, key.clone()));
        }
        self.ends.insert((end, key));
    }

    /// Drops what stands under `key`.
    pub(super) fn remove(&mut self, key: &K) {
        if let Some((end, _)) = self.entries.remove(key) {
            self.ends.remove(&(end, key.clone()));
        }
    }

    /// Drops what has ended by `now`.
    fn forget(&mut self, now: Duration) {
        while self.ends.first().is_some_and(|(end, _)| *end <= now) {
            if let Some((_, key)) = self.ends.pop_first() {
                self.entries.remove(&key);
            }
        }
    }

    /// How many entries there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_entry_ends_at_its_end_and_its_place_is_free_again() {
        let mut map = Expiring::new(10);
        map.put("a", 1, s(5));
        map.put("b", 2, s(9));
        assert_eq!(map.get_mut(&"a", s(4)), Some(&mut 1));
        assert_eq!(map.get_mut(&"a", s(5)), None);
        assert_eq!(map.len(), 1);
    }

    #[test]
    fn a_later_end_replaces_an_earlier_one() {
        let mut map = Expiring::new(10);
        map.put("a", 1, s(5));
        map.put("a", 2, s(9));
        assert_eq!(map.get_mut(&"a", s(6)), Some(&mut 2));
    }

    #[test]
    fn a_full_map_lets_go_of_what_would_end_first() {
        let mut map = Expiring::new(2);
        map.put("long", 1, s(9));
        map.put("short", 2, s(5));
        assert!(!map.fits(&"new"));
        map.put("new", 3, s(7));
        assert_eq!(map.get_mut(&"short", s(0)), None);
        assert_eq!(map.get_mut(&"long", s(0)), Some(&mut 1));
        assert_eq!(map.len(), 2);
    }
}
