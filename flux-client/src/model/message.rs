use std::fmt;

use flux_proto::v1;
use serde::{Deserialize, Serialize};

use super::all;
use crate::error::ClientError;
use crate::id::{ConversationId, MessageId, UserId};
use crate::secret::Private;

/// One stored message.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Where.
    pub conversation: ConversationId,
    /// Its place there: dense, from 1, the same for everybody.
    pub seq: u64,
    /// Who sent it.
    pub sender: UserId,
    /// Chosen by the sender.
    pub message: MessageId,
    /// As it was sent. Whoever shows it escapes it.
    pub text: String,
    /// When it was stored, in milliseconds since the Unix epoch by the server's clock.
    pub stored_ms: i64,
}

impl TryFrom<v1::Message> for Message {
    type Error = ClientError;
    fn try_from(wire: v1::Message) -> Result<Self, ClientError> {
        if wire.seq == 0 {
            return Err(ClientError::Protocol("a message without a seq"));
        }
        Ok(Self {
            conversation: wire.conversation_id.parse()?,
            seq: wire.seq,
            sender: wire.sender_id.parse()?,
            message: wire.message_id.parse()?,
            text: wire.text,
            stored_ms: wire.stored_ms,
        })
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("conversation", &self.conversation)
            .field("seq", &self.seq)
            .field("sender", &self.sender)
            .field("message", &self.message)
            .field("text", &Private(&self.text))
            .field("stored_ms", &self.stored_ms)
            .finish()
    }
}

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// To a conversation.
    Conversation(ConversationId),
    /// To the direct conversation with this user.
    User(UserId),
}

impl Destination {
    /// The conversation it comes to for `sender`.
    #[must_use]
    pub fn conversation(self, sender: UserId) -> ConversationId {
        match self {
            Self::Conversation(conversation) => conversation,
            Self::User(user) => ConversationId::direct(sender, user),
        }
    }
}

impl From<ConversationId> for Destination {
    fn from(conversation: ConversationId) -> Self {
        Self::Conversation(conversation)
    }
}

impl From<UserId> for Destination {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

/// How far one member has got: `read_seq <= delivered_seq <=` the newest seq; both only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cursor {
    /// Whose.
    pub user: UserId,
    /// All up to this one reached a device of theirs.
    pub delivered_seq: u64,
    /// All up to this one was seen by them.
    pub read_seq: u64,
}

impl TryFrom<v1::Cursor> for Cursor {
    type Error = ClientError;
    fn try_from(wire: v1::Cursor) -> Result<Self, ClientError> {
        Ok(Self {
            user: wire.user_id.parse()?,
            delivered_seq: wire.delivered_seq.max(wire.read_seq),
            read_seq: wire.read_seq,
        })
    }
}

/// A member of a conversation has got further. Several moves may come as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Where.
    pub conversation: ConversationId,
    /// Who, and whereto.
    pub cursor: Cursor,
}

/// A conversation as its member sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conversation {
    /// Its id.
    pub conversation: ConversationId,
    /// The newest seq; 0 if there is no message.
    pub head_seq: u64,
    /// Every member's cursor, one's own among them.
    pub cursors: Vec<Cursor>,
    /// Whether one may write to it now.
    pub writable: bool,
    /// When the newest message was stored; `None` if there is none.
    pub last_message_ms: Option<i64>,
}

impl Conversation {
    /// How far `user` has got.
    pub fn cursor_of(&self, user: UserId) -> Option<&Cursor> {
        self.cursors.iter().find(|cursor| cursor.user == user)
    }
}

impl TryFrom<v1::Conversation> for Conversation {
    type Error = ClientError;
    fn try_from(wire: v1::Conversation) -> Result<Self, ClientError> {
        Ok(Self {
            conversation: wire.conversation_id.parse()?,
            head_seq: wire.head_seq,
            cursors: all(wire.cursors)?,
            writable: wire.writable,
            last_message_ms: Some(wire.last_message_ms).filter(|ms| *ms != 0),
        })
    }
}

/// A stretch of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct History {
    /// Ascending, without holes.
    pub messages: Vec<Message>,
    /// The newest seq of the conversation.
    pub head_seq: u64,
}

impl TryFrom<v1::History> for History {
    type Error = ClientError;
    fn try_from(wire: v1::History) -> Result<Self, ClientError> {
        Ok(Self { messages: all(wire.messages)?, head_seq: wire.head_seq })
    }
}
