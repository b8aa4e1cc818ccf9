//! Why an operation on sessions fails.

use std::time::Duration;

use thiserror::Error;

use crate::ErrorCode;
use crate::account::{HashError, InvalidPassword};
use crate::error::{ActError, Fenced, StoreError};
use crate::guard::RateLimited;
use crate::time::DeadlineExceeded;

/// Why a login failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoginError {
    /// Name and password do not go together; or the account is disabled, or has no password. One answer for all.
    #[error("wrong name or password")]
    InvalidCredentials,
    /// Nobody has a password like this; it was not looked at.
    #[error(transparent)]
    Password(#[from] InvalidPassword),
    /// Too many failures for this name, or attempts from this address.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The password could not be verified.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// No answer in time.
    #[error(transparent)]
    Deadline(#[from] DeadlineExceeded),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LoginError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            // Its length is checked alone: a short password is merely a wrong one.
            Self::Password(invalid) => invalid.code(),
            Self::InvalidCredentials => ErrorCode::InvalidCredentials,
            Self::RateLimited(limited) => limited.code(),
            Self::Hash(error) => error.code(),
            Self::Deadline(_) => ErrorCode::Timeout,
            Self::Store(error) => error.code(),
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
        matches!(self, Self::Password(_)).then_some("password")
    }
}

/// Why a session was not refreshed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// Nobody has this token any more, or its session has ended: also if this very presentation ended it.
    #[error("refresh token not valid")]
    Invalid,
    /// Too many refreshes from this address.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// No answer in time. Presenting the same token again within the grace is safe.
    #[error(transparent)]
    Deadline(#[from] DeadlineExceeded),
    /// The store failed. Presenting the same token again within the grace is safe.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RefreshError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid => ErrorCode::InvalidRefreshToken,
            Self::RateLimited(limited) => limited.code(),
            Self::Deadline(_) => ErrorCode::Timeout,
            Self::Store(error) => error.code(),
        }
    }

    /// How long until the next attempt makes sense, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(limited) => Some(limited.retry_after),
            _ => None,
        }
    }
}

/// Why another operation on sessions failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionError {
    /// There is no such session, or it is somebody else's, or has ended: one answer for all. For a session to be
    /// opened: no such account, or none that may be used.
    #[error("no such session")]
    NotFound,
    /// The session that asks may not act.
    #[error(transparent)]
    Fenced(#[from] Fenced),
    /// No answer in time.
    #[error(transparent)]
    Deadline(#[from] DeadlineExceeded),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SessionError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound => ErrorCode::NotFound,
            Self::Fenced(fenced) => fenced.code(),
            Self::Deadline(_) => ErrorCode::Timeout,
            Self::Store(error) => error.code(),
        }
    }
}

impl From<ActError> for SessionError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Fenced(fenced) => fenced.into(),
            ActError::Store(error) => error.into(),
        }
    }
}
