//! Why an operation on accounts fails.

use std::time::Duration;

use thiserror::Error;

use super::{HashError, InvalidPassword};
use crate::ErrorCode;
use crate::error::{ActError, Fenced, StoreError};
use crate::guard::RateLimited;
use crate::time::DeadlineExceeded;
use crate::verification::VerificationError;

/// Why nobody was registered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The password is not taken.
    #[error(transparent)]
    Password(#[from] InvalidPassword),
    /// The code is not taken; also if the address has an account by now.
    #[error(transparent)]
    Code(#[from] VerificationError),
    /// The username, or one that looks like it, belongs to somebody. The code is still good.
    #[error("username taken")]
    UsernameTaken,
    /// Too many registrations from this address.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The password could not be hashed. The code is still good.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// No answer in time; the account may or may not be there.
    #[error(transparent)]
    Deadline(#[from] DeadlineExceeded),
    /// The store failed; the account may or may not be there.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RegisterError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Password(invalid) => invalid.code(),
            Self::Code(error) => error.code(),
            Self::UsernameTaken => ErrorCode::UsernameTaken,
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
            Self::Code(error) => error.retry_after(),
            _ => None,
        }
    }

    /// The field of the request that is at fault, if one is.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Password(_) => Some("password"),
            Self::UsernameTaken => Some("username"),
            Self::Code(error) => error.field(),
            _ => None,
        }
    }
}

/// Why no account was provisioned.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// The username, or one that looks like it, belongs to somebody.
    #[error("username taken")]
    UsernameTaken,
    /// An account has this address.
    #[error("e-mail address taken")]
    EmailTaken,
    /// No answer in time; the account may or may not be there.
    #[error(transparent)]
    Deadline(#[from] DeadlineExceeded),
    /// The store failed; the account may or may not be there.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ProvisionError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::UsernameTaken => ErrorCode::UsernameTaken,
            Self::EmailTaken => ErrorCode::EmailNotAllowed,
            Self::Deadline(_) => ErrorCode::Timeout,
            Self::Store(error) => error.code(),
        }
    }

    /// The field of the request that is at fault, if one is.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::UsernameTaken => Some("username"),
            Self::EmailTaken => Some("email"),
            _ => None,
        }
    }
}

/// Why an account was not shown, found, changed or switched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AccountError {
    /// There is no such account, or none that may be seen.
    #[error("no such account")]
    NotFound,
    /// Too little to search for.
    #[error("too little to search for")]
    QueryTooShort,
    /// Too many searches.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The session may not act.
    #[error(transparent)]
    Fenced(#[from] Fenced),
    /// No answer in time.
    #[error(transparent)]
    Deadline(#[from] DeadlineExceeded),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AccountError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound => ErrorCode::NotFound,
            Self::QueryTooShort => ErrorCode::InvalidArgument,
            Self::RateLimited(limited) => limited.code(),
            Self::Fenced(fenced) => fenced.code(),
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
        matches!(self, Self::QueryTooShort).then_some("query")
    }
}

impl From<ActError> for AccountError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Fenced(fenced) => fenced.into(),
            ActError::Store(error) => error.into(),
        }
    }
}

/// Why a password or address was not changed, or an account not deleted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The password that was to confirm it is wrong, or the account has none.
    #[error("wrong password")]
    WrongPassword,
    /// The new password is not taken.
    #[error(transparent)]
    Password(#[from] InvalidPassword),
    /// The code is not taken; also if another account has the address by now.
    #[error(transparent)]
    Code(#[from] VerificationError),
    /// Too many wrong passwords.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The password could not be hashed or verified.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The session may not act.
    #[error(transparent)]
    Fenced(#[from] Fenced),
    /// No answer in time; it may or may not have happened.
    #[error(transparent)]
    Deadline(#[from] DeadlineExceeded),
    /// The store failed; it may or may not have happened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CredentialError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::WrongPassword => ErrorCode::InvalidCredentials,
            Self::Password(invalid) => invalid.code(),
            Self::Code(error) => error.code(),
            Self::RateLimited(limited) => limited.code(),
            Self::Hash(error) => error.code(),
            Self::Fenced(fenced) => fenced.code(),
            Self::Deadline(_) => ErrorCode::Timeout,
            Self::Store(error) => error.code(),
        }
    }

    /// How long until the next attempt makes sense, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(limited) => Some(limited.retry_after),
            Self::Code(error) => error.retry_after(),
            _ => None,
        }
    }

    /// The field of the request that is at fault, if one is.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Password(_) => Some("new_password"),
            Self::Code(error) => error.field(),
            _ => None,
        }
    }
}

impl From<ActError> for CredentialError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Fenced(fenced) => fenced.into(),
            ActError::Store(error) => error.into(),
        }
    }
}
