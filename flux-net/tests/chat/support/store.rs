//! A durable store that fails, waits or panics on command, and is a memory store otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
    ActError, ConversationId, DurableStore, Epoch, JobId, Secret, SessionId, StoreError, Timestamp,
    TokenHash, UserId,
};
use flux_store::memory::MemoryStore;
use tokio::sync::Semaphore;

pub(crate) struct FaultyStore {
    inner: Arc<MemoryStore>,
    failing: AtomicUsize,
    gated: AtomicBool,
    gate: Semaphore,
    waiting: AtomicUsize,
    panicking: AtomicBool,
    over: AtomicBool,
}

impl FaultyStore {
    pub(crate) fn new(inner: Arc<MemoryStore>) -> Self {
        Self {
            inner,
            failing: AtomicUsize::new(0),
            gated: AtomicBool::new(false),
            gate: Semaphore::new(0),
            waiting: AtomicUsize::new(0),
            panicking: AtomicBool::new(false),
            over: AtomicBool::new(false),
        }
    }

    /// The next commit fails, and nothing of it was done.
    pub(crate) fn fail_next_commit(&self) {
        self.failing.fetch_add(1, Ordering::SeqCst);
    }

    /// From now on commits wait.
    pub(crate) fn hold_commits(&self) {
        self.gated.store(true, Ordering::SeqCst);
    }

    /// How many commits wait.
    pub(crate) fn held_commits(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Lets all commits through again.
    pub(crate) fn let_all_through(&self) {
        self.gated.store(false, Ordering::SeqCst);
        self.gate.add_permits(self.held_commits());
    }

    /// Somebody else has begun another epoch.
    pub(crate) fn end_epoch(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    fn not_over(&self) -> Result<(), StoreError> {
        if self.over.load(Ordering::SeqCst) { Err(StoreError::OtherEpoch) } else { Ok(()) }
    }

    /// From now on reading history is a bug.
    pub(crate) fn panic_on_history(&self) {
        self.panicking.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl MessageStore for FaultyStore {
    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    async fn commit(&self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        self.not_over()?;
        if self.gated.load(Ordering::SeqCst) {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let permit = self.gate.acquire().await.map_err(StoreError::unavailable)?;
            permit.forget();
            self.waiting.fetch_sub(1, Ordering::SeqCst);
        }
        let failing = self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if failing.is_ok() {
            return Err(StoreError::unavailable("told to fail"));
        }
        self.inner.commit(batch).await
    }

    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        from: HistoryFrom,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        assert!(!self.panicking.load(Ordering::SeqCst), "told to panic");
        self.inner.history(user, conversation, from, limit).await
    }

    async fn conversation(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        self.inner.conversation(user, conversation).await
    }

    async fn changed_conversations(
        &self,
        user: UserId,
        since: Option<Stamp>,
        below: Option<ChangePlace>,
        limit: usize,
    ) -> Result<ChangedConversations, StoreError> {
        self.inner.changed_conversations(user, since, below, limit).await
    }

    async fn horizon(&self) -> Result<Stamp, StoreError> {
        self.not_over()?;
        self.inner.horizon().await
    }

    async fn changed_logs(&self, since: Stamp, limit: usize) -> Result<Vec<ChangedLog>, StoreError> {
        self.inner.changed_logs(since, limit).await
    }
}

/// Passes every method of a port on.
macro_rules! pass_on {
    ($port:ident { $(fn $name:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $port for FaultyStore {
            $(async fn $name(&self, $($arg: $kind),*) -> $answer {
                self.not_over()?;
                self.inner.$name($($arg),*).await
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
    fn feed(user: UserId, after: flux_core::Seq, limit: usize) -> Result<FeedRange, StoreError>;
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

impl DurableStore for FaultyStore {
    fn durable(&self) -> bool {
        false
    }
}
