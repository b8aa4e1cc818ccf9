//! Serving gRPC to other services.
//!
//! One server carries any number of [`Service`]s. What all of them need is in front of all of them: credentials, limits,
//! deadlines, health, an end to streams when the server stops. Nobody who adds a service can forget it.

mod health;
mod incoming;
mod streams;
mod trace;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use flux_core::time::REQUEST_DEADLINE;
use futures_util::future::{Either, select};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::service::RoutesBuilder;
use tonic::transport::Server;

pub(super) use incoming::ConnInfo;
pub(super) use trace::TRACEPARENT;

use super::auth::{CheckLayer, InvalidTls, ServiceAuth};
use super::calls::CallsLayer;
use incoming::Incoming;
use streams::EndStreamsLayer;
use trace::TraceLayer;

/// How much a server takes, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcLimits {
    /// Connections at once: 1,024. More are closed at once.
    pub connections: usize,
    /// Calls at once on one connection: 256.
    pub calls_per_connection: u32,
    /// Bytes of one message: 4 MiB.
    pub message_bytes: usize,
    /// Bytes of all headers of a call: 16 KiB.
    pub header_bytes: u32,
    /// A connection that does not say within 5 s that it speaks HTTP/2, and TLS if that is wanted, is closed.
    pub handshake_timeout: Duration,
    /// What answers with one message has answered after: 5 s, or what the caller grants, if that is less.
    pub deadline: Duration,
    /// A silent connection is asked for a sign of life after 10 s, and closed if none comes within 5 s.
    pub keepalive: (Duration, Duration),
    /// A connection is replaced after 30 min, so that load finds its way to new instances. Its streams are ended then,
    /// and calls have 10 s more.
    pub connection_age: (Duration, Duration),
    /// When stopping, calls may finish for: 5 s.
    pub drain: Duration,
    /// Whether the server tells what services it has, to callers with credentials.
    pub reflection: Reflection,
}

impl Default for GrpcLimits {
    fn default() -> Self {
        Self {
            connections: 1_024,
            calls_per_connection: 256,
            message_bytes: 4 << 20,
            header_bytes: 16 << 10,
            handshake_timeout: Duration::from_secs(5),
            deadline: REQUEST_DEADLINE,
            keepalive: (Duration::from_secs(10), Duration::from_secs(5)),
            connection_age: (Duration::from_mins(30), Duration::from_secs(10)),
            drain: Duration::from_secs(5),
            reflection: Reflection::default(),
        }
    }
}

/// Whether a server tells what services it has. It always wants credentials for that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reflection {
    /// Where it listens on loopback.
    #[default]
    Loopback,
    /// Wherever it listens.
    Always,
    /// Nowhere.
    Never,
}

/// Why a server does not serve.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Everybody who can reach the address could say to be any service.
    #[error("{address} is reached from other machines: services need a shared secret or mutual TLS there")]
    Unprotected {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] InvalidTls),
    /// The socket is broken.
    #[error("socket not usable")]
    Socket(#[source] std::io::Error),
    /// The server failed.
    #[error("server failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// One service of a server.
#[must_use]
pub struct Service {
    name: &'static str,
    ready: Option<watch::Receiver<bool>>,
    add: Add,
}

type Add = Box<dyn FnOnce(&mut RoutesBuilder, &GrpcLimits) + Send>;

impl Service {
    pub(super) fn new(
        name: &'static str,
        add: impl FnOnce(&mut RoutesBuilder, &GrpcLimits) + Send + 'static,
    ) -> Self {
        Self { name, ready: None, add: Box::new(add) }
    }

    /// Its health is what `ready` says. Without this it is well as long as the server runs.
    pub fn ready_when(mut self, ready: watch::Receiver<bool>) -> Self {
        self.ready = Some(ready);
        self
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Serves `services` until `shutdown`: then their health turns bad, streams are ended, calls may finish, and what has
/// not ended within [`GrpcLimits::drain`] is cut off. Returns how many connections that were.
///
/// # Errors
/// [`ServeError`] before anything is served, or if the server fails.
pub async fn serve(
    listener: TcpListener,
    services: Vec<Service>,
    auth: ServiceAuth,
    limits: GrpcLimits,
    shutdown: CancellationToken,
) -> Result<usize, ServeError> {
    let address = listener.local_addr().map_err(ServeError::Socket)?;
    let loopback = address.ip().to_canonical().is_loopback();
    if !loopback && !auth.reaches_beyond_loopback() {
        return Err(ServeError::Unprotected { address });
    }
    let mut server = Server::builder();
    if let Some(tls) = auth.tls() {
        server =
            server.tls_config(tls.server().timeout(limits.handshake_timeout)).map_err(InvalidTls::new)?;
    }
    let reflection = match limits.reflection {
        Reflection::Loopback => loopback,
        Reflection::Always => true,
        Reflection::Never => false,
    };
    let ending = CancellationToken::new();
    let (routes, _health) = routes(services, &limits, reflection, &shutdown, &ending).await;
    let incoming = Incoming::new(listener, &limits, ending);
    let connections = incoming.connections();
    let serving = server
        .timeout(limits.deadline)
        .max_concurrent_streams(limits.calls_per_connection)
        .concurrency_limit_per_connection(usize::try_from(limits.calls_per_connection).unwrap_or(usize::MAX))
        .http2_keepalive_interval(Some(limits.keepalive.0))
        .http2_keepalive_timeout(Some(limits.keepalive.1))
        .http2_max_header_list_size(limits.header_bytes)
        .max_connection_age(limits.connection_age.0)
        .layer(CallsLayer::new())
        .layer(EndStreamsLayer)
        .layer(CheckLayer::new(auth))
        .layer(TraceLayer)
        .serve_with_incoming_shutdown(routes, incoming, shutdown.clone().cancelled_owned());
    let overdue = async {
        shutdown.cancelled().await;
        tokio::time::sleep(limits.drain).await;
    };
    match select(std::pin::pin!(serving), std::pin::pin!(overdue)).await {
        Either::Left((served, _)) => served.map(|()| 0).map_err(|error| ServeError::Failed(error.into())),
        Either::Right(((), _)) => {
            let left = connections.cut();
            tracing::warn!(connections = left, "connections cut off");
            Ok(left)
        }
    }
}

/// All services behind one another, with their health and, if wanted, their description.
async fn routes(
    services: Vec<Service>,
    limits: &GrpcLimits,
    reflection: bool,
    shutdown: &CancellationToken,
    ending: &CancellationToken,
) -> (tonic::service::Routes, health::Following) {
    let mut routes = RoutesBuilder::default();
    let mut watched = Vec::with_capacity(services.len());
    for Service { name, ready, add } in services {
        add(&mut routes, limits);
        watched.push((name, ready));
    }
    if reflection {
        let describe = || {
            let builder = tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(flux_proto::v1::DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                .with_service_name(health::NAME);
            watched.iter().fold(builder, |builder, (name, _)| builder.with_service_name(*name))
        };
        // What is compiled in can be read.
        if let (Ok(v1), Ok(alpha)) = (describe().build_v1(), describe().build_v1alpha()) {
            routes.add_service(v1).add_service(alpha);
        }
    }
    let (service, following) = health::follow(watched, shutdown.clone(), ending.clone()).await;
    routes.add_service(service);
    (routes.routes(), following)
}
