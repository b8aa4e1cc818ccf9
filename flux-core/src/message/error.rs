//! Why an operation on messages fails.

use thiserror::Error;

use super::WriteRefusal;
use crate::ErrorCode;
use crate::error::{ActError, Fenced, StoreError};
use crate::time::DeadlineExceeded;

/// What the rules of sending say no to. Nothing was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendRefusal {
    /// There is no such conversation, or the actor is no member: one answer for both.
    #[error("no such conversation")]
    NoSuchConversation,
    /// The actor may not write there (not friends, blocked, gone: one answer for all).
    #[error("not permitted")]
    NotPermitted,
    /// The sender used this message id for another text.
    #[error("message id used for another text")]
    Conflict,
}

impl SendRefusal {
    /// Stable across releases.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::NoSuchConversation => ErrorCode::NotFound,
            Self::NotPermitted => ErrorCode::NotPermitted,
            Self::Conflict => ErrorCode::MessageConflict,
        }
    }

    /// Whether the same send may be taken at another time.
    pub(super) fn holds(self) -> bool {
        matches!(self, Self::NoSuchConversation | Self::NotPermitted)
    }
}

impl WriteRefusal {
    /// Stable across releases.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Fenced(fenced) => fenced.code(),
            Self::Send(refusal) => refusal.code(),
            Self::BeyondHead => ErrorCode::CursorBeyondHead,
        }
    }
}

/// Why an operation on messages failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// The rules say no; nothing changed.
    #[error(transparent)]
    Refused(#[from] WriteRefusal),
    /// An earlier send of this connection to this conversation failed, and is neither resent nor given up: taking
    /// this one would change the order.
    #[error("held behind an earlier send")]
    Held,
    /// The queue of writes is full; nothing was stored.
    #[error("too much to write")]
    Overloaded,
    /// A sync cursor or page that this server did not give, or of another life of the store.
    #[error("not a cursor of this store")]
    InvalidCursor,
    /// No answer in time. A write may or may not have happened: repeat it with the same message id.
    #[error(transparent)]
    Deadline(#[from] DeadlineExceeded),
    /// The store failed. A write may or may not have happened: repeat it with the same message id.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl MessageError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Held => ErrorCode::SendHeld,
            Self::Overloaded => ErrorCode::Overloaded,
            Self::InvalidCursor => ErrorCode::InvalidPage,
            Self::Deadline(_) => ErrorCode::Timeout,
            Self::Store(error) => error.code(),
        }
    }

    /// Whether a send that failed so may be stored when it is sent again: then later ones to its conversation wait until
    /// it is, or is given up. Friends, members and policies change; a conflict stays one.
    pub fn holds(&self) -> bool {
        match self {
            Self::Refused(WriteRefusal::Send(refusal)) => refusal.holds(),
            // What is held waits itself.
            Self::Refused(WriteRefusal::Fenced(_) | WriteRefusal::BeyondHead)
            | Self::Held
            | Self::InvalidCursor => false,
            Self::Overloaded | Self::Deadline(_) | Self::Store(_) => true,
        }
    }
}

impl From<Fenced> for MessageError {
    fn from(fenced: Fenced) -> Self {
        Self::Refused(fenced.into())
    }
}

impl From<SendRefusal> for MessageError {
    fn from(refusal: SendRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<ActError> for MessageError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Fenced(fenced) => fenced.into(),
            ActError::Store(error) => error.into(),
        }
    }
}
