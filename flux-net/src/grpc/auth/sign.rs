//! Calls that go out.

use std::task::{Context, Poll};

use flux_core::{Secret, observe};
use futures_util::future::BoxFuture;
use tonic::body::Body;
use tonic::codegen::http::{HeaderValue, Request, Response, header};
use tonic::transport::{Channel, Error};
use tower::Service;

use super::{ServiceAuth, proof};
use crate::grpc::server::TRACEPARENT;

impl ServiceAuth {
    /// The `authorization` that says and proves who makes one call of `path`, such as
    /// `/flux.v1.StatusService/Overview`: for those who call with other means than this module.
    #[must_use]
    pub fn authorization(&self, path: &str) -> Secret {
        let inner = &self.0;
        let secret = inner.secrets.first().map(|secret| (secret, inner.clock.now(), &*inner.entropy));
        Secret::new(proof::write(&inner.identity, secret, path))
    }

    fn header(&self, path: &str) -> Option<HeaderValue> {
        let mut header = HeaderValue::try_from(self.authorization(path).expose()).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

/// A channel whose calls say who makes them.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    channel: Channel,
    auth: ServiceAuth,
}

impl Signed {
    pub(crate) const fn new(channel: Channel, auth: ServiceAuth) -> Self {
        Self { channel, auth }
    }
}

impl Service<Request<Body>> for Signed {
    type Response = Response<Body>;
    type Error = Error;
    type Future = BoxFuture<'static, Result<Response<Body>, Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Service::<Request<Body>>::poll_ready(&mut self.channel, cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(header) = self.auth.header(request.uri().path()) {
            request.headers_mut().insert(header::AUTHORIZATION, header);
        }
        if let Some(header) = observe::trace::current().and_then(|trace| trace.to_string().try_into().ok()) {
            request.headers_mut().insert(TRACEPARENT, header);
        }
        let watch = self.auth.0.called.begin(request.uri().path());
        let call = self.channel.call(request);
        Box::pin(async move {
            match call.await {
                Ok(response) => Ok(watch.follow(response)),
                Err(error) => {
                    watch.failed();
                    Err(error)
                }
            }
        })
    }
}
