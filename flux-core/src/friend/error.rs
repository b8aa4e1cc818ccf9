//! Why a change of relations is refused.

use thiserror::Error;

use crate::ErrorCode;
use crate::error::{ActError, StoreError};

/// What the rules say no to. Nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FriendRefusal {
    /// There is no such user, or they cannot be found.
    #[error("no such user")]
    NoSuchUser,
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
            Self::Oneself | Self::BlockedByYou => ErrorCode::CannotBefriend,
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
            Self::Act(error) => error.code(),
        }
    }
}
