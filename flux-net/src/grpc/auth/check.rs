//! Calls that come in.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use flux_core::NodeId;
use futures_util::future::{Either, Ready, ready};
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response, header};
use tonic::transport::server::TlsConnectInfo;
use tonic::{Extensions, Status};
use tower::{Layer, Service};
use tracing::warn;

use super::proof::{Claim, Nonces};
use super::role::{is_public, may_call};
use super::{ServiceAuth, ServiceIdentity, is_local, tls};
use crate::grpc::server::ConnInfo;

/// Who makes a call, as its credentials prove. Handlers find it among the extensions of the request.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) ServiceIdentity);

impl Caller {
    /// Which node calls. Nodes are named by their id, and speak for no other.
    pub(crate) fn node(extensions: &Extensions) -> Result<NodeId, Status> {
        let caller = extensions.get::<Self>().ok_or_else(|| Status::unauthenticated("no credentials"))?;
        caller.0.name().parse().map_err(|_| Status::permission_denied("not the credentials of a node"))
    }
}

/// Lets through calls of those who prove who they are and may make them.
#[derive(Clone)]
pub(crate) struct CheckLayer {
    auth: ServiceAuth,
    nonces: Arc<Mutex<Nonces>>,
}

impl CheckLayer {
    pub(crate) fn new(auth: ServiceAuth) -> Self {
        Self { auth, nonces: Arc::default() }
    }

    fn check(&self, path: &str, headers: &HeaderMap, extensions: &Extensions) -> Result<Caller, Status> {
        let identity = self.identify(path, headers, extensions).ok_or_else(|| {
            warn!(command = path, "call without valid credentials");
            // One answer for all that may be wrong with them.
            Status::unauthenticated("no valid credentials")
        })?;
        if !may_call(identity.role(), path) {
            warn!(command = path, caller = %identity, "call that is not the caller's to make");
            return Err(Status::permission_denied("not for this role"));
        }
        Ok(Caller(identity))
    }

    fn identify(&self, path: &str, headers: &HeaderMap, extensions: &Extensions) -> Option<ServiceIdentity> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(header), None) = (values.next(), values.next()) else { return None };
        let Claim { identity, proof } = Claim::read(header.to_str().ok()?)?;
        let auth = &self.auth.0;
        let certificates = extensions.get::<TlsConnectInfo<ConnInfo>>().and_then(TlsConnectInfo::peer_certs);
        if let Some(certificates) = &certificates
            && !tls::may_be(certificates, identity.role())
        {
            return None;
        }
        if auth.secrets.is_empty() {
            let local = auth.loopback && is_local(extensions.get::<ConnInfo>().map(|info| info.peer));
            return (certificates.is_some() || (auth.tls.is_none() && local)).then_some(identity);
        }
        let proof = proof?;
        let holds = proof.holds(&auth.secrets, path, auth.clock.now());
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        (holds && nonces.take(proof.nonce(), auth.clock.monotonic())).then_some(identity)
    }
}

impl<S> Layer<S> for CheckLayer {
    type Service = Check<S>;

    fn layer(&self, inner: S) -> Check<S> {
        Check { layer: self.clone(), inner }
    }
}

#[derive(Clone)]
pub(crate) struct Check<S> {
    layer: CheckLayer,
    inner: S,
}

impl<S> Service<Request<Body>> for Check<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response<Body>, S::Error>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        if is_public(path) {
            return Either::Left(self.inner.call(request));
        }
        match self.layer.check(path, request.headers(), request.extensions()) {
            Ok(caller) => {
                // Nobody behind this needs the proof.
                request.headers_mut().remove(header::AUTHORIZATION);
                request.extensions_mut().insert(caller);
                Either::Left(self.inner.call(request))
            }
            Err(status) => Either::Right(ready(Ok(status.into_http()))),
        }
    }
}
