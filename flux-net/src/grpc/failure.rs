//! What went wrong, on its way from one service to another.
//!
//! A status of gRPC has one of 17 codes, which is too few: beside it travels the error as clients see it, and nothing of
//! it is lost. Where it is missing, because what answers is no service of Flux or nothing answered at all, the code of
//! gRPC says what to make of it.

use std::time::Duration;

use bytes::Bytes;
use flux_core::ErrorCode;
use flux_proto::v1;
use prost::Message as _;
use thiserror::Error;
use tonic::metadata::MetadataValue;
use tonic::{Code, ConnectError, Status, TimeoutExpired};
use tracing::{error, warn};

use crate::wire::whole_ms;

/// The key of the metadata that holds a `flux.v1.Error`.
pub(super) const DETAILS: &str = "flux-error-bin";

/// Why a call of another service came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{code}")]
pub struct Failure {
    /// In the words of the catalogue.
    pub code: ErrorCode,
    /// Which field of the request is wrong; empty if none is.
    pub field: String,
    /// How long to wait before the next attempt, if that is known.
    pub retry_after: Option<Duration>,
    /// Whether the other service is well and did not take this one's credentials, or not for this call. It never says
    /// so of whoever asked this one.
    pub refused: bool,
}

impl Failure {
    /// Without more than a code.
    pub(crate) const fn new(code: ErrorCode) -> Self {
        Self { code, field: String::new(), retry_after: None, refused: false }
    }

    /// A field of a request that cannot be read.
    pub(crate) fn malformed(field: &str) -> Self {
        Self { field: field.to_owned(), ..Self::new(ErrorCode::Malformed) }
    }

    /// As a server answers.
    pub(crate) fn into_status(self) -> Status {
        let retry = if self.code.retryable() { v1::Retry::Later } else { v1::Retry::Never };
        let details = v1::Error {
            code: self.code.as_str().to_owned(),
            message: self.code.message().to_owned(),
            retry: retry.into(),
            retry_after_ms: self.retry_after.map_or(0, whole_ms),
            field: self.field,
        };
        let mut status = Status::new(status_code(self.code), self.code.as_str());
        let value = MetadataValue::from_bytes(&details.encode_to_vec());
        status.metadata_mut().insert_bin(DETAILS, value);
        status
    }

    /// As a client understands it.
    pub(crate) fn from_status(status: &Status) -> Self {
        if let Some(told) = told(status) {
            return told;
        }
        match trouble(status) {
            Some(Trouble::Late) => return Self::new(ErrorCode::Timeout),
            Some(_) => return Self::new(ErrorCode::Unavailable),
            None => {}
        }
        match status.code() {
            Code::Unavailable | Code::Aborted => Self::new(ErrorCode::Unavailable),
            // The server's own deadline ends a call as cancelled.
            Code::DeadlineExceeded | Code::Cancelled => Self::new(ErrorCode::Timeout),
            Code::ResourceExhausted => Self::new(ErrorCode::Overloaded),
            Code::Unauthenticated | Code::PermissionDenied => {
                error!(error = %status.message(), "another service does not take this one's credentials");
                Self { refused: true, ..Self::new(ErrorCode::Unavailable) }
            }
            Code::Unimplemented => {
                warn!("another service is of a release without this call");
                Self::new(ErrorCode::Unavailable)
            }
            code => {
                warn!(%code, error = %status.message(), "another service failed");
                Self::new(ErrorCode::Internal)
            }
        }
    }
}

/// What a service of Flux says beside the status.
fn told(status: &Status) -> Option<Failure> {
    let details: Bytes = status.metadata().get_bin(DETAILS)?.to_bytes().ok()?;
    let details = v1::Error::decode(details).ok()?;
    let known = ErrorCode::ALL.into_iter().find(|code| code.as_str() == details.code);
    // What a newer release says is at least to be repeated or not.
    let code = known.unwrap_or(match details.retry() {
        v1::Retry::Later => ErrorCode::Unavailable,
        _ => ErrorCode::Internal,
    });
    let retry_after =
        (details.retry_after_ms > 0).then(|| Duration::from_millis(u64::from(details.retry_after_ms)));
    Some(Failure { field: details.field, retry_after, ..Failure::new(code) })
}

/// What a failed call says of the server that it was made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is well, and has answered.
    Answered,
    /// Something is wrong with it; it may have done what was asked.
    Broken,
    /// It was not reached, and has done nothing.
    Unreached,
}

pub(crate) fn verdict(status: &Status) -> Verdict {
    if told(status).is_some() {
        return Verdict::Answered;
    }
    match trouble(status) {
        Some(Trouble::NoConnection) => return Verdict::Unreached,
        Some(_) => return Verdict::Broken,
        None => {}
    }
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown | Code::Internal => {
            Verdict::Broken
        }
        _ => Verdict::Answered,
    }
}

/// What came of a call on this side, if no server has answered it.
enum Trouble {
    NoConnection,
    Late,
    Broken,
}

/// A status that was made here has a cause; one that a server sent has none.
fn trouble(status: &Status) -> Option<Trouble> {
    let first = std::error::Error::source(status)?;
    let mut cause = Some(first);
    while let Some(error) = cause {
        if error.is::<ConnectError>() {
            return Some(Trouble::NoConnection);
        }
        if error.is::<TimeoutExpired>() {
            return Some(Trouble::Late);
        }
        cause = error.source();
    }
    Some(Trouble::Broken)
}

/// What a client that knows nothing of Flux makes of it.
fn status_code(code: ErrorCode) -> Code {
    match code {
        ErrorCode::Unavailable | ErrorCode::Draining | ErrorCode::Overloaded => Code::Unavailable,
        ErrorCode::Timeout => Code::DeadlineExceeded,
        ErrorCode::RateLimited | ErrorCode::TooManyOpenRequests => Code::ResourceExhausted,
        ErrorCode::Internal => Code::Internal,
        ErrorCode::NotFound => Code::NotFound,
        ErrorCode::NotPermitted => Code::PermissionDenied,
        code => match code.http_status() {
            400 | 413 | 422 => Code::InvalidArgument,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            _ => Code::FailedPrecondition,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_lost_on_the_way(
            code in prop::sample::select(ErrorCode::ALL.to_vec()),
            field in "[a-z_]{0,12}",
            retry_after in prop::option::of(1_u32..),
        ) {
            let retry_after = retry_after.map(|ms| Duration::from_millis(u64::from(ms)));
            let failure = Failure { field, retry_after, ..Failure::new(code) };
            // Over headers, as it travels.
            let response = failure.clone().into_status().into_http::<()>();
            let status = Status::from_header_map(response.headers()).unwrap();
            prop_assert_eq!(verdict(&status), Verdict::Answered);
            prop_assert_eq!(Failure::from_status(&status), failure);
        }
    }

    #[test]
    fn a_code_of_a_newer_release_is_known_by_whether_to_repeat() {
        for (retry, code) in
            [(v1::Retry::Later, ErrorCode::Unavailable), (v1::Retry::Never, ErrorCode::Internal)]
        {
            let details =
                v1::Error { code: "brand_new".to_owned(), retry: retry.into(), ..Default::default() };
            let mut status = Status::new(Code::Unknown, "");
            status.metadata_mut().insert_bin(DETAILS, MetadataValue::from_bytes(&details.encode_to_vec()));
            assert_eq!(Failure::from_status(&status), Failure::new(code));
        }
    }

    #[test]
    fn what_answers_without_details_is_understood_by_its_code() {
        for (code, means, verdict_of) in [
            (Code::Unavailable, ErrorCode::Unavailable, Verdict::Broken),
            (Code::DeadlineExceeded, ErrorCode::Timeout, Verdict::Broken),
            (Code::Cancelled, ErrorCode::Timeout, Verdict::Broken),
            (Code::ResourceExhausted, ErrorCode::Overloaded, Verdict::Answered),
            (Code::Unauthenticated, ErrorCode::Unavailable, Verdict::Answered),
            (Code::PermissionDenied, ErrorCode::Unavailable, Verdict::Answered),
            (Code::Unimplemented, ErrorCode::Unavailable, Verdict::Answered),
            (Code::Internal, ErrorCode::Internal, Verdict::Broken),
        ] {
            let status = Status::new(code, "");
            let failure = Failure::from_status(&status);
            assert_eq!(failure.code, means, "{code}");
            assert_eq!(
                failure.refused,
                matches!(code, Code::Unauthenticated | Code::PermissionDenied),
                "{code}"
            );
            assert_eq!(verdict(&status), verdict_of, "{code}");
        }
    }
}
