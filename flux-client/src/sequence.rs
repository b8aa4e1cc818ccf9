//! One log as it reaches the application: in order, once, without holes.

use std::collections::BTreeMap;

/// Puts the entries of one log in order. Pure: what to do about a gap is for others.
#[derive(Debug)]
pub(crate) struct Sequence<T> {
    /// The newest seq that is known to exist.
    head: u64,
    /// All up to here went out.
    released: u64,
    /// Entries beyond it.
    ahead: BTreeMap<u64, T>,
}

impl<T> Sequence<T> {
    /// From after `released` on.
    pub(crate) fn new(released: u64) -> Self {
        Self { head: released, released, ahead: BTreeMap::new() }
    }

    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    pub(crate) fn released(&self) -> u64 {
        self.released
    }

    /// How many entries are kept.
    pub(crate) fn kept(&self) -> usize {
        self.ahead.len()
    }

    /// The first entry that is kept, if any.
    pub(crate) fn first_kept(&self) -> Option<u64> {
        self.ahead.first_key_value().map(|(seq, _)| *seq)
    }

    /// Whether an entry is known to exist that has to be asked for before anything more can go out.
    pub(crate) fn lacks_next(&self) -> bool {
        self.head > self.released && !self.has_next()
    }

    /// Notes that entries up to here exist.
    pub(crate) fn see(&mut self, head: u64) {
        self.head = self.head.max(head);
    }

    /// Takes an entry in. It is kept if it is new and either the next one or within `room`, the number of entries that
    /// may be kept; else only its existence is noted.
    pub(crate) fn insert(&mut self, seq: u64, entry: T, room: usize) {
        self.see(seq);
        if seq <= self.released || self.ahead.contains_key(&seq) {
            return;
        }
        if self.ahead.len() >= room && seq != self.released + 1 {
            // What is nearer is worth more: it goes out earlier.
            match self.ahead.last_key_value() {
                Some((last, _)) if seq < *last && room > 0 => {
                    self.ahead.pop_last();
                }
                _ => return,
            }
        }
        self.ahead.insert(seq, entry);
    }

    /// Whether the next entry in order is here.
    pub(crate) fn has_next(&self) -> bool {
        self.ahead.contains_key(&(self.released + 1))
    }

    /// Takes out the next entry in order, if it is here.
    pub(crate) fn next(&mut self) -> Option<T> {
        let entry = self.ahead.remove(&(self.released + 1))?;
        self.released += 1;
        Some(entry)
    }

    /// Goes on after `seq`, forwards or backwards; what lies before is forgotten.
    pub(crate) fn jump(&mut self, seq: u64) {
        self.released = seq;
        self.ahead = self.ahead.split_off(&(seq + 1));
    }

    /// Goes back to a head that is lower than the one that was known.
    pub(crate) fn fall_back(&mut self, head: u64) {
        *self = Self::new(head);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drain(sequence: &mut Sequence<u64>) -> Vec<u64> {
        std::iter::from_fn(|| sequence.next()).collect()
    }

    #[test]
    fn what_comes_early_waits_and_what_comes_again_is_dropped() {
        let mut sequence = Sequence::new(0);
        for seq in [2, 3, 2] {
            sequence.insert(seq, seq, 8);
        }
        assert!(sequence.lacks_next());
        assert!(!sequence.has_next());
        sequence.insert(1, 1, 8);
        assert_eq!(drain(&mut sequence), [1, 2, 3]);
        sequence.insert(3, 3, 8);
        assert_eq!((drain(&mut sequence), sequence.lacks_next(), sequence.kept()), (vec![], false, 0));
    }

    #[test]
    fn a_full_sequence_keeps_the_nearest_and_still_knows_of_the_rest() {
        let mut sequence = Sequence::new(0);
        for seq in [9, 5, 7, 2] {
            sequence.insert(seq, seq, 2);
        }
        assert_eq!((sequence.kept(), sequence.head()), (2, 9));
        sequence.insert(1, 1, 2);
        assert_eq!(drain(&mut sequence), [1, 2]);
        assert!(sequence.lacks_next());
    }

    proptest! {
        /// Whatever is lost, doubled or swapped on the way: with the gaps asked for, all comes out, in order and once.
        #[test]
        fn any_loss_and_disorder_comes_out_dense(
            total in 1_u64..60,
            pushes in prop::collection::vec(1_u64..60, 0..200),
            room in 0_usize..8,
        ) {
            let mut sequence = Sequence::new(0);
            let mut out = Vec::new();
            for seq in pushes.into_iter().filter(|seq| *seq <= total) {
                sequence.insert(seq, seq, room);
                out.extend(drain(&mut sequence));
            }
            sequence.see(total);
            while sequence.lacks_next() {
                let asked = sequence.released() + 1;
                sequence.insert(asked, asked, room);
                out.extend(drain(&mut sequence));
            }
            prop_assert_eq!(out, (1..=total).collect::<Vec<_>>());
        }
    }
}
