//! Streams end when their connection is to end: whoever waits for them to end by themselves waits for ever.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::TryFutureExt as _;
use futures_util::future::MapOk;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::{Layer, Service};

use super::ConnInfo;
use crate::grpc::failure::Failure;

/// Ends the answers of all services behind it.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndStreamsLayer;

impl<S> Layer<S> for EndStreamsLayer {
    type Service = EndStreams<S>;

    fn layer(&self, inner: S) -> EndStreams<S> {
        EndStreams { inner }
    }
}

#[derive(Debug, Clone)]
pub(super) struct EndStreams<S> {
    inner: S,
}

type Wrap = Box<dyn FnOnce(Response<Body>) -> Response<Body> + Send>;

impl<S> Service<Request<Body>> for EndStreams<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = MapOk<S::Future, Wrap>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let ending = request.extensions().get::<ConnInfo>().map(|info| info.ending.clone());
        let wrap = move |response: Response<Body>| match ending {
            Some(ending) => response.map(|body| {
                let ending = Box::pin(ending.cancelled_owned());
                Body::new(EndingBody { body: Some(body), ending })
            }),
            None => response,
        };
        self.inner.call(request).map_ok(Box::new(wrap))
    }
}

/// A body that ends with "come back elsewhere" when it has nothing to say and its connection is to end.
struct EndingBody {
    body: Option<Body>,
    ending: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl HttpBody for EndingBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        if let ready @ Poll::Ready(_) = Pin::new(body).poll_frame(cx) {
            return ready;
        }
        if self.ending.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.body = None;
        let mut trailers = tonic::codegen::http::HeaderMap::new();
        let status = Failure::new(flux_core::ErrorCode::Draining).into_status();
        Poll::Ready(match status.add_header(&mut trailers) {
            Ok(()) => Some(Ok(Frame::trailers(trailers))),
            Err(status) => Some(Err(status)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}
