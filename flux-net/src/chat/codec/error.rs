//! What a refusal looks like.

use std::time::Duration;

use flux_core::ErrorCode;
use flux_core::account::AccountError;
use flux_core::friend::{FriendError, InvalidPage};
use flux_core::message::MessageError;
use flux_core::presence::PresenceError;
use flux_core::session::SessionError;
use flux_core::time::DeadlineExceeded;
use flux_proto::{CloseCode, v1};

use super::Invalid;
use crate::wire::whole_ms;

/// Why a request is not answered with what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// In the words of the catalogue.
    pub(crate) code: ErrorCode,
    /// Which field is wrong; empty if none is.
    pub(crate) field: &'static str,
    /// How long to wait before the next attempt.
    pub(crate) retry_after: Option<Duration>,
}

impl Rejection {
    pub(crate) const fn new(code: ErrorCode) -> Self {
        Self { code, field: "", retry_after: None }
    }

    pub(crate) const fn rate_limited(retry_after: Duration) -> Self {
        Self { code: ErrorCode::RateLimited, field: "", retry_after: Some(retry_after) }
    }

    /// With what the connection closes after this answer; `None` if it goes on.
    pub(crate) fn closes(self) -> Option<CloseCode> {
        flux_proto::ErrorCode::parse(self.code.as_str()).and_then(flux_proto::ErrorCode::closes)
    }

    pub(super) fn to_wire(self) -> v1::Error {
        let retry = if self.code.retryable() { v1::Retry::Later } else { v1::Retry::Never };
        v1::Error {
            code: self.code.as_str().to_owned(),
            message: self.code.message().to_owned(),
            retry: retry.into(),
            retry_after_ms: self.retry_after.map_or(0, whole_ms),
            field: self.field.to_owned(),
        }
    }
}

impl From<ErrorCode> for Rejection {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl From<Invalid> for Rejection {
    fn from(Invalid { code, field }: Invalid) -> Self {
        Self { code, field, retry_after: None }
    }
}

impl From<InvalidPage> for Rejection {
    fn from(_: InvalidPage) -> Self {
        Self { code: ErrorCode::InvalidPage, field: "page", retry_after: None }
    }
}

impl From<DeadlineExceeded> for Rejection {
    fn from(_: DeadlineExceeded) -> Self {
        Self::new(ErrorCode::Timeout)
    }
}

impl From<&MessageError> for Rejection {
    fn from(error: &MessageError) -> Self {
        Self::new(error.code())
    }
}

impl From<&PresenceError> for Rejection {
    fn from(error: &PresenceError) -> Self {
        Self::new(error.code())
    }
}

impl From<&SessionError> for Rejection {
    fn from(error: &SessionError) -> Self {
        Self::new(error.code())
    }
}

impl From<&FriendError> for Rejection {
    fn from(error: &FriendError) -> Self {
        Self {
            code: error.code(),
            field: error.field().unwrap_or_default(),
            retry_after: error.retry_after(),
        }
    }
}

impl From<&AccountError> for Rejection {
    fn from(error: &AccountError) -> Self {
        Self {
            code: error.code(),
            field: error.field().unwrap_or_default(),
            retry_after: error.retry_after(),
        }
    }
}
