//! What a call causes belongs to the trace of its caller.

use std::task::{Context, Poll};

use flux_core::observe::{self, TraceContext};
use futures_util::future::{BoxFuture, Either};
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tower::{Layer, Service};

/// Where a caller writes its place in a trace (W3C Trace Context).
pub(in crate::grpc) const TRACEPARENT: &str = "traceparent";

/// Serves calls at the place of a trace that they name.
#[derive(Debug, Clone, Copy)]
pub(super) struct TraceLayer;

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace { inner }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Trace<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Trace<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response<Body>, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let trace = trace_of(request.headers());
        let call = self.inner.call(request);
        match trace {
            Some(trace) => Either::Right(Box::pin(observe::trace::scope(trace, call))),
            None => Either::Left(call),
        }
    }
}

fn trace_of(headers: &HeaderMap) -> Option<TraceContext> {
    headers.get(TRACEPARENT)?.to_str().ok()?.parse().ok()
}
