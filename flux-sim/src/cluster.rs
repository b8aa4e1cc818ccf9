//! The nodes, what they share, and what answers calls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use flux_core::guard::Quota;
use flux_core::routing::OutboxLimits;
use flux_core::routing::PeerTransport;
use flux_core::{Clock, Flux, NodeId, Ports, Role, Settings};
use flux_net::chat::{ChatCaps, ChatConfig, ChatParts, ChatServer};
use flux_net::grpc::{GrpcPeers, PeerLinks, PeerSettings, Role as ServiceRole, ServiceAuth, ServiceIdentity};
use flux_net::token::{KeyRing, SigningKey, TokenConfig, Tokens};
use flux_store::memory::{MemoryLocks, MemoryStore};
use tokio::time::Instant;

use crate::chance::Chance;
use crate::climate::{Climate, Mood, Way};
use crate::directory::{SimDirectory, Volatile};
use crate::gate::Gate;
use crate::network::{Network, Place};
use crate::peer::SimDial;
use crate::plant::Planted;
use crate::store::SimStore;
use crate::time::ProcessClock;

/// A chat node that runs, or stands still.
pub(crate) struct Node {
    pub(crate) gate: Arc<Gate>,
    pub(crate) clock: Arc<ProcessClock>,
    pub(crate) flux: Flux,
    pub(crate) chat: ChatServer,
    pub(crate) links: PeerLinks,
    peers: GrpcPeers,
}

/// All of it.
pub(crate) struct Cluster {
    pub(crate) network: Arc<Network>,
    pub(crate) store: Arc<Climate>,
    pub(crate) redis: Arc<Climate>,
    pub(crate) volatile: Arc<Volatile>,
    pub(crate) memory: Arc<MemoryStore>,
    pub(crate) planted: Arc<Planted>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) origin: Instant,
    /// What answers calls: it never fails by itself.
    pub(crate) front: Flux,
    locks: Arc<MemoryLocks>,
    chance: Chance,
    outbox: OutboxLimits,
    nodes: Mutex<Vec<Option<Arc<Node>>>>,
    me: Weak<Self>,
}

/// How nodes behave.
pub(crate) struct Shape {
    pub(crate) nodes: usize,
    pub(crate) outbox: OutboxLimits,
}

impl Cluster {
    pub(crate) fn new(
        network: &Arc<Network>,
        chance: Chance,
        origin: Instant,
        planted: Planted,
        mood: Mood,
        shape: Shape,
    ) -> Arc<Self> {
        let true_clock: Arc<dyn Clock> = Arc::new(ProcessClock::new(origin, Arc::default()));
        let memory = Arc::new(MemoryStore::new(Arc::clone(&true_clock), Arc::new(chance.fork())));
        let store = Arc::new(Climate::new(Place::Store, mood));
        let redis = Arc::new(Climate::new(Place::Directory, Mood::well(50, 500)));
        let volatile = Arc::new(Volatile::new(Arc::clone(&true_clock)));
        let locks = Arc::new(MemoryLocks::new(true_clock));
        let planted = Arc::new(planted);
        let keys = KeyRing::new(SigningKey::generate(&chance));
        let tokens = Arc::new(Tokens::new(TokenConfig::default(), keys));
        let cluster = Arc::new_cyclic(|me: &Weak<Self>| {
            let gate = Arc::new(Gate::default());
            let clock = Arc::new(ProcessClock::new(origin, Arc::clone(&gate)));
            let shared = Shared { network, store: &store, redis: &redis, volatile: &volatile };
            let ports = shared.ports(Place::Gate, &gate, clock, chance.fork(), &memory, &planted, &locks);
            let front = Flux::start(ports, Settings { role: Role::Front, ..Settings::default() });
            Self {
                network: Arc::clone(network),
                store: Arc::clone(&store),
                redis: Arc::clone(&redis),
                volatile: Arc::clone(&volatile),
                memory: Arc::clone(&memory),
                planted: Arc::clone(&planted),
                tokens,
                origin,
                front,
                locks: Arc::clone(&locks),
                chance,
                outbox: shape.outbox,
                nodes: Mutex::new((0..shape.nodes).map(|_| None).collect()),
                me: Weak::clone(me),
            }
        });
        for slot in 0..shape.nodes {
            cluster.start(slot);
        }
        cluster
    }

    /// How many places for nodes there are.
    pub(crate) fn size(&self) -> usize {
        self.nodes().len()
    }

    /// The node that runs, or stands still, in a place.
    pub(crate) fn node(&self, slot: usize) -> Option<Arc<Node>> {
        self.nodes().get(slot).and_then(Clone::clone)
    }

    /// The place that an address names.
    pub(crate) fn slot(&self, url: &str) -> Option<usize> {
        let host = url.split("://").nth(1)?.split('/').next()?;
        host.strip_prefix("node")?.parse().ok().filter(|slot| *slot < self.size())
    }

    /// Starts a node where none runs.
    pub(crate) fn start(&self, slot: usize) {
        if self.node(slot).is_some() {
            return;
        }
        self.network.trace.step("start", &[slot as u64], &[]);
        let gate = Arc::new(Gate::default());
        let clock = Arc::new(ProcessClock::new(self.origin, Arc::clone(&gate)));
        let chance = self.chance.fork();
        let id = NodeId::generate(clock.now(), &chance);
        let place = Place::Node(slot);
        let auth = Self::auth(id, &clock, chance.fork());
        let dial = SimDial { node: id, place, gate: Arc::clone(&gate), cluster: Weak::clone(&self.me) };
        let peers = GrpcPeers::over(Arc::new(dial), auth, PeerSettings::default());
        let shared = Shared {
            network: &self.network,
            store: &self.store,
            redis: &self.redis,
            volatile: &self.volatile,
        };
        let ports =
            shared.ports(place, &gate, Arc::clone(&clock), chance, &self.memory, &self.planted, &self.locks);
        let ports = Ports { peers: Arc::new(peers.clone()), ..ports };
        let settings = Settings {
            node: Some(id),
            client_url: format!("ws://node{slot}/v1/chat"),
            peer_url: format!("http://node{slot}"),
            outbox: self.outbox.clone(),
            ..Settings::default()
        };
        let flux = Flux::start(ports, settings);
        let parts = ChatParts { flux: flux.clone(), tokens: Arc::clone(&self.tokens) };
        // Devices of the simulation come back as often as they are cut off.
        let caps = ChatCaps {
            connects_per_client: Quota::new(10_000, Duration::from_mins(1)),
            ..ChatCaps::default()
        };
        let chat = ChatServer::new(parts, ChatConfig { caps, ..ChatConfig::default() });
        let links = PeerLinks::new(flux.clone());
        let node = Arc::new(Node { gate, clock, flux, chat, links, peers });
        if let Some(place) = self.nodes().get_mut(slot) {
            *place = Some(node);
        }
    }

    /// Ends a node at once. Its connections are reset, as by a system that goes on, or, if `silent`, nobody hears of it.
    pub(crate) fn kill(&self, slot: usize, silent: bool) {
        let Some(node) = self.nodes().get_mut(slot).and_then(Option::take) else { return };
        self.network.trace.step("kill", &[slot as u64, u64::from(silent)], &[]);
        node.gate.end();
        self.network.lose(Place::Node(slot), silent);
        node.flux.stop();
        // Nothing of it reaches anybody any more; this ends the tasks that keep its links up.
        node.peers.know(&[]);
    }

    /// Stops a node as an operator does, and returns when it is gone.
    pub(crate) async fn drain(&self, slot: usize, window: Duration) {
        let Some(node) = self.node(slot) else { return };
        self.network.trace.step("drain", &[slot as u64], &[]);
        let gate = Arc::clone(&node.gate);
        tokio::select! {
            biased;
            () = gate.over() => return,
            () = async {
                node.chat.drain(window).await;
                // A registry that does not hear of it finds out when the lease runs out.
                let _ = tokio::time::timeout(Duration::from_secs(2), node.flux.lease.withdraw()).await;
            } => {}
        }
        if self.node(slot).is_some_and(|now| Arc::ptr_eq(&now, &node)) {
            self.kill(slot, false);
        }
    }

    fn auth(id: NodeId, clock: &Arc<ProcessClock>, chance: Chance) -> ServiceAuth {
        let identity = ServiceIdentity::new(ServiceRole::Chat, id).expect("an id is a name");
        let auth = ServiceAuth::builder(identity, Arc::clone(clock) as Arc<dyn Clock>, Arc::new(chance));
        auth.trust_loopback().build().expect("loopback proves it")
    }

    fn nodes(&self) -> MutexGuard<'_, Vec<Option<Arc<Node>>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What every process reaches.
struct Shared<'s> {
    network: &'s Arc<Network>,
    store: &'s Arc<Climate>,
    redis: &'s Arc<Climate>,
    volatile: &'s Arc<Volatile>,
}

impl Shared<'_> {
    #[expect(clippy::too_many_arguments, reason = "a process has as many parts")]
    fn ports(
        &self,
        from: Place,
        gate: &Arc<Gate>,
        clock: Arc<ProcessClock>,
        chance: Chance,
        memory: &Arc<MemoryStore>,
        planted: &Arc<Planted>,
        locks: &Arc<MemoryLocks>,
    ) -> Ports {
        let way = |climate: &Arc<Climate>| Way {
            from,
            climate: Arc::clone(climate),
            network: Arc::clone(self.network),
            gate: Arc::clone(gate),
            chance: Arc::new(chance.fork()),
        };
        let directory = Arc::new(SimDirectory { inner: Arc::clone(self.volatile), way: way(self.redis) });
        let durable =
            SimStore { inner: Arc::clone(memory), way: way(self.store), planted: Arc::clone(planted) };
        Ports {
            durable: Arc::new(durable),
            directory: directory.clone(),
            registry: directory,
            locks: Arc::clone(locks) as _,
            ..flux_store::memory::ports(clock, Arc::new(chance))
        }
    }
}
