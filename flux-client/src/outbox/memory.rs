use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::{OutboxChange, OutboxStore, QueuedSend};
use crate::error::StoreError;
use crate::id::{MessageId, UserId};

/// Forgets with the process. Shared between sessions it lets a new login of the same user send what an old one left.
#[derive(Debug, Default)]
pub struct MemoryOutbox {
    queue: Mutex<Queue>,
}

impl MemoryOutbox {
    /// With nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl OutboxStore for MemoryOutbox {
    async fn load(&self, sender: UserId) -> Result<Vec<QueuedSend>, StoreError> {
        Ok(self.queue().of(sender))
    }

    async fn apply(&self, changes: Vec<OutboxChange>) -> Result<(), StoreError> {
        let mut queue = self.queue();
        for change in changes {
            queue.apply(change);
        }
        Ok(())
    }
}

/// Queued sends in the order in which they were put.
#[derive(Debug, Default)]
pub(super) struct Queue {
    next: u64,
    sends: BTreeMap<u64, QueuedSend>,
    places: BTreeMap<MessageId, u64>,
}

impl Queue {
    pub(super) fn apply(&mut self, change: OutboxChange) {
        match change {
            OutboxChange::Put(send) => {
                if !self.places.contains_key(&send.message) {
                    self.next += 1;
                    self.places.insert(send.message, self.next);
                    self.sends.insert(self.next, send);
                }
            }
            OutboxChange::Remove(message) => {
                if let Some(place) = self.places.remove(&message) {
                    self.sends.remove(&place);
                }
            }
        }
    }

    pub(super) fn of(&self, sender: UserId) -> Vec<QueuedSend> {
        self.sends.values().filter(|send| send.sender == sender).cloned().collect()
    }

    #[cfg(feature = "native")]
    pub(super) fn all(&self) -> impl Iterator<Item = &QueuedSend> {
        self.sends.values()
    }

    #[cfg(feature = "native")]
    pub(super) fn len(&self) -> usize {
        self.sends.len()
    }
}
