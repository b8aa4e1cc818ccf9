//! Calls are counted, at both ends, when they have ended: for a stream that is the end of the stream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use flux_core::observe::{Counters, Histograms};
use futures_util::future::BoxFuture;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::{Instrument as _, info_span};

use super::auth::label;
use crate::observe::metric;

/// The handles of one end.
#[derive(Debug)]
pub(super) struct CallMeters {
    calls: Counters<2>,
    times: Histograms<1>,
}

impl CallMeters {
    /// Of calls that come in.
    pub(super) fn served() -> Arc<Self> {
        let (calls, times) = (Counters::new(metric::GRPC_SERVED), Histograms::new(metric::GRPC_SERVED_TIME));
        Arc::new(Self { calls, times })
    }

    /// Of calls that go out.
    pub(super) fn called() -> Arc<Self> {
        let (calls, times) = (Counters::new(metric::GRPC_CALLED), Histograms::new(metric::GRPC_CALLED_TIME));
        Arc::new(Self { calls, times })
    }

    /// Begins to watch a call of the method at `path`.
    pub(super) fn begin(self: &Arc<Self>, path: &str) -> Watch {
        Watch { meters: Arc::clone(self), method: label(path), began: Instant::now(), ended: false }
    }
}

/// A call that has not ended. One that is let go of was cancelled.
#[derive(Debug)]
pub(super) struct Watch {
    meters: Arc<CallMeters>,
    method: &'static str,
    began: Instant,
    ended: bool,
}

impl Watch {
    /// Watches on until the answer has been read or written to its end.
    pub(super) fn follow(mut self, response: Response<Body>) -> Response<Body> {
        if let Some(code) = code(response.headers()) {
            self.end(code);
            return response;
        }
        response.map(|body| Body::new(Watched { body, watch: self }))
    }

    /// There is no answer.
    pub(super) fn failed(mut self) {
        self.end(Code::Unavailable);
    }

    fn end(&mut self, code: Code) {
        if !std::mem::replace(&mut self.ended, true) {
            self.meters.calls.count([self.method, name(code)]);
            self.meters.times.record([self.method], self.began.elapsed());
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end(Code::Cancelled);
    }
}

fn code(headers: &HeaderMap) -> Option<Code> {
    headers.get(Status::GRPC_STATUS).map(|code| Code::from_bytes(code.as_bytes()))
}

/// A body that tells how the call ended.
struct Watched {
    body: Body,
    watch: Watch,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(code) = frame.trailers_ref().and_then(code) {
                    self.watch.end(code);
                }
            }
            Poll::Ready(Some(Err(status))) => self.watch.end(status.code()),
            Poll::Ready(None) => self.watch.end(Code::Unknown),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Counts the calls that a server serves, and gives each a span.
#[derive(Debug, Clone)]
pub(super) struct CallsLayer(Arc<CallMeters>);

impl CallsLayer {
    pub(super) fn new() -> Self {
        Self(CallMeters::served())
    }
}

impl<S> Layer<S> for CallsLayer {
    type Service = Calls<S>;

    fn layer(&self, inner: S) -> Calls<S> {
        Calls { meters: Arc::clone(&self.0), inner }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Calls<S> {
    meters: Arc<CallMeters>,
    inner: S,
}

impl<S> Service<Request<Body>> for Calls<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let watch = self.meters.begin(request.uri().path());
        let span = info_span!("grpc", command = watch.method);
        let call = span.in_scope(|| self.inner.call(request));
        let watched = async move {
            match call.await {
                Ok(response) => Ok(watch.follow(response)),
                Err(error) => {
                    watch.failed();
                    Err(error)
                }
            }
        };
        Box::pin(watched.instrument(span))
    }
}

/// As gRPC spells it.
const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
