//! Why a call of the core failed, told to another process and back in the core's own words there.

use flux_core::guard::RateLimited;
use flux_core::mail::MailError;
use flux_core::message::{MessageError, SendRefusal, WriteRefusal};
use flux_core::time::DeadlineExceeded;
use flux_core::verification::VerificationError;
use flux_core::{ErrorCode, Fenced, StoreError};

use super::Failure;

impl From<&MessageError> for Failure {
    fn from(error: &MessageError) -> Self {
        Self::new(error.code())
    }
}

impl From<Failure> for MessageError {
    fn from(failure: Failure) -> Self {
        match failure.code {
            ErrorCode::NotFound => SendRefusal::NoSuchConversation.into(),
            ErrorCode::NotPermitted => SendRefusal::NotPermitted.into(),
            ErrorCode::MessageConflict => SendRefusal::Conflict.into(),
            ErrorCode::SessionEnded => Fenced::SessionEnded.into(),
            ErrorCode::SessionSuperseded => Fenced::Superseded.into(),
            ErrorCode::CursorBeyondHead => WriteRefusal::BeyondHead.into(),
            ErrorCode::SendHeld => Self::Held,
            ErrorCode::Overloaded => Self::Overloaded,
            ErrorCode::InvalidPage => Self::InvalidCursor,
            ErrorCode::Timeout => DeadlineExceeded.into(),
            _ => StoreError::from(failure).into(),
        }
    }
}

impl From<&StoreError> for Failure {
    fn from(error: &StoreError) -> Self {
        Self::new(error.code())
    }
}

/// What is not to be had from a service is not to be had: another service is a store, to whoever asks it.
impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        if failure.code.retryable() {
            Self::unavailable(failure)
        } else {
            Self::Corrupt { what: "answer of another service" }
        }
    }
}

impl From<&VerificationError> for Failure {
    fn from(error: &VerificationError) -> Self {
        Self {
            field: error.field().unwrap_or_default().to_owned(),
            retry_after: error.retry_after(),
            ..Self::new(error.code())
        }
    }
}

impl From<Failure> for VerificationError {
    fn from(failure: Failure) -> Self {
        match (failure.code, failure.retry_after) {
            (ErrorCode::InvalidCode, _) => Self::InvalidCode,
            (ErrorCode::RateLimited, Some(retry_after)) => RateLimited { retry_after }.into(),
            (ErrorCode::Overloaded, _) => MailError::Full.into(),
            (ErrorCode::Timeout, _) => DeadlineExceeded.into(),
            _ => StoreError::from(failure).into(),
        }
    }
}

impl From<&MailError> for Failure {
    fn from(error: &MailError) -> Self {
        Self::new(match error {
            MailError::Full => ErrorCode::Overloaded,
            MailError::Refused => ErrorCode::EmailNotAllowed,
            _ => ErrorCode::Unavailable,
        })
    }
}

impl From<Failure> for MailError {
    fn from(failure: Failure) -> Self {
        match failure.code {
            ErrorCode::Overloaded => Self::Full,
            ErrorCode::EmailNotAllowed => Self::Refused,
            _ => Self::Failed("another service does not take it"),
        }
    }
}
