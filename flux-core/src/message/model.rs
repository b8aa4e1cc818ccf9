//! What a message, a cursor and a conversation are.

use serde::{Deserialize, Serialize};

pub use super::text::MessageText;
use crate::id::{ConversationId, Epoch, MessageId, Pair, Seq, UserId};
use crate::session::Actor;
use crate::time::Timestamp;

/// One stored message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where.
    pub conversation: ConversationId,
    /// Its place: dense, from 1, in the order of commits.
    pub seq: Seq,
    /// The user of the session that sent it.
    pub sender: UserId,
    /// Chosen by the sender.
    pub message: MessageId,
    /// As it was sent.
    pub text: MessageText,
    /// When it was stored, by the store's clock.
    pub at: Timestamp,
}

/// How far one member has got; `read <= delivered <= head`, and both only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Whose.
    pub user: UserId,
    /// All up to this one reached a device of theirs.
    pub delivered: Seq,
    /// All up to this one was seen by them.
    pub read: Seq,
}

/// Who may write to a direct conversation; it stands in the conversation's own row, so that the append which takes a
/// seq there decides without another read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectPolicy {
    /// Whether the two are friends.
    pub friends: bool,
    /// Whether the one with the smaller id blocks the other.
    pub low_blocks: bool,
    /// Whether the one with the greater id blocks the other.
    pub high_blocks: bool,
    /// Whether one of them is gone for good.
    pub closed: bool,
}

impl DirectPolicy {
    /// Whether either may write.
    pub const fn writable(&self) -> bool {
        self.friends && !self.low_blocks && !self.high_blocks && !self.closed
    }

    /// As one small number, for stores: bits 0 to 3.
    pub const fn to_bits(self) -> u8 {
        self.friends as u8
            | (self.low_blocks as u8) << 1
            | (self.high_blocks as u8) << 2
            | (self.closed as u8) << 3
    }

    /// Reads what [`to_bits`](Self::to_bits) wrote; `None` if other bits are set.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits > 0b1111 {
            return None;
        }
        Some(Self {
            friends: bits & 1 != 0,
            low_blocks: bits & 2 != 0,
            high_blocks: bits & 4 != 0,
            closed: bits & 8 != 0,
        })
    }
}

/// What a conversation is and who may write to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConversationKind {
    /// Of two people.
    Direct(Pair, DirectPolicy),
}

impl ConversationKind {
    /// Whether `user`, who is a member, may write now.
    pub const fn writable_by(&self, _user: UserId) -> bool {
        match self {
            Self::Direct(_, policy) => policy.writable(),
        }
    }
}

/// A conversation as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub conversation: ConversationId,
    /// The newest seq.
    pub head: Seq,
    /// When the newest message was stored; `None` if there is none.
    pub last_message: Option<Timestamp>,
    /// Every member's cursor, ascending by user.
    pub cursors: Vec<Cursor>,
    /// Whether the one who asks may write now.
    pub writable: bool,
    /// When any of this last changed.
    pub changed: Stamp,
}

/// Orders changes of one epoch: whatever commits after a stamp was read carries a greater one, or, where several
/// writers make that impossible, one that [`overlaps`](crate::message::MessageStore::horizon) accounts for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp(pub u64);

/// Where a sync ended. Opaque to clients; it may repeat changes, never omit any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncCursor {
    /// The life of the store that it belongs to.
    pub epoch: Epoch,
    /// All up to here was told.
    pub until: Stamp,
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// To a conversation.
    Conversation(ConversationId),
    /// To the direct conversation with this user.
    User(UserId),
}

/// A message to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Who sends.
    pub actor: Actor,
    /// Where.
    pub conversation: ConversationId,
    /// Chosen by the sender.
    pub message: MessageId,
    /// As it is.
    pub text: MessageText,
}

/// A cursor to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorMove {
    /// Whose.
    pub actor: Actor,
    /// Where.
    pub conversation: ConversationId,
    /// At least this far delivered.
    pub delivered: Seq,
    /// At least this far read.
    pub read: Seq,
}

/// The acknowledgement of a send: it follows the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The life of the store.
    pub epoch: Epoch,
    /// Where.
    pub conversation: ConversationId,
    /// Its place.
    pub seq: Seq,
    /// When it was stored.
    pub at: Timestamp,
    /// Whether an earlier send with the same message id had stored it.
    pub repeated: bool,
}

/// Which stretch of a conversation to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryFrom {
    /// The newest messages below this seq; `None` for the newest of all.
    Before(Option<Seq>),
    /// The oldest messages above this seq.
    After(Seq),
}

/// A stretch of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Ascending, without holes.
    pub messages: Vec<Message>,
    /// The newest seq of the conversation.
    pub head: Seq,
}
