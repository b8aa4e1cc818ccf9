//! The port that keeps messages, cursors and conversations.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Append, Conversation, Cursor, CursorMove, History, HistoryFrom, SendRefusal, Stamp};
use crate::error::{Fenced, StoreError};
use crate::id::{ConversationId, Epoch, Generation, LogId, Seq, SessionId, UserId};
use crate::time::Timestamp;

/// One write of a group commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Store a message.
    Append(Append),
    /// Move a cursor.
    MoveCursor(CursorMove),
    /// Give a connection the session: raises its generation.
    Claim {
        /// Whose session it must be.
        user: UserId,
        /// Which.
        session: SessionId,
    },
}

/// What came of one write of a group commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// The message is stored under this seq.
    Appended {
        /// Its place.
        seq: Seq,
        /// When it was stored.
        at: Timestamp,
        /// Whether an earlier write had stored it.
        repeated: bool,
        /// Whom it concerns, the sender too.
        members: Arc<[UserId]>,
    },
    /// The cursor stands here now.
    CursorMoved {
        /// Where it stands.
        cursor: Cursor,
        /// Whether this write moved it.
        changed: bool,
        /// Whom it concerns, its owner too.
        members: Arc<[UserId]>,
    },
    /// The session is the claimer's under this generation.
    Claimed(Generation),
    /// The write was refused and changed nothing; the others of the batch are not concerned.
    Refused(WriteRefusal),
}

/// Why one write of a group commit was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteRefusal {
    /// The session may not write.
    #[error(transparent)]
    Fenced(#[from] Fenced),
    /// The rules of sending say no.
    #[error(transparent)]
    Send(#[from] SendRefusal),
    /// A cursor cannot stand beyond the newest message.
    #[error("beyond the newest message")]
    BeyondHead,
}

/// Conversations of one user that changed, newest change first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedConversations {
    /// At most as many as asked for.
    pub conversations: Vec<Conversation>,
    /// Whether there are more beyond the last one.
    pub more: bool,
}

/// Where a page of [`MessageStore::changed_conversations`] goes on: after the change and id of its last item.
pub type ChangePlace = (Stamp, ConversationId);

/// A log whose head or cursors changed, and who reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedLog {
    /// Which.
    pub log: LogId,
    /// Its newest seq.
    pub head: Seq,
    /// Its members, or the one reader of a feed.
    pub readers: Arc<[UserId]>,
    /// When it changed.
    pub changed: Stamp,
    /// The cursors of a conversation's members, ascending by user, each with when it last moved; of a feed, none.
    pub cursors: Vec<(Cursor, Stamp)>,
}

/// Keeps messages, cursors and conversations.
///
/// # Contract
/// - [`commit`](Self::commit) is one transaction. It locks the conversations of the batch in ascending order of id,
///   reads the [`Facts`](super::Facts) under the locks, lets [`plan`](super::plan) decide, and writes what the plan
///   says. An error means that it may or may not have committed, as a whole.
/// - So seqs are dense and in the order of commits, a repeated message id gets its first seq, and a refused write
///   leaves no trace.
/// - Whoever is no member, and whoever asks for a conversation that is not, gets the same answer.
/// - A change of a conversation's head, cursors or policy, and an entry in a feed, stamps its log.
/// - Times come from the store's clock.
#[async_trait]
pub trait MessageStore: Send + Sync + 'static {
    /// Which life of the store this is.
    fn epoch(&self) -> Epoch;

    /// Commits a batch; one outcome per write, in its order. At most [`MAX_BATCH`](super::MAX_BATCH) writes.
    async fn commit(&self, batch: &[Write]) -> Result<Vec<Written>, StoreError>;

    /// At most `limit` messages; `None` if `user` is no member.
    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        from: HistoryFrom,
        limit: usize,
    ) -> Result<Option<History>, StoreError>;

    /// One conversation as `user` sees it; `None` if they are no member.
    async fn conversation(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Conversation>, StoreError>;

    /// The conversations of `user` that changed after `since` (all with `None`) and that stand below `below` in the
    /// order of the newest change first, at most `limit`.
    async fn changed_conversations(
        &self,
        user: UserId,
        since: Option<Stamp>,
        below: Option<ChangePlace>,
        limit: usize,
    ) -> Result<ChangedConversations, StoreError>;

    /// A stamp such that whatever is not yet visible to a read that starts now gets a greater one.
    async fn horizon(&self) -> Result<Stamp, StoreError>;

    /// Logs, of whomever, that changed after `since`, oldest change first, at most `limit`; those with the same stamp
    /// are not torn apart, so that the next call goes on from the last one's stamp.
    async fn changed_logs(&self, since: Stamp, limit: usize) -> Result<Vec<ChangedLog>, StoreError>;
}

/// The longest that a transaction of a store may take, and so what readers by time overlap by: 2 s.
pub const LONGEST_TRANSACTION: Duration = Duration::from_secs(2);
