//! A process that dies before a given step: from then on, whatever it waits for never comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::message::{
    ChangePlace, ChangedConversations, ChangedLog, Conversation, History, HistoryFrom, MessageStore, Stamp,
    Write, Written,
};
use flux_core::notify::{ChannelName, NoticeClaim, NoticeMark, NoticeNext, NoticeStore, WaitingConversation};
use flux_core::{ConversationId, Epoch, StoreError, UserId};
use flux_store::memory::MemoryStore;

/// How many steps a process has left.
#[derive(Clone)]
pub(crate) struct Life(Option<Arc<AtomicUsize>>);

impl Life {
    pub(crate) fn immortal() -> Self {
        Self(None)
    }

    pub(crate) fn of(steps: usize) -> Self {
        Self(Some(Arc::new(AtomicUsize::new(steps))))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.as_ref().is_some_and(|left| left.load(Ordering::SeqCst) == 0)
    }

    /// Takes a step, if there is one left.
    pub(crate) async fn step(&self) {
        let Some(left) = &self.0 else { return };
        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// A store as a mortal process sees it. Each call is two steps, so that it dies before or after what the call does.
pub(crate) struct Mortal {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) life: Life,
}

impl Mortal {
    async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        self.life.step().await;
        let done = call.await;
        self.life.step().await;
        done
    }
}

#[async_trait]
impl MessageStore for Mortal {
    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    async fn commit(&self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        self.call(self.inner.commit(batch)).await
    }

    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        from: HistoryFrom,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        self.call(self.inner.history(user, conversation, from, limit)).await
    }

    async fn conversation(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        self.call(self.inner.conversation(user, conversation)).await
    }

    async fn changed_conversations(
        &self,
        user: UserId,
        since: Option<Stamp>,
        below: Option<ChangePlace>,
        limit: usize,
    ) -> Result<ChangedConversations, StoreError> {
        self.call(self.inner.changed_conversations(user, since, below, limit)).await
    }

    async fn horizon(&self) -> Result<Stamp, StoreError> {
        self.call(self.inner.horizon()).await
    }

    async fn changed_logs(&self, since: Stamp, limit: usize) -> Result<Vec<ChangedLog>, StoreError> {
        self.call(self.inner.changed_logs(since, limit)).await
    }
}

#[async_trait]
impl NoticeStore for Mortal {
    async fn notice_place(&self, channel: &ChannelName) -> Result<Stamp, StoreError> {
        self.call(self.inner.notice_place(channel)).await
    }

    async fn move_notice_place(&self, channel: &ChannelName, place: Stamp) -> Result<(), StoreError> {
        self.call(self.inner.move_notice_place(channel, place)).await
    }

    async fn note_waiting(
        &self,
        channel: &ChannelName,
        marks: &[NoticeMark],
        wait: Duration,
    ) -> Result<usize, StoreError> {
        self.call(self.inner.note_waiting(channel, marks, wait)).await
    }

    async fn take_due(
        &self,
        channel: &ChannelName,
        limit: usize,
        hold: Duration,
    ) -> Result<Vec<NoticeClaim>, StoreError> {
        self.call(self.inner.take_due(channel, limit, hold)).await
    }

    async fn waiting(
        &self,
        channel: &ChannelName,
        user: UserId,
        limit: usize,
    ) -> Result<Vec<WaitingConversation>, StoreError> {
        self.call(self.inner.waiting(channel, user, limit)).await
    }

    async fn settle_notice(
        &self,
        channel: &ChannelName,
        claim: &NoticeClaim,
        told: &[NoticeMark],
        next: NoticeNext,
    ) -> Result<bool, StoreError> {
        self.call(self.inner.settle_notice(channel, claim, told, next)).await
    }
}
