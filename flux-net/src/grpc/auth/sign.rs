//! Calls that go out.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use flux_core::observe;
use futures_util::future::BoxFuture;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{HeaderValue, Request, Response, header};
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::{Service, ServiceExt as _};

use super::incarnation::Incarnation;
use super::role::is_public;
use super::{ServiceAuth, proof};
use crate::grpc::server::TRACEPARENT;

/// A channel whose calls say who makes them. Clones share what is known of the other end.
///
/// A proof names the server that it is for. The first call asks the server which it is, and later ones remember. Where
/// another server is at the other end meanwhile, it refuses the call and says which it is: then the call may be made
/// again, [as it was meant for another](super::meant_for_another).
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    channel: Channel,
    auth: ServiceAuth,
    server: Arc<Mutex<Option<Incarnation>>>,
}

impl Signed {
    pub(crate) fn new(channel: Channel, auth: ServiceAuth) -> Self {
        Self { channel, auth, server: Arc::default() }
    }

    /// What says and proves who makes one call of `path`.
    async fn authorization(&self, path: &str) -> Result<HeaderValue, Status> {
        let auth = &*self.auth.0;
        let text = match auth.secrets.first() {
            Some(secret) => {
                let to = self.server().await?;
                let means = proof::Means { secret, now: auth.clock.now(), entropy: &*auth.entropy };
                proof::write(&auth.identity, &means, to, path)
            }
            None => proof::write_name(&auth.identity),
        };
        let mut header = HeaderValue::try_from(text)
            .map_err(|_| Status::internal("credentials that cannot stand in a header"))?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// Which server is at the other end.
    async fn server(&self) -> Result<Incarnation, Status> {
        if let Some(server) = self.known() {
            return Ok(server);
        }
        // How well it is does not matter: whatever it answers, it says which it is.
        let question = HealthCheckRequest { service: String::new() };
        let answered = HealthClient::new(self.clone()).check(question).await;
        self.known().ok_or_else(|| {
            let silent =
                || Status::unauthenticated("it does not say which server it is: of another release?");
            answered.err().unwrap_or_else(silent)
        })
    }

    fn known(&self) -> Option<Incarnation> {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a call as it is, and listens to which server answers.
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let answered = self.channel.clone().oneshot(request).await;
        let response = answered.map_err(|error| Status::from_error(Box::new(error)))?;
        if let Some(server) = Incarnation::told(response.headers()) {
            *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server);
        }
        Ok(response)
    }
}

impl Service<Request<Body>> for Signed {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    /// Each call waits for its place in the channel itself: one that was kept while the server is asked which it is would
    /// be missing for the question.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(header) = observe::trace::current().and_then(|trace| trace.to_string().try_into().ok()) {
            request.headers_mut().insert(TRACEPARENT, header);
        }
        let watch = self.auth.0.called.begin(request.uri().path());
        let signed = self.clone();
        let made = async move {
            if !is_public(request.uri().path()) {
                let header = signed.authorization(request.uri().path()).await?;
                request.headers_mut().insert(header::AUTHORIZATION, header);
            }
            signed.send(request).await
        };
        Box::pin(async move {
            match made.await {
                Ok(response) => Ok(watch.follow(response)),
                Err(status) => {
                    watch.failed();
                    Err(status)
                }
            }
        })
    }
}
