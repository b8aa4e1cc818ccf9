//! Calls that come in.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use flux_core::NodeId;
use futures_util::TryFutureExt as _;
use futures_util::future::{Either, MapOk, Ready, ready};
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response, header};
use tonic::metadata::MetadataMap;
use tonic::transport::server::TlsConnectInfo;
use tonic::{Extensions, Status};
use tower::{Layer, Service};
use tracing::{info, warn};

use super::incarnation::Incarnation;
use super::proof::{self, Claim, Nonces};
use super::role::{is_public, may_call};
use super::{ServiceAuth, ServiceIdentity, is_local, tls};
use crate::grpc::server::ConnInfo;
use crate::observe::Seldom;

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

/// Why credentials are none.
enum Refused {
    /// Missing, wrong, too old, or used before.
    Invalid,
    /// In a form of another release.
    OtherRelease,
    /// Good, at another server.
    Elsewhere(ServiceIdentity),
}

/// Lets through calls of those who prove who they are and may make them.
#[derive(Clone)]
pub(crate) struct CheckLayer {
    auth: ServiceAuth,
    /// Whom calls have to be meant for. It is as old as the memory of what was taken.
    this: Incarnation,
    nonces: Arc<Mutex<Nonces>>,
    /// Anybody can cause these lines.
    invalid: Arc<Seldom>,
    other_release: Arc<Seldom>,
    elsewhere: Arc<Seldom>,
}

impl CheckLayer {
    /// Of a server that starts.
    pub(crate) fn new(auth: ServiceAuth) -> Self {
        let this = Incarnation::begin(auth.entropy());
        let (invalid, other_release, elsewhere) = Default::default();
        Self { auth, this, nonces: Arc::default(), invalid, other_release, elsewhere }
    }

    fn check(&self, path: &str, headers: &HeaderMap, extensions: &Extensions) -> Result<Caller, Status> {
        let identity = self.identify(path, headers, extensions).map_err(|refused| match refused {
            Refused::Invalid => {
                if let Some(more) = self.invalid.due() {
                    warn!(more, "call without valid credentials");
                }
                // One answer for all that may be wrong with them.
                Status::unauthenticated("no valid credentials")
            }
            Refused::OtherRelease => {
                if let Some(more) = self.other_release.due() {
                    warn!(more, "call with credentials of another release");
                }
                Status::unauthenticated("credentials of another release")
            }
            Refused::Elsewhere(identity) => {
                // Of a caller who has not heard of a restart yet, who calls again; or overheard there.
                if let Some(more) = self.elsewhere.due() {
                    info!(more, caller = %identity, "call that was meant for another server");
                }
                let mut status = Status::unauthenticated("meant for another server");
                let mut told = HeaderMap::new();
                self.this.tell(&mut told);
                *status.metadata_mut() = MetadataMap::from_headers(told);
                status
            }
        })?;
        if !may_call(identity.role(), path) {
            warn!(caller = %identity, "call that is not the caller's to make");
            return Err(Status::permission_denied("not for this role"));
        }
        Ok(Caller(identity))
    }

    fn identify(
        &self,
        path: &str,
        headers: &HeaderMap,
        extensions: &Extensions,
    ) -> Result<ServiceIdentity, Refused> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(header), None) = (values.next(), values.next()) else { return Err(Refused::Invalid) };
        let header = header.to_str().map_err(|_| Refused::Invalid)?;
        if proof::is_of_another_release(header) {
            return Err(Refused::OtherRelease);
        }
        let Claim { identity, proof } = Claim::read(header).ok_or(Refused::Invalid)?;
        let auth = &self.auth.0;
        let certificates = extensions.get::<TlsConnectInfo<ConnInfo>>().and_then(TlsConnectInfo::peer_certs);
        if let Some(certificates) = &certificates
            && !tls::may_be(certificates, identity.role())
        {
            return Err(Refused::Invalid);
        }
        if auth.secrets.is_empty() {
            let local = auth.loopback && is_local(extensions.get::<ConnInfo>().map(|info| info.peer));
            let proven = certificates.is_some() || (auth.tls.is_none() && local);
            return if proven { Ok(identity) } else { Err(Refused::Invalid) };
        }
        let proof = proof.ok_or(Refused::Invalid)?;
        if !proof.holds(&auth.secrets, path, auth.clock.now()) {
            return Err(Refused::Invalid);
        }
        if proof.to() != self.this {
            return Err(Refused::Elsewhere(identity));
        }
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        let new = nonces.take(proof.nonce(), auth.clock.monotonic());
        if new { Ok(identity) } else { Err(Refused::Invalid) }
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

/// Says in an answer which server gives it.
type Tell = Box<dyn FnOnce(Response<Body>) -> Response<Body> + Send>;

impl<S> Service<Request<Body>> for Check<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Either<MapOk<S::Future, Tell>, Ready<Result<Response<Body>, S::Error>>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        if is_public(path) {
            let this = self.layer.this;
            let tell: Tell = Box::new(move |mut response| {
                this.tell(response.headers_mut());
                response
            });
            return Either::Right(Either::Left(self.inner.call(request).map_ok(tell)));
        }
        match self.layer.check(path, request.headers(), request.extensions()) {
            Ok(caller) => {
                // Nobody behind this needs the proof.
                request.headers_mut().remove(header::AUTHORIZATION);
                request.extensions_mut().insert(caller);
                Either::Left(self.inner.call(request))
            }
            Err(status) => Either::Right(Either::Right(ready(Ok(status.into_http())))),
        }
    }
}
