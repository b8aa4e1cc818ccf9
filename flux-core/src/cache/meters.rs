//! What the cache counts.

use super::CacheKey;
use crate::observe::{Counters, metric};

/// What became of reading one place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Read {
    /// It was there.
    Hit,
    /// It was not: the store was read, to fill it.
    Miss,
    /// Somebody else was filling it: the store was read.
    Taken,
    /// It was to be forgotten, and is not believed until it is: the store was read.
    Doubted,
    /// The cache did not answer: the store was read.
    Unanswered,
}

/// The handles.
#[derive(Debug)]
pub(super) struct Meters {
    reads: Counters<2>,
    fills: Counters<2>,
    forgotten: Counters<2>,
}

impl Meters {
    pub(super) const fn new() -> Self {
        Self {
            reads: Counters::new(metric::CACHE_READS),
            fills: Counters::new(metric::CACHE_FILLS),
            forgotten: Counters::new(metric::CACHE_FORGETS),
        }
    }

    pub(super) fn read(&self, kind: &'static str, outcome: Read, count: usize) {
        let outcome = match outcome {
            Read::Hit => "hit",
            Read::Miss => "miss",
            Read::Taken => "taken",
            Read::Doubted => "doubted",
            Read::Unanswered => "unanswered",
        };
        if count > 0 {
            self.reads.add([kind, outcome], count);
        }
    }

    /// `None` if the cache did not answer.
    pub(super) fn fill(&self, kind: &'static str, kept: Option<bool>) {
        let outcome = match kept {
            Some(true) => "kept",
            Some(false) => "refused",
            None => "unanswered",
        };
        self.fills.count([kind, outcome]);
    }

    pub(super) fn forgotten(&self, keys: &[CacheKey], outcome: &'static str) {
        for key in keys {
            self.forgotten.count([key.kind(), outcome]);
        }
    }
}
