//! Why a verification fails.

use std::time::Duration;

use thiserror::Error;

use crate::ErrorCode;
use crate::error::StoreError;
use crate::guard::RateLimited;
use crate::mail::MailError;
use crate::time::DeadlineExceeded;

/// Why a code was not sent, or not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VerificationError {
    /// The code is wrong, expired, used up, void, or was never issued for this: one answer for all.
    #[error("code not valid")]
    InvalidCode,
    /// Too many requests or tries, from this address or in all.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// The mail was not taken; nothing was sent.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// No answer in time.
    #[error(transparent)]
    Deadline(#[from] DeadlineExceeded),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl VerificationError {
    /// Stable across releases.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::InvalidCode => ErrorCode::InvalidCode,
            Self::RateLimited(limited) => limited.code(),
            Self::Mail(MailError::Full) => ErrorCode::Overloaded,
            Self::Mail(MailError::Failed(_) | MailError::Refused) => ErrorCode::Unavailable,
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
        matches!(self, Self::InvalidCode).then_some("code")
    }
}
