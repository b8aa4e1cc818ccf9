//! What a session tells the application, in one stream that outlives every connection.

mod queue;
mod stream;

use std::fmt;
use std::time::Duration;

use flux_proto::CloseCode;

pub(crate) use queue::{EventQueue, Taken};
pub use stream::EventStream;

use crate::error::ClientError;
use crate::id::{ConversationId, Epoch, UserId};
use crate::model::{FeedEntry, Message, Presence, Receipt, SessionEndReason};

/// Something happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A message of a conversation: one's own too, from this device or another. Each comes once, in the order of its
    /// seq and without holes.
    Message(Message),
    /// A member of a conversation has got further: somebody else, or oneself on another device.
    Receipt(Receipt),
    /// Somebody who is [watched](crate::Session::watch) came, went or changed.
    Presence(Presence),
    /// Somebody writes, or stopped.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        user: UserId,
        /// Whether they do.
        typing: bool,
    },
    /// Something happened to one's friends, profile or sessions. Each comes once, in order and without holes, from the
    /// first connection on; what was before is in the lists, which are best read after it.
    Feed(FeedEntry),
    /// Entries of the feed are gone before they could be read: read the lists (friends, requests, blocks, sessions)
    /// again. The entries that follow are newer than this event.
    FeedReset,
    /// The connection came or went.
    Connection(ConnectionState),
    /// The application was too slow, and this many typing notes and intermediate states were left out. Messages and
    /// feed entries are never left out, and of receipts and presences the newest state follows.
    Lagged(u64),
    /// The server's store began a new life, as after a restore: what is kept under the old epoch may be there no
    /// longer, or under another seq. Messages that come now belong to the new one.
    StoreReset {
        /// The new one.
        epoch: Epoch,
    },
    /// The server knows less than this client does, in the same life of its store: it lost data.
    Alarm(Alarm),
    /// The session has ended, and the stream ends after this. Only a new login helps.
    SessionEnded(SessionEndReason),
}

/// Whether there is a connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ConnectionState {
    /// One is being opened.
    Connecting,
    /// There is one.
    Online,
    /// There is none.
    Offline {
        /// When the next try is; `None` if it does not come back by itself.
        retry_in: Option<Duration>,
        /// Why.
        reason: DisconnectReason,
    },
}

impl ConnectionState {
    /// Whether there is a connection.
    pub const fn is_online(&self) -> bool {
        matches!(self, Self::Online)
    }
}

/// Why there is no connection.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// It could not be opened.
    Failed(ClientError),
    /// It broke.
    Lost,
    /// The server closed it, with a code that says why.
    Closed(CloseCode),
    /// The server was silent for two heartbeat intervals.
    Silent,
    /// The server is restarting and said when to come back.
    Draining,
    /// Another connection took the session over.
    Superseded,
    /// The session has ended.
    SessionEnded(SessionEndReason),
}

impl From<DisconnectReason> for ClientError {
    fn from(reason: DisconnectReason) -> Self {
        match reason {
            DisconnectReason::Failed(error) => error,
            DisconnectReason::Superseded => Self::Superseded,
            DisconnectReason::SessionEnded(reason) => Self::SessionEnded(reason),
            DisconnectReason::Lost
            | DisconnectReason::Closed(_)
            | DisconnectReason::Silent
            | DisconnectReason::Draining => Self::Offline,
        }
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Lost => f.write_str("the connection broke"),
            Self::Closed(code) => write!(f, "closed by the server ({code})"),
            Self::Silent => f.write_str("the server was silent"),
            Self::Draining => f.write_str("the server is restarting"),
            Self::Superseded => f.write_str("another connection took the session over"),
            Self::SessionEnded(reason) => write!(f, "the session has ended ({reason})"),
        }
    }
}

/// The server lost data that this client has seen. Keep what you hold and tell the operator; the session goes on from
/// where the server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alarm {
    /// The newest seq of a log went down.
    HeadWentBack {
        /// Which conversation; `None` for the feed.
        conversation: Option<ConversationId>,
        /// What this client knew.
        known_seq: u64,
        /// What the server says now.
        server_seq: u64,
    },
    /// A log has a hole.
    Hole {
        /// Which conversation; `None` for the feed.
        conversation: Option<ConversationId>,
        /// The entry before it.
        after_seq: u64,
        /// The entry after it.
        before_seq: u64,
    },
    /// The server itself says that it knows less than the client.
    ServerBehind,
}
