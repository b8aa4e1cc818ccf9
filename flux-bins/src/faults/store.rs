//! A durable store that breaks its promises.

mod memory;

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
    ChangePlace, ChangedConversations, ChangedLog, Conversation, Cursor, History, HistoryFrom, MessageStore,
    MessageText, Stamp, Write, Written,
};
use flux_core::notify::{ChannelName, NoticeClaim, NoticeMark, NoticeNext, NoticeStore, WaitingConversation};
use flux_core::session::{
    Actor, EndedSession, NewSession, OpenSession, Revocations, RotateRefresh, Session, SessionEndReason,
    SessionPolicy, SessionRecord, SessionStore,
};
use flux_core::{
    ActError, ConversationId, DurableStore, Epoch, JobId, LogId, Secret, Seq, SessionId, StoreError,
    Timestamp, TokenHash, UserId,
};

use self::memory::Memory;
use super::pretend::Pretend;
use super::{Plan, Planted};

/// How long batches are let grow where they are to be turned around.
const GROW: Duration = Duration::from_millis(50);

/// Another store, less some promises.
pub(super) struct FaultyStore {
    inner: Arc<dyn DurableStore>,
    plan: Arc<Plan>,
    pretend: Pretend,
    memory: Memory,
}

/// What really is to be stored, and the place in the batch of what it is the answer to.
type Task = (Option<usize>, Write);

impl FaultyStore {
    pub(super) fn new(inner: Arc<dyn DurableStore>, plan: Arc<Plan>) -> Self {
        Self { pretend: Pretend::new(Arc::clone(&inner)), inner, plan, memory: Memory::default() }
    }

    /// What is to be stored of a batch. Of what is only to be acknowledged, the place in the batch comes into `pretended`,
    /// with whether it is stored later.
    fn tasks(&self, batch: &[Write], pretended: &mut Vec<(usize, bool)>) -> Vec<Task> {
        let mut tasks: Vec<Task> = Vec::with_capacity(batch.len());
        for (at, write) in batch.iter().enumerate() {
            let mut write = write.clone();
            let mut phantom = None;
            match &mut write {
                Write::Claim { user, .. } => self.memory.is_here(*user),
                Write::MoveCursor(_) => {}
                Write::Append(append) => {
                    let later = self.plan.strikes(Planted::HastyAck);
                    if later || self.plan.strikes(Planted::NotDurable) {
                        pretended.push((at, later));
                        continue;
                    }
                    if self.plan.has(Planted::Doubled) {
                        append.message = self.memory.new_name(append.actor.user, append.message);
                    }
                    if self.plan.strikes(Planted::TwoOwners) {
                        append.actor.generation = None;
                    }
                    if self.plan.strikes(Planted::Altered) {
                        append.text = MessageText::from_store(format!("not: {}", append.text.as_str()));
                    }
                    if self.plan.strikes(Planted::Phantom) {
                        let mut other = append.clone();
                        other.message = memory::other_name(other.message);
                        phantom = Some((None, Write::Append(other)));
                    }
                }
            }
            tasks.push((Some(at), write));
            tasks.extend(phantom);
        }
        let appends: Vec<usize> =
            (0..tasks.len()).filter(|at| matches!(tasks[*at].1, Write::Append(_))).collect();
        if appends.len() > 1 && self.plan.strikes(Planted::Reordered) {
            for (low, high) in appends.iter().zip(appends.iter().rev()).take(appends.len() / 2) {
                tasks.swap(*low, *high);
            }
        }
        tasks
    }

    /// The answer to a message that is not stored now. What would be refused is refused by the store itself.
    async fn pretend(&self, write: &Write, later: bool) -> Result<Option<Written>, StoreError> {
        if let Write::Append(append) = write
            && let Some(written) = self.pretend.append(append, later).await?
        {
            return Ok(Some(written));
        }
        Ok(self.inner.commit(std::slice::from_ref(write)).await?.pop())
    }

    /// What is said of an outcome instead.
    fn told(&self, write: &Write, outcome: Written) -> Written {
        match (write, outcome) {
            (Write::Append(append), Written::Appended { mut seq, at, repeated, mut members }) => {
                if !repeated {
                    self.pretend.note(append.conversation, seq);
                }
                if seq > Seq::ZERO.next() && self.plan.strikes(Planted::Torn) {
                    seq = Seq::new(seq.get() - 1).unwrap_or(seq);
                }
                let log = LogId::Conversation(append.conversation);
                if self.plan.strikes(Planted::Lost) {
                    self.memory.hide_for_ever(log);
                    members = Arc::default();
                } else if self.plan.strikes(Planted::Late) {
                    self.memory.hide(log);
                    members = Arc::default();
                } else if self.plan.strikes(Planted::NotMember) {
                    members = self.memory.everybody_here(&members);
                }
                Written::Appended { seq, at, repeated, members }
            }
            (_, Written::CursorMoved { cursor, changed, members })
                if self.plan.strikes(Planted::CursorBack) =>
            {
                let cursor = Cursor { delivered: Seq::ZERO, read: Seq::ZERO, ..cursor };
                Written::CursorMoved { cursor, changed, members }
            }
            (_, outcome) => outcome,
        }
    }
}

#[async_trait]
impl MessageStore for FaultyStore {
    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    async fn commit(&self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        if self.plan.has(Planted::Reordered) {
            tokio::time::sleep(GROW).await;
        }
        let (mut answers, mut pretended) = (vec![None; batch.len()], Vec::new());
        let tasks = self.tasks(batch, &mut pretended);
        let (places, writes): (Vec<_>, Vec<_>) = tasks.into_iter().unzip();
        let outcomes = if writes.is_empty() { Vec::new() } else { self.inner.commit(&writes).await? };
        for (place, outcome) in places.into_iter().zip(outcomes) {
            if let Some(at) = place {
                answers[at] = Some(self.told(&batch[at], outcome));
            }
        }
        // After the others of the batch, whose places come first.
        for (at, later) in pretended {
            answers[at] = self.pretend(&batch[at], later).await?;
        }
        Ok(answers.into_iter().flatten().collect())
    }

    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        from: HistoryFrom,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        let mut found = self.inner.history(user, conversation, from, limit).await?;
        if let Some(history) = &mut found {
            for message in &mut history.messages {
                message.message = self.memory.first_name(message.message);
            }
            if history.messages.len() > 2 && self.plan.strikes(Planted::Skipped) {
                history.messages.remove(1);
            }
            if self.plan.strikes(Planted::WrongSender) {
                history.messages.iter_mut().for_each(|message| message.sender = user);
            }
        }
        Ok(found)
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
        self.inner.horizon().await
    }

    async fn changed_logs(&self, since: Stamp, limit: usize) -> Result<Vec<ChangedLog>, StoreError> {
        let logs = self.inner.changed_logs(since, limit).await?;
        Ok(self.memory.seen(logs))
    }
}

#[async_trait]
impl SessionStore for FaultyStore {
    async fn open_session(
        &self,
        new: NewSession,
        policy: SessionPolicy,
        password_hash: Option<&Secret>,
    ) -> Result<OpenSession, StoreError> {
        self.inner.open_session(new, policy, password_hash).await
    }

    async fn session(&self, session: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        self.inner.session(session).await
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        self.inner.sessions(user).await
    }

    async fn rotate_refresh(
        &self,
        presented: TokenHash,
        next: TokenHash,
        grace: Duration,
    ) -> Result<RotateRefresh, StoreError> {
        self.inner.rotate_refresh(presented, next, grace).await
    }

    async fn end_session(
        &self,
        user: UserId,
        session: SessionId,
        reason: SessionEndReason,
    ) -> Result<Ended, StoreError> {
        if self.plan.strikes(Planted::AfterRevocation) {
            // Of another session than the one that is to end: of none, it would not have been found.
            let mut bytes = *session.as_bytes();
            bytes[9] = bytes[9].wrapping_add(1);
            let session = SessionId::from_slice(&bytes).unwrap_or(session);
            return Ok(Ended { sessions: vec![EndedSession { user, session, reason }], entries: Vec::new() });
        }
        self.inner.end_session(user, session, reason).await
    }

    async fn end_sessions(
        &self,
        user: UserId,
        keep: Option<SessionId>,
        reason: SessionEndReason,
    ) -> Result<Ended, StoreError> {
        self.inner.end_sessions(user, keep, reason).await
    }

    async fn expire_sessions(&self, idle: Duration, limit: usize) -> Result<Ended, StoreError> {
        self.inner.expire_sessions(idle, limit).await
    }

    async fn revocations(&self, since: Option<Timestamp>) -> Result<Revocations, StoreError> {
        self.inner.revocations(since).await
    }
}

/// Passes every method of a port on.
macro_rules! pass_on {
    ($port:ident { $(fn $name:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $port for FaultyStore {
            $(async fn $name(&self, $($arg: $kind),*) -> $answer {
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

impl DurableStore for FaultyStore {
    fn durable(&self) -> bool {
        self.inner.durable()
    }
}
