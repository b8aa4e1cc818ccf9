//! A request that does not become a WebSocket.

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use flux_core::ErrorCode;

use crate::chat::codec::Rejection;
use crate::problem::Problem;

/// A problem, and what RFC 6455 wants to stand beside it.
#[derive(Debug)]
pub(super) struct Refusal {
    problem: Problem,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(super) const fn new(code: ErrorCode) -> Self {
        Self { problem: Problem::new(code), headers: Vec::new() }
    }

    pub(super) fn with(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    pub(super) const fn code(&self) -> ErrorCode {
        self.problem.code()
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let problem = Problem::new(rejection.code);
        let problem = match rejection.retry_after {
            Some(wait) => problem.with_retry_after(wait),
            None => problem,
        };
        Self { problem, headers: Vec::new() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.problem.into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}
