//! Where messages wait until the server has them, so that a program that is killed sends them when it is back.

#[cfg(feature = "native")]
mod file;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod memory;

use std::fmt;

use async_trait::async_trait;
#[cfg(feature = "native")]
pub use file::FileOutbox;
pub use memory::MemoryOutbox;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::id::{MessageId, UserId};
use crate::model::Destination;
use crate::secret::Private;

/// A message that the server does not have yet, as far as this client knows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedSend {
    /// Who sends it. One store may serve several users, one after the other.
    pub sender: UserId,
    /// Where to.
    pub to: Destination,
    /// The same in every try.
    pub message: MessageId,
    /// What.
    pub text: String,
}

impl fmt::Debug for QueuedSend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuedSend")
            .field("sender", &self.sender)
            .field("to", &self.to)
            .field("message", &self.message)
            .field("text", &Private(&self.text))
            .finish()
    }
}

/// One change of an outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxChange {
    /// A message is to be sent.
    Put(QueuedSend),
    /// It was sent, failed for good, or was cancelled.
    Remove(MessageId),
}

/// Keeps queued sends.
///
/// # Contract
/// - After [`apply`](Self::apply) has returned `Ok`, the changes survive whatever the store promises to survive.
/// - Changes take effect in their order; on an error none or some of them, from the first on, have.
/// - A put of an id that is there replaces nothing and keeps its place; a removal of one that is not does nothing.
/// - One session at a time uses a store for one user.
#[async_trait]
pub trait OutboxStore: Send + Sync + 'static {
    /// All that `sender` has to send, in the order in which it was put.
    async fn load(&self, sender: UserId) -> Result<Vec<QueuedSend>, StoreError>;
    /// Makes changes, together if there are several.
    async fn apply(&self, changes: Vec<OutboxChange>) -> Result<(), StoreError>;
}
