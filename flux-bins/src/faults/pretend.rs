//! Acknowledgements of what is not stored: their places are guessed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flux_core::message::{Append, Write, Written};
use flux_core::{ConversationId, DurableStore, MessageId, Seq, StoreError, Timestamp, UserId};
use tokio::sync::mpsc;

/// How long after its acknowledgement a message is stored, if it is at all.
const AFTER: Duration = Duration::from_millis(200);

/// Says where messages would be, and stores them later.
pub(super) struct Pretend {
    inner: Arc<dyn DurableStore>,
    heads: Mutex<BTreeMap<ConversationId, Seq>>,
    placed: Mutex<BTreeMap<(UserId, MessageId), Seq>>,
    later: mpsc::UnboundedSender<Append>,
}

impl Pretend {
    pub(super) fn new(inner: Arc<dyn DurableStore>) -> Self {
        let (later, mut waiting) = mpsc::unbounded_channel::<Append>();
        let store = Arc::clone(&inner);
        tokio::spawn(async move {
            while let Some(append) = waiting.recv().await {
                tokio::time::sleep(AFTER).await;
                // It was acknowledged: there is nobody to tell of an error.
                let _ = store.commit(&[Write::Append(append)]).await;
            }
        });
        Self { inner, heads: Mutex::default(), placed: Mutex::default(), later }
    }

    /// Notes where the store has put a message.
    pub(super) fn note(&self, conversation: ConversationId, seq: Seq) {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).insert(conversation, seq);
    }

    /// What the store would say of this; `None` if it would refuse it. With `later` it is stored after that, else never.
    pub(super) async fn append(&self, append: &Append, later: bool) -> Result<Option<Written>, StoreError> {
        let found = self.inner.conversation(append.actor.user, append.conversation).await?;
        let Some(conversation) = found else { return Ok(None) };
        let key = (append.actor.user, append.message);
        let (seq, repeated) = {
            let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
            let mut placed = self.placed.lock().unwrap_or_else(PoisonError::into_inner);
            let head = heads.entry(append.conversation).or_insert(conversation.head);
            if let Some(seq) = placed.get(&key) {
                (*seq, true)
            } else {
                *head = head.next();
                placed.insert(key, *head);
                (*head, false)
            }
        };
        if later && !repeated {
            // The other end lives as long as this.
            let _ = self.later.send(append.clone());
        }
        let members = conversation.cursors.iter().map(|cursor| cursor.user).collect();
        let at = conversation.last_message.unwrap_or(Timestamp::from_millis(1));
        Ok(Some(Written::Appended { seq, at, repeated, members }))
    }
}
