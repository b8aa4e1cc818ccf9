//! An outbox that records a message before anybody can send it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use flux_client::{MemoryOutbox, MessageId, OutboxChange, OutboxStore, QueuedSend, StoreError, UserId};
use flux_history::What;

use crate::chaos::tape::Tape;

/// The numbers of the sends that are not answered.
#[derive(Clone, Default)]
pub(super) struct Open(Arc<Mutex<BTreeMap<MessageId, u64>>>);

impl Open {
    /// The number of a send, once.
    pub(super) fn take(&self, message: MessageId) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&message)
    }

    fn put(&self, message: MessageId, op: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(message, op);
    }
}

/// In memory, for one session.
pub(super) struct RecordedOutbox {
    inner: MemoryOutbox,
    session: String,
    tape: Arc<Tape>,
    open: Open,
}

impl RecordedOutbox {
    pub(super) fn new(session: String, tape: Arc<Tape>, open: Open) -> Self {
        Self { inner: MemoryOutbox::new(), session, tape, open }
    }

    fn note(&self, send: &QueuedSend) {
        let op = self.tape.number();
        self.open.put(send.message, op);
        self.tape.note(What::Send {
            op,
            session: self.session.clone().into(),
            connection: None,
            lane: Some(self.session.clone().into()),
            conversation: send.to.conversation(send.sender).to_string().into(),
            message: send.message.to_string().into(),
            body: send.text.clone().into(),
        });
    }
}

#[async_trait]
impl OutboxStore for RecordedOutbox {
    async fn load(&self, sender: UserId) -> Result<Vec<QueuedSend>, StoreError> {
        self.inner.load(sender).await
    }

    async fn apply(&self, changes: Vec<OutboxChange>) -> Result<(), StoreError> {
        for change in &changes {
            if let OutboxChange::Put(send) = change {
                self.note(send);
            }
        }
        self.inner.apply(changes).await
    }
}
