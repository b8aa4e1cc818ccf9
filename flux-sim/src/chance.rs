//! Chance, all of it from the seed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The same numbers for the same seed, on every machine (SplitMix64). Each part of a simulation has one of its own, so
/// that what one part draws does not move what another gets.
#[derive(Debug)]
pub(crate) struct Chance(Mutex<u64>);

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    /// That of a part of what this one is for.
    pub(crate) fn fork(&self) -> Self {
        Self::new(mix(self.next()))
    }

    pub(crate) fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(STEP);
        mix(*state)
    }

    /// A number below `bound`.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// A place in something that has `length` of them.
    pub(crate) fn index(&self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// True so many times in a thousand.
    pub(crate) fn permille(&self, of_thousand: u64) -> bool {
        self.below(1_000) < of_thousand
    }

    /// From `least` to `most`, in microseconds.
    pub(crate) fn span(&self, least: Duration, most: Duration) -> Duration {
        let width = most.saturating_sub(least).as_micros();
        least + Duration::from_micros(self.below(u64::try_from(width).unwrap_or(u64::MAX).saturating_add(1)))
    }

    /// From `least` to `most` milliseconds.
    pub(crate) fn millis(&self, least: u64, most: u64) -> Duration {
        self.span(Duration::from_millis(least), Duration::from_millis(most))
    }

    fn bytes(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let bytes = self.next().to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

impl flux_core::Entropy for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        self.bytes(buffer);
    }
}

impl flux_client::Entropy for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        self.bytes(buffer);
    }
}
