//! The chat of one node: all its connections.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use flux_core::guard::ClientAddr;
use flux_core::time::{REQUEST_DEADLINE, within};
use flux_core::{Clock, ErrorCode, Flux};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use super::admission::{Admission, Permit};
use super::codec::{Format, Rejection};
use super::drain::{Drain, DrainWatch, Draining};
use super::meters::ChatMeters;
use super::{ChatConfig, FrameSocket, connection, upgrade};
use crate::token::Tokens;

/// How long telling the registry of a drain may take.
const REGISTRY_DEADLINE: Duration = Duration::from_secs(2);

/// What a chat stands on.
#[derive(Clone)]
pub struct ChatParts {
    /// The domain.
    pub flux: Flux,
    /// Verifies access tokens.
    pub tokens: Arc<Tokens>,
}

/// The chat of one node. Clones are the same chat.
#[derive(Clone, Debug)]
pub struct ChatServer(Arc<Inner>);

/// How many connections a node has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChatStatus {
    /// All of them.
    pub connections: usize,
    /// Those that have not said hello yet.
    pub anonymous: usize,
    /// How many there may be.
    pub capacity: usize,
    /// Whether the node is about to stop, and takes no new ones.
    pub draining: bool,
}

pub(super) struct Inner {
    parts: ChatParts,
    config: ChatConfig,
    admission: Arc<Admission>,
    connections: AtomicU64,
    tasks: TaskTracker,
    drain: Arc<Draining>,
    kill: CancellationToken,
    meters: ChatMeters,
}

impl ChatServer {
    /// A chat without connections.
    #[must_use]
    pub fn new(parts: ChatParts, config: ChatConfig) -> Self {
        Self(Arc::new(Inner {
            parts,
            admission: Admission::new(config.caps.clone()),
            config,
            connections: AtomicU64::new(0),
            tasks: TaskTracker::new(),
            drain: Arc::default(),
            kill: CancellationToken::new(),
            meters: ChatMeters::new(),
        }))
    }

    /// The route `/v1/chat`. The server it is put on has to say where connections come from, as axum's `ConnectInfo`
    /// of a socket address, and to take upgrades; [`serve`](crate::serve::serve) does both.
    pub fn router(&self) -> Router {
        upgrade::router(self.clone())
    }

    /// Takes a place for a connection from `client` that speaks `format`.
    ///
    /// # Errors
    /// [`Refused`] if there is none, or the node is draining.
    pub fn admit(&self, client: ClientAddr, format: Format) -> Result<Admitted, Refused> {
        let admitted = if self.0.drain.has_begun() {
            Err(ErrorCode::Draining.into())
        } else {
            self.0.admission.admit(client, self.0.clock().monotonic())
        };
        let permit = admitted.map_err(|rejection| {
            self.0.meters.refused(rejection.code.as_str());
            Refused(rejection)
        })?;
        Ok(Admitted { server: Arc::clone(&self.0), permit, format })
    }

    /// How many connections there are.
    pub fn status(&self) -> ChatStatus {
        let (connections, anonymous) = self.0.admission.counts();
        ChatStatus {
            connections,
            anonymous,
            capacity: self.0.config.caps.connections,
            draining: self.0.drain.has_begun(),
        }
    }

    /// Takes no new connections, tells those that there are when to leave and where to go, spread over `window`, and
    /// returns when all are gone. Who has not gone a little after the window is cut off.
    pub async fn drain(&self, window: Duration) {
        let inner = &self.0;
        let clock = inner.clock();
        let elsewhere = inner.elsewhere().await;
        let began = clock.monotonic();
        let first = inner.drain.begin(Drain { began, window, elsewhere });
        inner.tasks.close();
        if first {
            inner.meters.draining();
            info!(connections = self.status().connections, window_ms = window.as_millis(), "draining");
            inner.tell_registry().await;
        }
        let patience = window + REQUEST_DEADLINE + 2 * inner.config.close_within;
        if within(clock, patience, inner.tasks.wait()).await.is_err() {
            warn!(connections = self.status().connections, "some did not leave in time");
            inner.kill.cancel();
            let last = REQUEST_DEADLINE + 2 * inner.config.close_within;
            let _ = within(clock, last, inner.tasks.wait()).await;
        }
    }

    pub(super) const fn inner(&self) -> &Arc<Inner> {
        &self.0
    }
}

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(pub(super) Rejection);

impl Refused {
    /// In the words of the catalogue.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// How long to wait before the next attempt, if that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

/// A place among the connections of a node, for one that is being made.
#[derive(Debug)]
#[must_use]
pub struct Admitted {
    server: Arc<Inner>,
    permit: Permit,
    format: Format,
}

impl Admitted {
    /// Serves the connection to its end.
    pub async fn serve<S: FrameSocket>(self, socket: S) {
        connection::serve(self.server, self.permit, socket, self.format).await;
    }
}

impl Inner {
    pub(super) const fn flux(&self) -> &Flux {
        &self.parts.flux
    }

    pub(super) fn tokens(&self) -> &Tokens {
        &self.parts.tokens
    }

    pub(super) const fn config(&self) -> &ChatConfig {
        &self.config
    }

    pub(super) const fn meters(&self) -> &ChatMeters {
        &self.meters
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.parts.flux.ports.clock
    }

    pub(super) fn shared_clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.parts.flux.ports.clock)
    }

    /// The number of a new connection.
    pub(super) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn drain_watch(&self) -> DrainWatch {
        DrainWatch(Arc::clone(&self.drain))
    }

    /// Ends when whoever is still here has to go at once.
    pub(super) async fn killed(&self) {
        self.kill.cancelled().await;
    }

    /// Runs a task that a drain waits for. Where the runtime is gone, as when a process ends, so is the task.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            self.tasks.spawn_on(task, &runtime);
        }
    }

    /// Where clients of a draining node may go.
    async fn elsewhere(&self) -> Vec<String> {
        let live = within(self.clock(), REGISTRY_DEADLINE, self.flux().ports.registry.live()).await;
        let Ok(Ok(nodes)) = live else { return Vec::new() };
        let own = self.flux().router.node();
        let open = nodes.into_iter().filter(|node| node.node != own && !node.draining);
        open.map(|node| node.client_url).filter(|url| !url.is_empty()).collect()
    }

    async fn tell_registry(&self) {
        match within(self.clock(), REGISTRY_DEADLINE, self.flux().lease.drain()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn!(error = %error, "the registry did not hear of the drain"),
            Err(late) => warn!(error = %late, "the registry did not hear of the drain"),
        }
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (connections, anonymous) = self.admission.counts();
        f.debug_struct("ChatServer")
            .field("connections", &connections)
            .field("anonymous", &anonymous)
            .finish_non_exhaustive()
    }
}
