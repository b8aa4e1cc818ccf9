//! The durable store as a node sees it: the memory store, behind a network and with moods.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{
    Account, AccountStore, Card, ChangeEmail, CreateAccount, Email, Ended, NewAccount, Profile,
    ProfileChange, Username, UsernamePrefix, Visibility,
};
use flux_core::feed::{FeedEntry, FeedRange, FeedStore};
use flux_core::friend::{
    Block, Friend, FriendLimits, FriendRefusal, FriendRequest, FriendStore, PageAfter, RelationChange,
    RelationChanged, RequestDirection,
};
use flux_core::job::{JobStep, JobStore};
use flux_core::message::{
    ChangePlace, ChangedConversations, ChangedLog, Conversation, History, HistoryFrom, MessageStore, Stamp,
    Write, Written,
};
use flux_core::notify::{ChannelName, NoticeClaim, NoticeMark, NoticeNext, NoticeStore, WaitingConversation};
use flux_core::session::{
    Actor, NewSession, OpenSession, Revocations, RotateRefresh, Session, SessionEndReason, SessionPolicy,
    SessionRecord, SessionStore,
};
use flux_core::{
    ActError, ConversationId, DurableStore, Epoch, JobId, Secret, Seq, SessionId, StoreError, Timestamp,
    TokenHash, UserId,
};
use flux_store::memory::MemoryStore;
use tokio::sync::oneshot;

use crate::climate::Way;
use crate::plant::{Plant, Planted};

/// The way of one process to the store that all share.
pub(crate) struct SimStore {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) way: Way,
    pub(crate) planted: Arc<Planted>,
}

#[async_trait]
impl MessageStore for SimStore {
    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    /// A batch that was handed over is written, or not, whether or not anybody still waits for the answer.
    async fn commit(&self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let (inner, way, planted) = (Arc::clone(&self.inner), self.way.clone(), Arc::clone(&self.planted));
        let batch = batch.to_vec();
        tokio::spawn(async move {
            let commit = async {
                let (batch, forgotten) = planted.spoil(batch);
                Ok(Planted::lie(inner.commit(&batch).await?, forgotten))
            };
            // Who asked may have gone.
            let _ = answer.send(way.call("commit", commit).await);
        });
        answered.await.unwrap_or_else(|_| Err(StoreError::unavailable("nobody answers")))
    }

    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        from: HistoryFrom,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        self.way.call("history", self.inner.history(user, conversation, from, limit)).await
    }

    async fn conversation(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        self.way.call("conversation", self.inner.conversation(user, conversation)).await
    }

    async fn changed_conversations(
        &self,
        user: UserId,
        since: Option<Stamp>,
        below: Option<ChangePlace>,
        limit: usize,
    ) -> Result<ChangedConversations, StoreError> {
        self.way.call("changed", self.inner.changed_conversations(user, since, below, limit)).await
    }

    async fn horizon(&self) -> Result<Stamp, StoreError> {
        self.way.call("horizon", self.inner.horizon()).await
    }

    async fn changed_logs(&self, since: Stamp, limit: usize) -> Result<Vec<ChangedLog>, StoreError> {
        if self.planted.is(Plant::NoRepair) {
            return Ok(Vec::new());
        }
        self.way.call("logs", self.inner.changed_logs(since, limit)).await
    }
}

/// Passes every method of a port on.
macro_rules! pass_on {
    ($port:ident { $(fn $name:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $port for SimStore {
            $(async fn $name(&self, $($arg: $kind),*) -> $answer {
                self.way.call(stringify!($name), self.inner.$name($($arg),*)).await
            })*
        }
    };
}

pass_on!(AccountStore {
    fn create_account(new: NewAccount) -> Result<CreateAccount, StoreError>;
    fn account(user: UserId) -> Result<Option<Account>, StoreError>;
    fn account_by_username(username: &Username) -> Result<Option<Account>, StoreError>;
    fn account_by_email(email: &Email) -> Result<Option<Account>, StoreError>;
    fn cards(users: &[UserId]) -> Result<Vec<Card>, StoreError>;
    fn visibilities(users: &[UserId]) -> Result<Vec<Visibility>, StoreError>;
    fn search_usernames(prefix: &UsernamePrefix, limit: usize) -> Result<Vec<Profile>, StoreError>;
    fn change_profile(actor: &Actor, change: &ProfileChange) -> Result<(Profile, Option<FeedEntry>), ActError>;
    fn set_password(user: UserId, hash: &Secret, keep: Option<SessionId>) -> Result<Ended, StoreError>;
    fn upgrade_password_hash(user: UserId, from: &Secret, to: &Secret) -> Result<(), StoreError>;
    fn set_email(actor: &Actor, email: &Email) -> Result<ChangeEmail, ActError>;
    fn delete_account(actor: &Actor) -> Result<Ended, ActError>;
    fn set_disabled(user: UserId, disabled: bool) -> Result<Option<Ended>, StoreError>;
    fn set_invisible(actor: &Actor, invisible: bool) -> Result<(), ActError>;
    fn touch_last_seen(seen: &[(UserId, Timestamp)]) -> Result<(), StoreError>;
});

pass_on!(SessionStore {
    fn open_session(
        new: NewSession, policy: SessionPolicy, password_hash: Option<&Secret>
    ) -> Result<OpenSession, StoreError>;
    fn session(session: SessionId) -> Result<Option<SessionRecord>, StoreError>;
    fn sessions(user: UserId) -> Result<Vec<Session>, StoreError>;
    fn rotate_refresh(presented: TokenHash, next: TokenHash, grace: Duration) -> Result<RotateRefresh, StoreError>;
    fn end_session(user: UserId, session: SessionId, reason: SessionEndReason) -> Result<Ended, StoreError>;
    fn end_sessions(user: UserId, keep: Option<SessionId>, reason: SessionEndReason) -> Result<Ended, StoreError>;
    fn expire_sessions(idle: Duration, limit: usize) -> Result<Ended, StoreError>;
    fn revocations(since: Option<Timestamp>) -> Result<Revocations, StoreError>;
});

pass_on!(FriendStore {
    fn change_relation(
        actor: &Actor, change: &RelationChange, limits: &FriendLimits
    ) -> Result<Result<RelationChanged, FriendRefusal>, ActError>;
    fn requests(
        user: UserId, direction: RequestDirection, page: PageAfter
    ) -> Result<Vec<FriendRequest>, StoreError>;
    fn friends(user: UserId, page: PageAfter) -> Result<Vec<Friend>, StoreError>;
    fn mutual_friends(user: UserId, others: &[UserId]) -> Result<Vec<UserId>, StoreError>;
    fn all_mutual_friends(user: UserId, limit: usize) -> Result<Vec<UserId>, StoreError>;
    fn blocks(user: UserId, page: PageAfter) -> Result<Vec<Block>, StoreError>;
});

pass_on!(FeedStore {
    fn feed(user: UserId, after: Seq, limit: usize) -> Result<FeedRange, StoreError>;
    fn cut_feeds(keep: usize, limit: usize) -> Result<usize, StoreError>;
});

pass_on!(JobStore {
    fn jobs(limit: usize) -> Result<Vec<JobId>, StoreError>;
    fn advance_job(job: JobId, page: usize) -> Result<JobStep, StoreError>;
});

pass_on!(NoticeStore {
    fn notice_place(channel: &ChannelName) -> Result<Stamp, StoreError>;
    fn move_notice_place(channel: &ChannelName, place: Stamp) -> Result<(), StoreError>;
    fn note_waiting(
        channel: &ChannelName, marks: &[NoticeMark], wait: Duration
    ) -> Result<usize, StoreError>;
    fn take_due(channel: &ChannelName, limit: usize, hold: Duration) -> Result<Vec<NoticeClaim>, StoreError>;
    fn waiting(
        channel: &ChannelName, user: UserId, limit: usize
    ) -> Result<Vec<WaitingConversation>, StoreError>;
    fn settle_notice(
        channel: &ChannelName, claim: &NoticeClaim, told: &[NoticeMark], next: NoticeNext
    ) -> Result<bool, StoreError>;
});

impl DurableStore for SimStore {
    fn durable(&self) -> bool {
        // Nothing that a node does ends it.
        true
    }
}
