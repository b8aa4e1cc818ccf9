//! Serving a router over HTTP/1.1, with WebSocket upgrades, to strangers.
//!
//! [`serve`] is for whoever has no server of their own: it bounds connections, in all and by address, gives each request
//! line and header its limits and its time, refuses what different readers of HTTP/1.1 might understand differently,
//! and ends gracefully. A router of this crate works behind any other server of axum's as well.
//!
//! HTTP/1.1 alone is spoken: browsers speak nothing else without TLS, and whoever ends TLS in front of this speaks
//! HTTP/2 to the world and HTTP/1.1 to us.

mod chunks;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod guard;
mod head;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use flux_core::guard::ClientAddr;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics::{Counter, Gauge};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tower::ServiceExt as _;

use self::guard::{GuardTimes, Guarded};
use self::head::HeadLimits;
#[cfg(feature = "gate")]
pub(crate) use self::head::check_target;
use crate::observe::metric;
use crate::proxy::Network;

/// How much of what a server takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeLimits {
    /// Connections at once, WebSockets included: 10,000. More are closed at once.
    pub connections: usize,
    /// Of them from one address, or one IPv6 network of 64 bits: 1,000.
    pub connections_per_address: usize,
    /// Addresses that may have as many as there are: proxies, behind which many stand.
    pub unlimited: Vec<Network>,
    /// Bytes of path and query: 8 KiB.
    pub target_bytes: usize,
    /// Bytes of all headers of a request: 16 KiB.
    pub header_bytes: usize,
    /// Headers of a request: 64.
    pub headers: usize,
    /// From the beginning of a connection, and of each further request, to the end of its headers: 10 s.
    pub header_timeout: Duration,
    /// A connection that asks for nothing is closed after: 60 s.
    pub idle_timeout: Duration,
    /// A client that takes in nothing of an answer is cut off after: 30 s.
    pub write_timeout: Duration,
    /// When stopping, connections may finish for: 20 s.
    pub drain: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 1_000,
            unlimited: Vec::new(),
            target_bytes: 8 << 10,
            header_bytes: 16 << 10,
            headers: 64,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_mins(1),
            write_timeout: Duration::from_secs(30),
            drain: Duration::from_secs(20),
        }
    }
}

/// Serves `router` until `shutdown`, then lets requests finish and closes idle connections; WebSockets are told by
/// whoever holds them. Returns how many connections had not ended when [`ServeLimits::drain`] was over.
///
/// Handlers find the client's address as [`ConnectInfo<SocketAddr>`](ConnectInfo).
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServeLimits,
    shutdown: CancellationToken,
) -> usize {
    let server =
        Arc::new(Server { router, limits, shutdown, cut: CancellationToken::new(), slots: Arc::default() });
    loop {
        let accepted = tokio::select! {
            biased;
            () = server.shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, peer)) => {
                if let Some(slot) = Slots::take(&server.slots, peer, &server.limits) {
                    tokio::spawn(Arc::clone(&server).connection(socket, peer, slot));
                }
            }
            Err(error) => {
                // Of a connection that was gone before it was accepted, or for want of descriptors: then others must end
                // before there can be more.
                tracing::warn!(%error, "connection not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    server.slots.open.close();
    if tokio::time::timeout(server.limits.drain, server.slots.open.wait()).await.is_err() {
        let left = server.slots.open.len();
        server.cut.cancel();
        tracing::warn!(connections = left, "connections cut off");
        return left;
    }
    0
}

struct Server {
    router: Router,
    limits: ServeLimits,
    shutdown: CancellationToken,
    /// Ends what has not ended by itself.
    cut: CancellationToken,
    slots: Arc<Slots>,
}

impl Server {
    async fn connection(self: Arc<Self>, socket: TcpStream, peer: SocketAddr, slot: Slot) {
        // Answers are written whole; there is nothing to wait for. A socket that refuses is about to fail anyway.
        let _ = socket.set_nodelay(true);
        let limits = &self.limits;
        let head = HeadLimits {
            target_bytes: limits.target_bytes,
            bytes: limits.header_bytes,
            count: limits.headers,
        };
        let times = GuardTimes { head: limits.header_timeout, write: limits.write_timeout };
        let refused = Arc::new(Notify::new());
        let io = TokioIo::new(Guarded::new(socket, head, times, Arc::clone(&refused), slot));
        let router = &self.router;
        let service = service_fn(|request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.idle_timeout.max(limits.header_timeout))
            .max_headers(limits.headers.saturating_add(1))
            .serve_connection(io, service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let (mut told, mut ended) = (false, None);
        while ended.is_none() {
            tokio::select! {
                biased;
                end = connection.as_mut() => ended = Some(end),
                () = self.cut.cancelled() => return,
                () = either(self.shutdown.cancelled(), refused.notified()), if !told => {
                    told = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
        if let Some(Err(error)) = ended {
            tracing::debug!(%error, "connection ended");
        }
    }
}

/// The first of two that happens.
async fn either(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = one => {}
        () = other => {}
    }
}

/// Who is connected.
#[derive(Debug)]
struct Slots {
    open: TaskTracker,
    by_address: Mutex<HashMap<ClientAddr, usize>>,
    connections: Gauge,
    refused: Counter,
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            open: TaskTracker::new(),
            by_address: Mutex::default(),
            connections: metric::HTTP_CONNECTIONS.gauge(),
            refused: metric::HTTP_TURNED_AWAY.counter(),
        }
    }
}

/// One connection's place.
#[derive(Debug)]
struct Slot {
    slots: Arc<Slots>,
    address: ClientAddr,
    _open: TaskTrackerToken,
}

impl Slots {
    /// `None` if there is no room.
    fn take(slots: &Arc<Self>, peer: SocketAddr, limits: &ServeLimits) -> Option<Slot> {
        if slots.open.len() >= limits.connections {
            slots.refused.increment(1);
            return None;
        }
        let address = ClientAddr::new(peer.ip());
        let unlimited = limits.unlimited.iter().any(|network| network.contains(peer.ip()));
        let mut by_address = slots.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = by_address.entry(address).or_default();
        if *count >= limits.connections_per_address && !unlimited {
            slots.refused.increment(1);
            return None;
        }
        *count += 1;
        slots.connections.increment(1);
        Some(Slot { slots: Arc::clone(slots), address, _open: slots.open.token() })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.connections.decrement(1);
        let mut by_address = self.slots.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}
