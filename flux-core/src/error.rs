//! What can go wrong below a use case. Each use case has an enum of its own beside it; all of them end in an
//! [`ErrorCode`](crate::ErrorCode).

use thiserror::Error;

use crate::ErrorCode;
use crate::time::DeadlineExceeded;

/// The boxed cause of a failure; it goes to the log, never to the peer.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A store did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached, is too busy, or did not answer. A write may or may not have happened.
    #[error("store unavailable")]
    Unavailable(#[source] Cause),
    /// It holds something that no version of Flux writes.
    #[error("store corrupt: {what}")]
    Corrupt {
        /// Which value, without its content.
        what: &'static str,
    },
    /// It has begun another epoch since this process opened it: what the process knows of it is of a life that is over.
    /// Nothing was done, and nothing will be: it has to be opened again.
    #[error("the store has begun another epoch since it was opened")]
    OtherEpoch,
}

impl StoreError {
    /// Unavailable because of `cause`.
    pub fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }

    /// For callers that only tell peers what to do.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unavailable(_) | Self::OtherEpoch => ErrorCode::Unavailable,
            Self::Corrupt { .. } => ErrorCode::Internal,
        }
    }
}

impl From<DeadlineExceeded> for StoreError {
    fn from(late: DeadlineExceeded) -> Self {
        Self::unavailable(late)
    }
}

/// Why the session of an actor may not write any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fenced {
    /// It was logged out, revoked, expired, or never was.
    #[error("session ended")]
    SessionEnded,
    /// A newer connection owns it.
    #[error("session taken over by a newer connection")]
    Superseded,
}

impl Fenced {
    /// Stable across releases.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::SessionEnded => ErrorCode::SessionEnded,
            Self::Superseded => ErrorCode::SessionSuperseded,
        }
    }
}

/// A write on behalf of a session was refused or failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ActError {
    /// The session may not act; nothing was written.
    #[error(transparent)]
    Fenced(#[from] Fenced),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ActError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Fenced(fenced) => fenced.code(),
            Self::Store(error) => error.code(),
        }
    }
}
