//! Faults that are planted on purpose, in simulated parts: they show that the simulation can fail.

use std::sync::Arc;

use flux_core::message::{Append, MessageText, Write, Written};
use flux_core::{Seq, Timestamp};

use crate::chance::Chance;

/// What is wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Plant {
    /// The store acknowledges some messages that it has not stored.
    ForgetfulStore,
    /// The store writes some messages under another text.
    GarblingStore,
    /// Nodes never reach each other, and the store tells them of no log that has changed.
    NoRepair,
}

/// What is planted in one run, if anything.
#[derive(Debug)]
pub(crate) struct Planted {
    what: Option<Plant>,
    chance: Chance,
}

/// How many of a thousand messages a planted fault hits.
const OFTEN: u64 = 50;

/// A place in a conversation that no run reaches.
const FAR: u64 = 1_000_000;

impl Planted {
    pub(crate) const fn new(what: Option<Plant>, chance: Chance) -> Self {
        Self { what, chance }
    }

    pub(crate) fn is(&self, plant: Plant) -> bool {
        self.what == Some(plant)
    }

    fn hits(&self, plant: Plant) -> bool {
        self.is(plant) && self.chance.permille(OFTEN)
    }

    /// What the store is made to write of a batch, and which of its writes it forgets.
    pub(crate) fn spoil(&self, batch: Vec<Write>) -> (Vec<Write>, Vec<usize>) {
        let (mut kept, mut forgotten) = (Vec::with_capacity(batch.len()), Vec::new());
        for (place, write) in batch.into_iter().enumerate() {
            match write {
                Write::Append(_) if self.hits(Plant::ForgetfulStore) => forgotten.push(place),
                Write::Append(Append { actor, conversation, message, .. })
                    if self.hits(Plant::GarblingStore) =>
                {
                    let text = MessageText::from_store("garbled".to_owned());
                    kept.push(Write::Append(Append { actor, conversation, message, text }));
                }
                write => kept.push(write),
            }
        }
        (kept, forgotten)
    }

    /// What the store says, with an answer for each write that it has forgotten.
    pub(crate) fn lie(mut written: Vec<Written>, forgotten: Vec<usize>) -> Vec<Written> {
        for place in forgotten {
            let lie = Written::Appended {
                seq: Seq::new(FAR).unwrap_or_default(),
                at: Timestamp::default(),
                repeated: false,
                members: Arc::new([]),
            };
            written.insert(place, lie);
        }
        written
    }
}
