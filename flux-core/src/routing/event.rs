//! What is pushed to connections, and what carries it between nodes.

use std::sync::Arc;
use std::time::Duration;

use crate::feed::FeedEntry;
use crate::id::{ConversationId, LogId, Seq, SessionId, UserId};
use crate::message::{Cursor, Message};
use crate::observe::TraceContext;
use crate::presence::Presence;
use crate::session::SessionEndReason;

/// What the server pushes to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A message was stored.
    Message(Message),
    /// Somebody's cursor moved.
    Receipt {
        /// Where.
        conversation: ConversationId,
        /// Whose, and whereto.
        cursor: Cursor,
    },
    /// A watched user came, went, or changed.
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
    /// The user's feed has a new entry.
    Feed(FeedEntry),
    /// The session has ended; the connection closes after this.
    SessionEnded(SessionEndReason),
    /// The node is about to stop.
    Draining {
        /// When to come back.
        retry_in: Duration,
        /// Where to, if known.
        url: Option<String>,
    },
    /// There is more in a log than this connection was sent.
    LogChanged {
        /// Which.
        log: LogId,
        /// Its newest seq.
        head: Seq,
    },
}

impl Event {
    /// Its kind in metrics and logs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Message(_) => "message",
            Self::Receipt { .. } => "receipt",
            Self::Presence(_) => "presence",
            Self::Typing { .. } => "typing",
            Self::Feed(_) => "feed",
            Self::SessionEnded(_) => "session_ended",
            Self::Draining { .. } => "draining",
            Self::LogChanged { .. } => "log_changed",
        }
    }

    /// Whether nobody misses anything if it is dropped: presence and typing enter no log.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Presence(_) | Self::Typing { .. })
    }

    /// Whether it carries what people wrote: none of that is pushed while the node cannot tell who was revoked.
    pub const fn has_content(&self) -> bool {
        matches!(self, Self::Message(_) | Self::Feed(_))
    }

    /// The log entry that it stands for, if any: what to tell the connection of if the event cannot be pushed.
    pub fn log(&self, reader: UserId) -> Option<(LogId, Seq)> {
        match self {
            Self::Message(message) => Some((LogId::Conversation(message.conversation), message.seq)),
            Self::Feed(entry) => Some((LogId::Feed(reader), entry.seq)),
            Self::LogChanged { log, head } => Some((*log, *head)),
            _ => None,
        }
    }
}

/// One event and whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Their connections get it.
    pub users: Arc<[UserId]>,
    /// All but that of this session: the one that caused it knows.
    pub except: Option<SessionId>,
    /// What.
    pub event: Event,
    /// The trace of what caused it, if it has one.
    pub trace: Option<TraceContext>,
}

/// Where events go in. Must not block; the router is the one of a running Flux.
pub trait EventSink: Send + Sync + 'static {
    /// Pushes an event to whoever of its users is connected, wherever.
    fn deliver(&self, delivery: Delivery);
}

/// What one node tells another.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Push an event.
    Deliver(Arc<Delivery>),
    /// Cut off a session that has ended.
    Disconnect {
        /// Whose.
        user: UserId,
        /// Which.
        session: SessionId,
        /// Why.
        reason: SessionEndReason,
    },
    /// A newer connection of a session stands elsewhere: cut off older ones.
    Supersede {
        /// Whose.
        user: UserId,
        /// Which.
        session: SessionId,
        /// That of the newer one.
        generation: crate::id::Generation,
    },
    /// Somebody came, went or changed: tell those who watch them.
    PresenceChanged(UserId),
    /// Two users may no longer see each other: end what they watch of each other.
    Parted(UserId, UserId),
}

/// A batch for one node, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// What to tell.
    pub notices: Vec<Notice>,
}
