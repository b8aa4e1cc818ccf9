//! Messages, cursors and conversations.

mod commit;
mod facts;
mod read;

use async_trait::async_trait;
use flux_core::message::{
    ChangePlace, ChangedConversations, ChangedLog, Conversation, History, HistoryFrom, MessageStore, Stamp,
    Write, Written,
};
use flux_core::{ConversationId, Epoch, StoreError, UserId};

use super::SqliteStore;

#[cfg(test)]
pub(super) use {commit::many as commit_many, facts::many as facts_many, read::STATEMENTS};

#[async_trait]
impl MessageStore for SqliteStore {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    async fn commit(&self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let batch = batch.to_vec();
        self.writer.write(move |tx| Box::pin(commit::commit(tx, batch))).await
    }

    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        from: HistoryFrom,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        read::history(&self.readers, user, conversation, from, limit).await
    }

    async fn conversation(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        read::conversation(&self.readers, user, conversation).await
    }

    async fn changed_conversations(
        &self,
        user: UserId,
        since: Option<Stamp>,
        below: Option<ChangePlace>,
        limit: usize,
    ) -> Result<ChangedConversations, StoreError> {
        read::changed_conversations(&self.readers, user, since, below, limit).await
    }

    async fn horizon(&self) -> Result<Stamp, StoreError> {
        Ok(self.writer.horizon())
    }

    async fn changed_logs(&self, since: Stamp, limit: usize) -> Result<Vec<ChangedLog>, StoreError> {
        read::changed_logs(&self.readers, since, limit).await
    }
}
