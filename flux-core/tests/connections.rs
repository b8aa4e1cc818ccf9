//! Connections over a whole Flux in memory: invariants 9 and 10 within one process, and what routing tells peers.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{NewUser, Username};
use flux_core::friend::Greeting;
use flux_core::message::{Destination, MessageError, MessageText, WriteRefusal};
use flux_core::presence::OwnPresence;
use flux_core::routing::{
    CloseReason, Connected, Envelope, Event, Located, NodeInfo, Notice, Outbox, PeerError, PeerTransport,
    Work,
};
use flux_core::session::{Device, DeviceClass, DeviceName, SessionEndReason};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{
    Entropy, ErrorCode, Fenced, Flux, Generation, MessageId, NodeId, Ports, SessionId, Settings, Timestamp,
    UserId,
};
use flux_store::memory;

struct World {
    clock: ManualClock,
    flux: Flux,
}

impl World {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Ports)) -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
        let mut ports = memory::ports(Arc::new(clock.clone()), Arc::new(SeededEntropy::new(5)));
        change(&mut ports);
        Self { flux: Flux::start(ports, Settings::default()), clock }
    }

    async fn user(&self, name: &str) -> (UserId, SessionId) {
        let new = NewUser { username: Username::new(name).unwrap(), display_name: None, email: None };
        let user = self.flux.accounts.provision(new).await.unwrap().profile.user;
        (user, self.session(user).await)
    }

    async fn session(&self, user: UserId) -> SessionId {
        let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
        self.flux.sessions.open(user, &device).await.unwrap().session.session
    }

    async fn connect(&self, (user, session): (UserId, SessionId)) -> Connected {
        self.flux.connections.connect(user, session).await.unwrap()
    }

    async fn friends(&self) -> (Connected, Connected) {
        let (ada, bob) = (self.user("ada").await, self.user("bob").await);
        let (ada, bob) = (self.connect(ada).await, self.connect(bob).await);
        self.flux.friends.request(&ada.actor, bob.actor.user, Greeting::empty()).await.unwrap();
        self.flux.friends.request(&bob.actor, ada.actor.user, Greeting::empty()).await.unwrap();
        (ada, bob)
    }

    async fn send(&self, from: &Connected, to: UserId, text: &str) -> Result<(), MessageError> {
        let id = MessageId::generate(self.clock_now(), &*self.flux.ports.entropy);
        let text = MessageText::new(text).unwrap();
        self.flux.messages.send(from.actor, Destination::User(to), id, text).await.map(|_| ())
    }

    fn clock_now(&self) -> Timestamp {
        self.flux.ports.clock.now()
    }

    async fn pass(&self, span: Duration) {
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

async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// How a connection ends, skipping what is pushed before.
async fn closed(outbox: &Outbox) -> CloseReason {
    loop {
        let work = tokio::select! {
            biased;
            work = outbox.next(100) => work,
            () = settle() => panic!("the connection stays open"),
        };
        if let Work::Close(reason) = work {
            return reason;
        }
    }
}

/// The texts of messages that wait in an outbox now.
async fn texts(outbox: &Outbox) -> Vec<String> {
    let events = tokio::select! {
        biased;
        work = outbox.next(1_000) => match work {
            Work::Events(events) => events,
            Work::Close(reason) => panic!("closed: {reason:?}"),
        },
        () = async {} => Vec::new(),
    };
    let text = |event: &Event| match event {
        Event::Message(message) => Some(message.text.as_str().to_owned()),
        _ => None,
    };
    events.iter().filter_map(|push| text(push.event())).collect()
}

#[tokio::test]
async fn invariant_9_the_newest_connection_owns_the_session_and_the_older_one_is_told_and_refused() {
    let world = World::new();
    let (ada, bob) = world.friends().await;
    let newer = world.connect((ada.actor.user, ada.actor.session)).await;
    assert_eq!(closed(&ada.outbox).await, CloseReason::Superseded);
    let refused = world.send(&ada, bob.actor.user, "late").await.unwrap_err();
    assert!(matches!(refused, MessageError::Refused(WriteRefusal::Fenced(Fenced::Superseded))));
    // Friend writes are fenced as messages are.
    let refused = world.flux.friends.remove(&ada.actor, bob.actor.user).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::SessionSuperseded);
    world.send(&newer, bob.actor.user, "on time").await.unwrap();
    // The older one's hang-up does not erase the newer one.
    world.flux.connections.disconnect(&ada).await;
    world.send(&bob, ada.actor.user, "still there?").await.unwrap();
    assert_eq!(texts(&newer.outbox).await, ["still there?"]);
}

#[tokio::test]
async fn invariant_10_a_session_ended_here_is_cut_off_at_once_and_its_writes_are_refused() {
    let world = World::new();
    let (ada, bob) = world.friends().await;
    let other = world.connect((ada.actor.user, world.session(ada.actor.user).await)).await;
    world.flux.sessions.end(&other.actor, ada.actor.session).await.unwrap();
    assert_eq!(closed(&ada.outbox).await, CloseReason::SessionEnded(SessionEndReason::Revoked));
    let refused = world.send(&ada, bob.actor.user, "late").await.unwrap_err();
    assert!(matches!(refused, MessageError::Refused(WriteRefusal::Fenced(Fenced::SessionEnded))));
    assert!(world.flux.sessions.authorize(ada.actor.user, ada.actor.session).await.is_err());
    let again = world.flux.connections.connect(ada.actor.user, ada.actor.session).await.unwrap_err();
    assert_eq!(again.code(), ErrorCode::SessionEnded);
    world.send(&other, bob.actor.user, "the other device goes on").await.unwrap();
}

#[tokio::test]
async fn invariant_10_a_session_ended_behind_the_nodes_back_is_cut_off_within_a_second() {
    let world = World::new();
    let (ada, _bob) = world.friends().await;
    world.pass(Duration::from_secs(1)).await;
    // As another process would: only the durable store knows.
    let ended = flux_core::session::SessionStore::end_session(
        &*world.flux.ports.durable,
        ada.actor.user,
        ada.actor.session,
        SessionEndReason::Revoked,
    );
    assert_eq!(ended.await.unwrap().sessions.len(), 1);
    world.pass(Duration::from_millis(950)).await;
    assert!(ada.outbox.is_closing());
    assert_eq!(closed(&ada.outbox).await, CloseReason::SessionEnded(SessionEndReason::Revoked));
}

#[tokio::test]
async fn a_user_on_another_node_is_told_through_it_and_only_through_it() {
    type Sent = Vec<(NodeId, Envelope)>;
    #[derive(Default)]
    struct Recording(Mutex<Sent>);
    #[async_trait]
    impl PeerTransport for Recording {
        async fn send(&self, node: NodeId, envelope: Envelope) -> Result<(), PeerError> {
            self.0.lock().unwrap().push((node, envelope));
            Ok(())
        }
    }
    let peers = Arc::new(Recording::default());
    let world = World::with(|ports| ports.peers = peers.clone());
    let (ada, bob) = world.friends().await;
    let entropy: &dyn Entropy = &*world.flux.ports.entropy;
    let nodes = [NodeId::generate(world.clock_now(), entropy), NodeId::generate(world.clock_now(), entropy)];
    for node in nodes {
        let info = NodeInfo {
            node,
            client_url: String::new(),
            peer_url: String::new(),
            capacity: 1,
            connections: 0,
            draining: false,
        };
        world.flux.ports.registry.announce(&info, Duration::from_mins(1)).await.unwrap();
    }
    // Bob is connected there as well, with another session.
    let session = world.session(bob.actor.user).await;
    let entry = Located {
        user: bob.actor.user,
        session,
        generation: Generation::new(1),
        node: nodes[0],
        away: false,
    };
    assert!(world.flux.ports.directory.claim(entry).await.unwrap());
    world.pass(Duration::from_secs(3)).await;
    peers.0.lock().unwrap().clear();

    world.send(&ada, bob.actor.user, "both of you").await.unwrap();
    settle().await;
    assert_eq!(texts(&bob.outbox).await, ["both of you"]);
    let sent = peers.0.lock().unwrap().clone();
    let told: Vec<_> = sent
        .iter()
        .flat_map(|(node, envelope)| envelope.notices.iter().map(move |notice| (*node, notice)))
        .filter(|(_, notice)| matches!(notice, Notice::Deliver(delivery) if matches!(delivery.event, Event::Message(_))))
        .map(|(node, _)| node)
        .collect();
    assert_eq!(told, [nodes[0]]);
}

/// A transport that keeps what it is given, as peers would take it.
#[derive(Default)]
struct Kept(Mutex<Vec<Notice>>);

#[async_trait]
impl PeerTransport for Kept {
    async fn send(&self, _: NodeId, envelope: Envelope) -> Result<(), PeerError> {
        self.0.lock().unwrap().extend(envelope.notices);
        Ok(())
    }
}

async fn announce_a_peer(world: &World) {
    let info = NodeInfo {
        node: NodeId::generate(world.clock_now(), &*world.flux.ports.entropy),
        client_url: String::new(),
        peer_url: String::new(),
        capacity: 1,
        connections: 0,
        draining: false,
    };
    world.flux.ports.registry.announce(&info, Duration::from_mins(1)).await.unwrap();
    world.pass(Duration::from_secs(3)).await;
}

#[tokio::test]
async fn two_who_part_are_made_known_to_other_nodes() {
    let peers = Arc::new(Kept::default());
    let world = World::with(|ports| ports.peers = peers.clone());
    let (ada, bob) = world.friends().await;
    announce_a_peer(&world).await;
    world.flux.friends.block(&ada.actor, bob.actor.user).await.unwrap();
    settle().await;
    let told = peers.0.lock().unwrap().clone();
    assert!(told.contains(&Notice::Parted(ada.actor.user, bob.actor.user)), "{told:?}");
}

#[tokio::test]
async fn who_parted_on_another_node_is_watched_no_more_on_this_one() {
    let world = World::new();
    let (ada, bob) = world.friends().await;
    world.flux.presence.watch(&bob.actor, &bob.outbox, &[ada.actor.user]).await.unwrap();
    world.pass(Duration::from_secs(2)).await;
    let parted = Envelope { notices: vec![Notice::Parted(ada.actor.user, bob.actor.user)] };
    assert_eq!(world.flux.router.receive(parted), []);
    presences(&bob.outbox).await;
    world.flux.presence.set(&ada.actor, OwnPresence::Away).await.unwrap();
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(presences(&bob.outbox).await, 0);
}

/// How many events of presence wait in an outbox now.
async fn presences(outbox: &Outbox) -> usize {
    tokio::select! {
        biased;
        work = outbox.next(1_000) => match work {
            Work::Events(events) => events.iter().filter(|e| matches!(e.event(), Event::Presence(_))).count(),
            Work::Close(reason) => panic!("closed: {reason:?}"),
        },
        () = async {} => 0,
    }
}

#[tokio::test]
async fn f06_a_registry_that_lost_the_node_is_told_of_its_sessions_again_and_who_is_away_stays_away() {
    let world = World::new();
    let (ada, bob) = world.friends().await;
    world.pass(Duration::from_secs(3)).await;
    world.flux.presence.set(&ada.actor, OwnPresence::Away).await.unwrap();
    let users = [ada.actor.user, bob.actor.user];
    world.flux.ports.registry.withdraw(world.flux.router.node()).await.unwrap();
    let gone = world.flux.ports.directory.locate(&users).await.unwrap();
    assert!(gone.iter().all(Vec::is_empty), "{gone:?}");
    world.pass(Duration::from_secs(3)).await;
    let back = world.flux.ports.directory.locate(&users).await.unwrap();
    let away: Vec<Vec<bool>> =
        back.iter().map(|found| found.iter().map(|entry| entry.away).collect()).collect();
    assert_eq!(away, [vec![true], vec![false]]);
}
