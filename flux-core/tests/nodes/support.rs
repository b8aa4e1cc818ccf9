//! A node whose directory, registry, balance and peers do as they are told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{NewUser, Username};
use flux_core::friend::Greeting;
use flux_core::presence::{Presence, PresenceState};
use flux_core::routing::{
    Connected, Envelope, Event, LoadReports, Located, NodeInfo, NodeRegistry, Notice, Outbox, PeerError,
    PeerTransport, SessionDirectory, Work,
};
use flux_core::session::{Device, DeviceClass, DeviceName};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Flux, Generation, NodeId, Role, SessionId, Settings, StoreError, Timestamp, UserId};
use flux_store::memory;

/// What a port does with a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Good,
    Down,
    /// It never answers.
    Silent,
}

/// The mood of a port, and how often it was asked.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    mood: Mutex<Mood>,
    count: AtomicUsize,
}

impl Calls {
    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// How often it was asked since this was called last.
    pub(crate) fn count(&self) -> usize {
        self.count.swap(0, Ordering::SeqCst)
    }

    async fn one(&self) -> Result<(), StoreError> {
        self.count.fetch_add(1, Ordering::SeqCst);
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Good => Ok(()),
            Mood::Down => Err(StoreError::unavailable("down")),
            Mood::Silent => std::future::pending().await,
        }
    }
}

/// A directory in memory.
pub(crate) struct Directory {
    inner: Arc<dyn SessionDirectory>,
    pub(crate) locates: Calls,
    pub(crate) claims: Calls,
}

#[async_trait]
impl SessionDirectory for Directory {
    async fn claim(&self, entry: Located) -> Result<bool, StoreError> {
        self.claims.one().await?;
        self.inner.claim(entry).await
    }

    async fn locate(&self, users: &[UserId]) -> Result<Vec<Vec<Located>>, StoreError> {
        self.locates.one().await?;
        self.inner.locate(users).await
    }

    async fn release(
        &self,
        user: UserId,
        session: SessionId,
        generation: Generation,
    ) -> Result<bool, StoreError> {
        self.inner.release(user, session, generation).await
    }
}

/// A registry in memory.
pub(crate) struct Registry {
    inner: Arc<dyn NodeRegistry>,
    pub(crate) looks: Calls,
    /// What becomes of the answer to an announcement; it is done all the same.
    pub(crate) announced: Calls,
}

#[async_trait]
impl NodeRegistry for Registry {
    async fn announce(&self, info: &NodeInfo, lease: Duration) -> Result<(), StoreError> {
        self.inner.announce(info, lease).await?;
        self.announced.one().await
    }

    async fn renew(&self, node: NodeId, lease: Duration) -> Result<bool, StoreError> {
        self.inner.renew(node, lease).await
    }

    async fn withdraw(&self, node: NodeId) -> Result<(), StoreError> {
        self.inner.withdraw(node).await
    }

    async fn live(&self) -> Result<Vec<NodeInfo>, StoreError> {
        self.looks.one().await?;
        self.inner.live().await
    }
}

/// Keeps what nodes say of themselves, as flux-status does.
#[derive(Default)]
pub(crate) struct Loads {
    pub(crate) calls: Calls,
    told: Mutex<Vec<NodeInfo>>,
}

#[async_trait]
impl LoadReports for Loads {
    async fn report(&self, info: &NodeInfo) -> Result<(), StoreError> {
        self.calls.one().await?;
        self.told.lock().unwrap().push(info.clone());
        Ok(())
    }
}

impl Loads {
    /// What was said last.
    pub(crate) fn last(&self) -> Option<NodeInfo> {
        self.told.lock().unwrap().last().cloned()
    }
}

/// Keeps whom it is told of, and what it is given for them.
#[derive(Default)]
pub(crate) struct Peers {
    known: Mutex<Vec<NodeId>>,
    sent: Mutex<Vec<(NodeId, Notice)>>,
}

#[async_trait]
impl PeerTransport for Peers {
    async fn send(&self, node: NodeId, envelope: Envelope) -> Result<(), PeerError> {
        self.sent.lock().unwrap().extend(envelope.notices.into_iter().map(|notice| (node, notice)));
        Ok(())
    }

    fn know(&self, live: &[NodeInfo]) {
        *self.known.lock().unwrap() = live.iter().map(|info| info.node).collect();
    }
}

impl Peers {
    /// Which nodes it was told of last.
    pub(crate) fn known(&self) -> Vec<NodeId> {
        self.known.lock().unwrap().clone()
    }

    /// Which nodes were given `wanted` since this was asked last.
    pub(crate) fn heard(&self, wanted: &Notice) -> Vec<NodeId> {
        let sent = std::mem::take(&mut *self.sent.lock().unwrap());
        sent.into_iter().filter(|(_, notice)| notice == wanted).map(|(node, _)| node).collect()
    }
}

/// Everything in memory, and one node of it.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) flux: Flux,
    pub(crate) directory: Arc<Directory>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) loads: Arc<Loads>,
    pub(crate) peers: Arc<Peers>,
}

impl World {
    /// A node that has announced itself.
    pub(crate) async fn new() -> Self {
        Self::of(Role::Node).await
    }

    pub(crate) async fn of(role: Role) -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
        let mut ports = memory::ports(Arc::new(clock.clone()), Arc::new(SeededEntropy::new(9)));
        let directory = Arc::new(Directory {
            inner: Arc::clone(&ports.directory),
            locates: Calls::default(),
            claims: Calls::default(),
        });
        let registry = Arc::new(Registry {
            inner: Arc::clone(&ports.registry),
            looks: Calls::default(),
            announced: Calls::default(),
        });
        let (loads, peers) = (Arc::new(Loads::default()), Arc::new(Peers::default()));
        ports.directory = directory.clone();
        ports.registry = registry.clone();
        ports.loads = Some(loads.clone());
        ports.peers = peers.clone();
        let flux = Flux::start(ports, Settings { role, ..Settings::default() });
        settle().await;
        Self { clock, flux, directory, registry, loads, peers }
    }

    pub(crate) fn node(&self) -> NodeId {
        self.flux.router.node()
    }

    /// Another node, of which nobody knows yet.
    pub(crate) fn peer(&self) -> NodeInfo {
        NodeInfo {
            node: NodeId::generate(self.flux.ports.clock.now(), &*self.flux.ports.entropy),
            client_url: String::new(),
            peer_url: String::new(),
            capacity: 1,
            connections: 0,
            draining: false,
        }
    }

    /// It announces itself, for long.
    pub(crate) async fn announce(&self, peer: &NodeInfo) {
        self.registry.announce(peer, Duration::from_hours(1)).await.unwrap();
    }

    pub(crate) async fn user(&self, name: &str) -> (UserId, SessionId) {
        let new = NewUser { username: Username::new(name).unwrap(), display_name: None, email: None };
        let user = self.flux.accounts.provision(new).await.unwrap().profile.user;
        let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
        (user, self.flux.sessions.open(user, &device).await.unwrap().session.session)
    }

    pub(crate) async fn connect(&self, (user, session): (UserId, SessionId)) -> Connected {
        self.flux.connections.connect(user, session).await.unwrap()
    }

    pub(crate) async fn befriend(&self, one: &Connected, (user, session): (UserId, SessionId)) {
        let other = flux_core::session::Actor { user, session, generation: None };
        self.flux.friends.request(&one.actor, user, Greeting::empty()).await.unwrap();
        self.flux.friends.request(&other, one.actor.user, Greeting::empty()).await.unwrap();
    }

    /// What `by` is answered about `user`, whom they watch from now on.
    pub(crate) async fn watch(&self, by: &Connected, user: UserId) -> PresenceState {
        self.flux.presence.watch(&by.actor, &by.outbox, &[user]).await.unwrap()[0].state
    }

    /// Lets time pass, and everything that it brings about happen.
    pub(crate) async fn pass(&self, span: Duration) {
        let step = Duration::from_millis(50);
        let mut passed = Duration::ZERO;
        settle().await;
        while passed < span {
            self.clock.advance(step);
            passed += step;
            settle().await;
        }
    }
}

/// A session of `user` at `node`, under its first claim.
pub(crate) fn entry((user, session): (UserId, SessionId), node: NodeId) -> Located {
    Located { user, session, generation: Generation::new(1), node, away: false }
}

/// Lets everything happen that does not wait for time.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// What of the presence of `user` waits in an outbox now.
pub(crate) async fn told(outbox: &Outbox, of: UserId) -> Vec<PresenceState> {
    let events = tokio::select! {
        biased;
        work = outbox.next(1_000) => match work {
            Work::Events(events) => events,
            Work::Close(reason) => panic!("closed: {reason:?}"),
        },
        () = async {} => Vec::new(),
    };
    let presence = |event: &Event| match event {
        Event::Presence(Presence { user, state, .. }) if *user == of => Some(*state),
        _ => None,
    };
    events.iter().filter_map(|push| presence(push.event())).collect()
}
