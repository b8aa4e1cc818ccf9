//! What went wrong in the core, as a problem. Causes go to the log, once, here.

use std::error::Error;
use std::time::Duration;

use flux_core::ErrorCode;
use flux_core::account::{AccountError, CredentialError, RegisterError};
use flux_core::friend::FriendError;
use flux_core::message::MessageError;
use flux_core::session::{LoginError, RefreshError, SessionError};
use flux_core::verification::VerificationError;

use crate::problem::Problem;

fn problem(
    error: &(dyn Error + 'static),
    code: ErrorCode,
    field: Option<&'static str>,
    retry_after: Option<Duration>,
) -> Problem {
    let mut problem = Problem::new(code);
    if code.http_status() >= 500 {
        log(error, code);
    } else {
        problem = problem.with_detail(error.to_string());
    }
    if let Some(field) = field {
        problem = problem.with_field(field);
    }
    if let Some(after) = retry_after {
        problem = problem.with_retry_after(after);
    }
    problem
}

fn log(error: &(dyn Error + 'static), code: ErrorCode) {
    let mut causes = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        causes.push_str(": ");
        causes.push_str(&source.to_string());
        cause = source.source();
    }
    if code == ErrorCode::Internal {
        tracing::error!(error = causes, code = code.as_str(), "request failed");
    } else {
        tracing::warn!(error = causes, code = code.as_str(), "request failed");
    }
}

macro_rules! problems {
    ($($error:ty: $field:expr, $retry_after:expr;)*) => {
        $(impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                let (field, retry_after): (fn(&$error) -> _, fn(&$error) -> _) = ($field, $retry_after);
                problem(&error, error.code(), field(&error), retry_after(&error))
            }
        })*
    };
}

problems! {
    RegisterError: RegisterError::field, RegisterError::retry_after;
    AccountError: AccountError::field, AccountError::retry_after;
    CredentialError: CredentialError::field, CredentialError::retry_after;
    VerificationError: VerificationError::field, VerificationError::retry_after;
    LoginError: LoginError::field, LoginError::retry_after;
    RefreshError: |_| None, RefreshError::retry_after;
    SessionError: |_| None, |_| None;
    FriendError: FriendError::field, FriendError::retry_after;
    MessageError: |error| matches!(error, MessageError::InvalidCursor).then_some("page"), |_| None;
}
