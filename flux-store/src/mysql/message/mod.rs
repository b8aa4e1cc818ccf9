//! Messages, cursors and conversations.

mod commit;
mod facts;
mod read;

use std::sync::Arc;

use async_trait::async_trait;
use flux_core::message::{
    ChangePlace, ChangedConversations, ChangedLog, Conversation, History, HistoryFrom, MessageStore, Stamp,
    Write, Written,
};
use flux_core::{ConversationId, Epoch, StoreError, UserId};

use super::MySqlStore;

#[cfg(all(test, feature = "servers", feature = "system"))]
pub(super) use {commit::many as commit_many, facts::many as facts_many, read::STATEMENTS};

#[async_trait]
impl MessageStore for MySqlStore {
    fn epoch(&self) -> Epoch {
        self.inner.epoch
    }

    async fn commit(&self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let batch: Arc<[Write]> = batch.into();
        self.inner.write(move |tx| Box::pin(commit::commit(tx, Arc::clone(&batch)))).await
    }

    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        from: HistoryFrom,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        read::history(&self.inner, user, conversation, from, limit).await
    }

    async fn conversation(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        read::conversation(&self.inner, user, conversation).await
    }

    async fn changed_conversations(
        &self,
        user: UserId,
        since: Option<Stamp>,
        below: Option<ChangePlace>,
        limit: usize,
    ) -> Result<ChangedConversations, StoreError> {
        read::changed_conversations(&self.inner, user, since, below, limit).await
    }

    async fn horizon(&self) -> Result<Stamp, StoreError> {
        self.inner.settled().await
    }

    async fn changed_logs(&self, since: Stamp, limit: usize) -> Result<Vec<ChangedLog>, StoreError> {
        read::changed_logs(&self.inner, since, limit).await
    }
}
