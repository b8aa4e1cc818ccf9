//! Why a change of relations is refused.

use std::time::Duration;

use thiserror::Error;

use super::InvalidPage;
use crate::ErrorCode;
use crate::error::{ActError, StoreError};
use crate::guard::RateLimited;
use crate::time::DeadlineExceeded;

/// What the rules say no to. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FriendRefusal {
    /// There is no such user, or they cannot be found.
    #[error("no such user")]
    NoSuchUser,
    /// There is no such user to ask for friendship, or they are gone.
    #[error("nobody who can be asked")]
    CannotBeAsked,
    /// There is no such request, or it is none of the actor's business.
    #[error("no such request")]
    NoSuchRequest,
    /// The request was answered or taken back before.
    #[error("request no longer pending")]
    NotPending,
    /// Nobody is their own friend.
    #[error("not with oneself")]
    Oneself,
    /// They are friends already.
    #[error("already friends")]
    AlreadyFriends,
    /// They are no friends.
    #[error("not friends")]
    NotFriends,
    /// The actor blocks them.
    #[error("blocked by the asker")]
    BlockedByYou,
    /// One of the two has as many friends as one may have.
    #[error("too many friends")]
    TooManyFriends,
    /// The actor has as many pending requests as one may have.
    #[error("too many pending requests")]
    TooManyRequests,
    /// The actor blocks as many users as one may block.
    #[error("too many blocks")]
    TooManyBlocks,
}

impl FriendRefusal {
    /// Stable across releases.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::NoSuchUser | Self::NoSuchRequest | Self::NotFriends => ErrorCode::NotFound,
            Self::NotPending => ErrorCode::RequestNotPending,
            Self::CannotBeAsked | Self::Oneself | Self::BlockedByYou => ErrorCode::CannotBefriend,
            Self::AlreadyFriends => ErrorCode::AlreadyFriends,
            Self::TooManyFriends | Self::TooManyBlocks => ErrorCode::FriendLimit,
            Self::TooManyRequests => ErrorCode::RequestLimit,
        }
    }
}

/// Why an operation on friends failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FriendError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] FriendRefusal),
    /// A page token that this server did not give out.
    #[error(transparent)]
    InvalidPage(#[from] InvalidPage),
    /// Too many requests or changes by this user.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// No answer in time; the change may or may not have happened. Repeating it is harmless.
    #[error(transparent)]
    Deadline(#[from] DeadlineExceeded),
    /// The session may not act, or the store failed.
    #[error(transparent)]
    Act(#[from] ActError),
}

impl From<StoreError> for FriendError {
    fn from(error: StoreError) -> Self {
        Self::Act(error.into())
    }
}

impl FriendError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::InvalidPage(_) => ErrorCode::InvalidPage,
            Self::RateLimited(limited) => limited.code(),
            Self::Deadline(_) => ErrorCode::Timeout,
            Self::Act(error) => error.code(),
        }
    }

    /// How long until the next attempt makes sense, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(limited) => Some(limited.retry_after),
            _ => None,
        }
    }

    /// The field of the request that is at fault, if one is.
    pub fn field(&self) -> Option<&'static str> {
        matches!(self, Self::InvalidPage(_)).then_some("page")
    }
}
