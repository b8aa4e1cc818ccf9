//! Chat nodes to each other, and gates to chat nodes.

mod dial;
mod link;
mod queue;
mod service;
mod submit;
mod taken;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::NodeId;
use flux_core::routing::{Envelope, NodeInfo, PeerError, PeerTransport};
use metrics::Gauge;
use prost::Message as _;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::warn;

pub use dial::{LinkAnswers, LinkBroken, LinkRequests, PeerDial};
pub use service::{PeerLinks, chat_peer_service};
pub use submit::SubmitClient;

use super::auth::ServiceAuth;
use super::channel::ChannelSettings;
use super::wire;
use crate::observe::metric;
use dial::GrpcDial;
use link::Link;
use queue::Queue;
use submit::Nodes;

/// How links to peers behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerSettings {
    /// How peers are connected to. A link that does not stand within the connect timeout is none.
    pub channel: ChannelSettings,
    /// Envelopes that one peer may have waiting or not acknowledged: 1,024. More are refused.
    pub window_envelopes: usize,
    /// Bytes of them: 8 MiB.
    pub window_bytes: usize,
    /// Bytes of one batch, if it is more than one envelope: 256 KiB.
    pub batch_bytes: usize,
    /// Bytes of one envelope: 3 MiB. One that is larger is refused.
    pub envelope_bytes: usize,
    /// A peer that acknowledges nothing for as long is away: 1.5 s.
    pub acknowledge_within: Duration,
    /// The bound of the first pause between two attempts to connect, and that of all: 50 ms, 2 s.
    pub backoff: (Duration, Duration),
}

impl Default for PeerSettings {
    fn default() -> Self {
        Self {
            channel: ChannelSettings::default(),
            window_envelopes: 1_024,
            window_bytes: 8 << 20,
            batch_bytes: 256 << 10,
            envelope_bytes: 3 << 20,
            acknowledge_within: Duration::from_millis(1_500),
            backoff: (Duration::from_millis(50), Duration::from_secs(2)),
        }
    }
}

/// The way to the other nodes: one link to each that lives and says where it is reached. Clones share the links.
///
/// A link that breaks is made again, and goes on where it broke: the peer says what it has taken, and the rest is written
/// again. Where the peer cannot be reached, or takes nothing, senders hear so at once.
#[derive(Debug, Clone)]
pub struct GrpcPeers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    auth: ServiceAuth,
    dial: Arc<dyn PeerDial>,
    settings: PeerSettings,
    links: Mutex<BTreeMap<NodeId, Handle>>,
    nodes: Nodes,
    meters: Meters,
}

/// What is counted, each time that somebody looks who lives.
#[derive(Debug)]
struct Meters {
    up: Gauge,
    down: Gauge,
}

impl Meters {
    fn new() -> Self {
        let [up, down] = ["up", "down"].map(|state| metric::PEER_LINKS.gauge_of([state]));
        Self { up, down }
    }

    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 links")]
    fn links(&self, up: usize, down: usize) {
        self.up.set(up as f64);
        self.down.set(down as f64);
    }
}

#[derive(Debug)]
struct Handle {
    url: String,
    queue: Arc<Queue>,
    /// Ends the link when nobody knows of it any more.
    _stop: DropGuard,
}

/// How the link to a peer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerStatus {
    /// Which peer.
    pub node: NodeId,
    /// Whether the link stands.
    pub connected: bool,
    /// How many envelopes wait for it or are not acknowledged.
    pub waiting: usize,
}

impl GrpcPeers {
    /// Without peers, until it [knows](PeerTransport::know) of some. Calls are made as the service that `auth` names,
    /// which for a node has to be its id.
    #[must_use]
    pub fn new(auth: ServiceAuth, settings: PeerSettings) -> Self {
        let dial = Arc::new(GrpcDial { auth: auth.clone(), settings: settings.channel.clone() });
        Self::over(dial, auth, settings)
    }

    /// The same over links that `dial` opens: what a simulation puts in the place of gRPC.
    #[must_use]
    pub fn over(dial: Arc<dyn PeerDial>, auth: ServiceAuth, settings: PeerSettings) -> Self {
        let nodes = Nodes::new(auth.clone(), settings.channel.clone());
        Self(Arc::new(Inner { auth, dial, settings, links: Mutex::default(), nodes, meters: Meters::new() }))
    }

    /// Appends messages through the nodes that are known here.
    #[must_use]
    pub fn submit_client(&self) -> SubmitClient {
        SubmitClient::new(Arc::clone(&self.0))
    }

    /// How the links stand, ascending by node.
    #[must_use]
    pub fn status(&self) -> Vec<PeerStatus> {
        let links = self.0.links();
        let each = links.iter().map(|(node, handle)| {
            let (connected, waiting) = handle.queue.standing();
            PeerStatus { node: *node, connected, waiting }
        });
        each.collect()
    }
}

impl Inner {
    fn links(&self) -> MutexGuard<'_, BTreeMap<NodeId, Handle>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, node: NodeId, url: &str) -> Handle {
        let queue = Arc::new(Queue::new(self.settings.clone()));
        let stop = CancellationToken::new();
        let link = Link {
            node,
            url: url.to_owned(),
            queue: Arc::clone(&queue),
            dial: Arc::clone(&self.dial),
            auth: self.auth.clone(),
            settings: self.settings.clone(),
        };
        tokio::spawn(link.run(stop.clone()));
        Handle { url: url.to_owned(), queue, _stop: stop.drop_guard() }
    }
}

#[async_trait]
impl PeerTransport for GrpcPeers {
    /// Takes its place in the queue at the first poll, and waits for the acknowledgement: calls to several peers, and
    /// several calls to one, may be made at once.
    async fn send(&self, node: NodeId, envelope: Envelope) -> Result<(), PeerError> {
        let queue = self.0.links().get(&node).map(|handle| Arc::clone(&handle.queue));
        let queue = queue.ok_or(PeerError::Unreachable)?;
        let envelope = wire::envelope(&envelope).encode_to_vec();
        if envelope.len() > self.0.settings.envelope_bytes {
            warn!(peer.id = %node, size_bytes = envelope.len(), "envelope too large; repair will tell");
            return Err(PeerError::Full);
        }
        let outcome = queue.offer(envelope.into())?;
        outcome.await.unwrap_or(Err(PeerError::Unreachable))
    }

    /// Makes links to nodes that are new, or are reached elsewhere now, and ends those to nodes that are gone.
    fn know(&self, live: &[NodeInfo]) {
        self.0.nodes.know(live);
        let own = self.0.auth.identity().name();
        let reached = live.iter().filter(|info| !info.peer_url.is_empty());
        let reached = reached.map(|info| (info.node, info.peer_url.as_str()));
        let reached: BTreeMap<_, _> = reached.filter(|(node, _)| node.to_string() != own).collect();
        let mut links = self.0.links();
        links.retain(|node, handle| reached.get(node).is_some_and(|url| *url == handle.url));
        for (node, url) in reached {
            links.entry(node).or_insert_with(|| self.0.start(node, url));
        }
        let up = links.values().filter(|handle| handle.queue.standing().0).count();
        self.0.meters.links(up, links.len() - up);
    }
}
