//! Chance that can be had again: the same seed draws the same.

use std::time::Duration;

/// A stream of draws (SplitMix64). Nothing secret is drawn from it.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// From `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A stream of its own for `what`, whatever is drawn from this one before or after.
    #[must_use]
    pub fn fork(&self, what: u64) -> Self {
        let mut other = Self { state: self.state ^ what.wrapping_mul(0xd1b5_4a32_d192_ed03) };
        Self { state: other.next() }
    }

    /// Any number.
    #[expect(clippy::should_implement_trait, reason = "it never ends, so it is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = end.max(1) as u64;
        usize::try_from((u128::from(self.next()) * u128::from(end)) >> 64).unwrap_or_default()
    }

    /// Whether something happens that does once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them, unless there is none.
    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        among.get(self.below(among.len()))
    }

    /// A time from `least` to `most`.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = most.saturating_sub(least);
        let part = self.below(1 << 16);
        least + span.mul_f64(f64::from(u32::try_from(part).unwrap_or_default()) / f64::from(1_u32 << 16))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_and_forks_do_not_depend_on_what_was_drawn() {
        let (mut one, mut other) = (Random::new(7), Random::new(7));
        assert_eq!([one.next(), one.next()], [other.next(), other.next()]);
        let fork = Random::new(7).fork(3).next();
        assert_eq!(fork, Random::new(7).fork(3).next());
        assert_ne!(fork, Random::new(7).fork(4).next());
    }

    #[test]
    fn draws_stay_in_their_range_and_reach_all_of_it() {
        let mut random = Random::new(1);
        let mut seen = [false; 5];
        for _ in 0..200 {
            seen[random.below(5)] = true;
        }
        assert_eq!(seen, [true; 5]);
        assert_eq!((random.below(0), random.below(1)), (0, 0));
        assert_eq!(random.pick::<u8>(&[]), None);
        let (least, most) = (Duration::from_millis(10), Duration::from_millis(20));
        assert!((0..200).all(|_| (least..=most).contains(&random.between(least, most))));
    }
}
