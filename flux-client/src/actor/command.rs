//! What the application asks of the actor.

use flux_proto::v1::{client_frame, reply};
use tokio::sync::{oneshot, watch};

use crate::error::ClientError;
use crate::id::{ConversationId, MessageId, UserId};
use crate::model::{Destination, OwnPresence, SessionEndReason};
use crate::ticket::{Cancelled, TicketStatus};

/// Where an answer goes.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, ClientError>>;

/// What a ticket is made of.
pub(crate) type TicketParts = (MessageId, ConversationId, watch::Receiver<TicketStatus>);

pub(crate) enum Command {
    /// Queue a message.
    Send { to: Destination, text: String, reply: Answer<TicketParts> },
    /// Take a message back.
    Cancel { message: MessageId, reply: Answer<Cancelled> },
    /// Do not wait any longer before sending again; everywhere with `None`.
    Retry { conversation: Option<ConversationId> },
    /// All messages that are not sent yet.
    Unsent { reply: Answer<Vec<TicketParts>> },
    /// One request, one reply.
    Call { request: client_frame::Request, effect: Effect, reply: Answer<reply::Result> },
    /// Move one's own cursor.
    MarkRead { conversation: ConversationId, seq: u64, reply: Answer<()> },
    /// Connect now.
    Reconnect { reply: Answer<()> },
    /// The session was ended over HTTP.
    Ended { reason: SessionEndReason },
    /// Stop.
    Close { reply: oneshot::Sender<()> },
}

impl Command {
    /// Answers a command that came too late.
    pub(crate) fn refuse(self, error: &ClientError) {
        // Whoever asked may be gone.
        match self {
            Self::Send { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::Cancel { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::Unsent { reply } => drop(reply.send(Err(error.clone()))),
            Self::Call { reply, .. } => drop(reply.send(Err(error.clone()))),
            Self::MarkRead { reply, .. } | Self::Reconnect { reply } => drop(reply.send(Err(error.clone()))),
            Self::Close { reply } => drop(reply.send(())),
            Self::Retry { .. } | Self::Ended { .. } => {}
        }
    }
}

/// What a request means for the session beyond its reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing. It changes something on the server: if the connection breaks, whether it did is not known.
    Change,
    /// Nothing. Repeating it does no harm, so it is repeated when the connection breaks.
    Read,
    /// Nothing, and it is worth nothing later: without a connection it fails at once.
    Transient,
    /// These are watched from now on.
    Watch(Vec<UserId>),
    /// These are not watched any more.
    Unwatch(Vec<UserId>),
    /// One wants to be seen like this from now on.
    Present(OwnPresence),
}
