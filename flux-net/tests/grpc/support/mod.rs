//! Nodes and services over one set of memory stores, each behind a socket of its own.

pub(crate) mod proxy;
pub(crate) mod raw;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flux_core::account::{NewUser, Username};
use flux_core::friend::Greeting;
use flux_core::message::{Message, MessageText};
use flux_core::routing::{
    Connected, Delivery, Envelope, Event, Notice, Outbox, OutboxLimits, PeerTransport, Work,
};
use flux_core::session::{Actor, Device, DeviceClass, DeviceName};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{
    Clock, ConversationId, Flux, MessageId, NodeId, Pair, Ports, Secret, Seq, Settings, Timestamp, UserId,
};
use flux_net::grpc::{
    ChannelSettings, GrpcLimits, GrpcPeers, PeerSettings, Role, ServeError, Service, ServiceAuth,
    ServiceChannel, ServiceIdentity, SharedSecret, chat_peer_service, serve,
};
use flux_store::memory::{MemoryDirectory, MemoryStore};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a test waits for what has to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What all services of a test share.
pub(crate) const SECRET: &str = "pZ4m1Qx7Vw0sKf9yBt3Rn6LcHd8JuGaE";

pub(crate) fn secret(text: &str) -> SharedSecret {
    SharedSecret::new(&Secret::new(text)).unwrap()
}

/// The stores that the nodes share, on a clock driven by hand.
pub(crate) struct Cluster {
    pub(crate) clock: ManualClock,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) ports: Ports,
}

impl Cluster {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
        let entropy = Arc::new(SeededEntropy::new(7));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let directory = Arc::new(MemoryDirectory::new(Arc::clone(&shared)));
        let ports = Ports {
            durable: Arc::new(MemoryStore::new(Arc::clone(&shared), entropy.clone())),
            directory: directory.clone(),
            registry: directory,
            ..flux_store::memory::ports(shared, entropy.clone())
        };
        Self { clock, entropy, ports }
    }

    pub(crate) fn auth(&self, role: Role, name: impl std::fmt::Display) -> ServiceAuth {
        let identity = ServiceIdentity::new(role, name).unwrap();
        let auth = ServiceAuth::builder(identity, Arc::new(self.clock.clone()), self.entropy.clone());
        auth.secret(secret(SECRET)).build().unwrap()
    }

    pub(crate) fn node_id(&self) -> NodeId {
        NodeId::generate(self.clock.now(), &*self.entropy)
    }

    /// A chat node that others reach where it listens.
    pub(crate) async fn node(&self) -> Node {
        self.node_reached(PeerSettings::default(), |address| format!("http://{address}")).await
    }

    /// A chat node that says to be reached elsewhere than where it listens.
    pub(crate) async fn node_reached(
        &self,
        settings: PeerSettings,
        url: impl FnOnce(SocketAddr) -> String,
    ) -> Node {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = url(listener.local_addr().unwrap());
        let id = self.node_id();
        let auth = self.auth(Role::Chat, id);
        let peers = GrpcPeers::new(auth.clone(), settings);
        let ports = Ports { peers: Arc::new(peers.clone()), ..self.ports.clone() };
        let settings = Settings {
            node: Some(id),
            peer_url: url,
            outbox: OutboxLimits { events: 100_000, ..OutboxLimits::default() },
            ..Settings::default()
        };
        let flux = Flux::start(ports, settings);
        let server = Server::on(listener, vec![chat_peer_service(flux.clone())], auth, GrpcLimits::default());
        // Content is held back until the revocations were read.
        self.pass(Duration::from_secs(1)).await;
        Node { id, flux, peers, server }
    }

    /// Lets time pass, and all that happens in it happen.
    pub(crate) async fn pass(&self, span: Duration) {
        let end = self.clock.monotonic() + span;
        settle().await;
        while self.clock.monotonic() < end {
            let left = end.saturating_sub(self.clock.monotonic());
            self.clock.advance(left.min(Duration::from_millis(200)));
            settle().await;
        }
    }

    /// Lets the nodes find each other: their leases are renewed, and links stand.
    pub(crate) async fn meet(&self, nodes: &[&Node]) {
        self.pass(Duration::from_secs(3)).await;
        until("links", || {
            nodes.iter().all(|node| {
                let status = node.peers.status();
                status.len() + 1 == nodes.len() && status.iter().all(|peer| peer.connected)
            })
        })
        .await;
    }

    /// Somebody with a session that no connection has.
    pub(crate) async fn person(&self, node: &Node, name: &str) -> Actor {
        let user = NewUser { username: Username::new(name).unwrap(), display_name: None, email: None };
        let user = node.flux.accounts.provision(user).await.unwrap().profile.user;
        let device = Device { name: DeviceName::empty(), class: DeviceClass::Desktop };
        let opened = node.flux.sessions.open(user, &device).await.unwrap();
        Actor { user, session: opened.session.session, generation: None }
    }

    /// Two friends and their conversation.
    pub(crate) async fn friends(&self, node: &Node) -> (Actor, Actor, ConversationId) {
        let (alice, bobby) = (self.person(node, "alice").await, self.person(node, "bobby").await);
        let friends = &node.flux.friends;
        friends.request(&alice, bobby.user, Greeting::empty()).await.unwrap();
        friends.request(&bobby, alice.user, Greeting::empty()).await.unwrap();
        (alice, bobby, ConversationId::direct(Pair::new(alice.user, bobby.user).unwrap()))
    }

    pub(crate) fn message_id(&self) -> MessageId {
        MessageId::generate(self.clock.now(), &*self.entropy)
    }

    /// The way to other services, as a gate.
    pub(crate) fn channel(&self, urls: &[String], settings: ChannelSettings) -> ServiceChannel {
        ServiceChannel::new(urls, &self.auth(Role::Gate, "gate-1"), settings).unwrap()
    }

    /// Serves `services` as somebody.
    pub(crate) async fn serve(&self, role: Role, services: Vec<Service>, limits: GrpcLimits) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server::on(listener, services, self.auth(role, "server-1"), limits)
    }
}

/// One chat node.
pub(crate) struct Node {
    pub(crate) id: NodeId,
    pub(crate) flux: Flux,
    pub(crate) peers: GrpcPeers,
    pub(crate) server: Server,
}

impl Node {
    pub(crate) async fn connect(&self, actor: Actor) -> Connected {
        self.flux.connections.connect(actor.user, actor.session).await.unwrap()
    }

    /// What others know of it, reached at `url`.
    pub(crate) fn info(&self, url: &str) -> flux_core::routing::NodeInfo {
        flux_core::routing::NodeInfo { peer_url: url.to_owned(), ..self.flux.lease.info() }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.flux.stop();
    }
}

/// A server in the background.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shutdown: CancellationToken,
    served: Option<JoinHandle<Result<usize, ServeError>>>,
}

impl Server {
    pub(crate) fn on(
        listener: TcpListener,
        services: Vec<Service>,
        auth: ServiceAuth,
        limits: GrpcLimits,
    ) -> Self {
        let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
        let served = Some(tokio::spawn(serve(listener, services, auth, limits, shutdown.clone())));
        Self { address, shutdown, served }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn begin_stop(&self) {
        self.shutdown.cancel();
    }

    /// Stops, and says how many connections were cut off.
    pub(crate) async fn stop(&mut self) -> usize {
        self.begin_stop();
        let served = self.served.take().unwrap();
        tokio::time::timeout(PATIENCE, served).await.expect("it stops").unwrap().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// The way to one peer, without a node around it: what is given to it goes out.
pub(crate) struct Sender {
    pub(crate) peers: GrpcPeers,
}

impl Sender {
    pub(crate) fn new(cluster: &Cluster, settings: PeerSettings) -> Self {
        Self { peers: GrpcPeers::new(cluster.auth(Role::Chat, cluster.node_id()), settings) }
    }

    /// Knows of `node`, reached at `url`, and of nobody else, and waits until the link stands.
    pub(crate) async fn links_to(&self, node: &Node, url: &str) {
        self.peers.know(&[node.info(url)]);
        self.stands().await;
    }

    pub(crate) async fn stands(&self) {
        until("a link", || self.peers.status().iter().all(|peer| peer.connected)).await;
    }
}

/// An envelope that pushes message number `seq` to `user`.
pub(crate) fn envelope(user: UserId, seq: u64) -> Envelope {
    let message = Message {
        conversation: ConversationId::try_from(uuid::Uuid::from_u128(1)).unwrap(),
        seq: Seq::new(seq).unwrap(),
        sender: user,
        message: MessageId::try_from(uuid::Uuid::from_u128(1 + u128::from(seq))).unwrap(),
        text: MessageText::new("hello").unwrap(),
        at: Timestamp::from_millis(1),
    };
    let event = Event::Message(message);
    let delivery = Delivery { users: Arc::new([user]), except: None, event, trace: None };
    Envelope { notices: vec![Notice::Deliver(Arc::new(delivery))] }
}

/// The numbers of the messages that wait in an outbox.
pub(crate) fn received(outbox: &Outbox) -> Vec<u64> {
    let mut numbers = Vec::new();
    while let Some(work) = futures_util::FutureExt::now_or_never(outbox.next(1_000)) {
        let Work::Events(events) = work else { panic!("closed") };
        numbers.extend(events.iter().filter_map(|push| match push.event() {
            Event::Message(message) => Some(message.seq.get()),
            _ => None,
        }));
    }
    numbers
}

/// The next event that `wanted` takes; others are passed over.
pub(crate) async fn event(outbox: &Outbox, mut wanted: impl FnMut(&Event) -> bool) -> Event {
    let waiting = async {
        loop {
            match outbox.next(1).await {
                Work::Events(events) => {
                    if let Some(push) = events.into_iter().find(|push| wanted(push.event())) {
                        return push.event().clone();
                    }
                }
                Work::Close(reason) => panic!("closed: {reason:?}"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("an event")
}

/// Why a connection was closed.
pub(crate) async fn closed(outbox: &Outbox) -> flux_core::routing::CloseReason {
    let waiting = async {
        loop {
            if let Work::Close(reason) = outbox.next(100).await {
                return reason;
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("a close")
}

/// Lets every task of this thread do what it can do now, sockets included.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// Waits until `done`, letting all tasks run.
pub(crate) async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !done() {
            tokio::task::yield_now().await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("waited in vain: {what}"));
}

/// What `future` comes to, which it has to in time.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it ends in time")
}
