//! What watchers are told when directory and registry forget everything: nobody who stays is seen to go (invariant 8),
//! and who goes meanwhile is.

use std::sync::Arc;
use std::time::Duration;

use flux_core::account::{NewUser, Username};
use flux_core::friend::Greeting;
use flux_core::presence::OwnPresence;
use flux_core::presence::PresenceState::{self, Offline, Online, Unknown};
use flux_core::routing::{Connected, NodeRegistry as _, SessionDirectory as _};
use flux_core::session::{Device, DeviceClass, DeviceName};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Flux, Ports, Settings, Timestamp};
use flux_store::memory;

use crate::support::{Mood, World, entry, settle, told};

const STEP: Duration = Duration::from_millis(50);
/// From one renewal of a lease to the next.
const INTERVAL: Duration = Duration::from_secs(2);
/// Longer than it takes until changes are told.
const A_TURN: Duration = Duration::from_millis(1_200);

/// Two nodes over one directory, which Ada and Bob are connected to; Ada watches Bob.
struct Pair {
    clock: ManualClock,
    ports: Ports,
    here: Flux,
    there: Flux,
    ada: Connected,
    bob: Connected,
}

impl Pair {
    /// The other node renews its lease `apart` later than this one.
    async fn new(apart: Duration) -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
        let ports = memory::ports(Arc::new(clock.clone()), Arc::new(SeededEntropy::new(11)));
        let here = Flux::start(ports.clone(), Settings::default());
        pass(&clock, apart).await;
        let there = Flux::start(ports.clone(), Settings::default());
        settle().await;
        let (ada, bob) = (enter(&here, "ada").await, enter(&there, "bob").await);
        here.friends.request(&ada.actor, bob.actor.user, Greeting::empty()).await.unwrap();
        there.friends.request(&bob.actor, ada.actor.user, Greeting::empty()).await.unwrap();
        // Until nothing that the start has set off goes on.
        pass(&clock, Duration::from_secs(10)).await;
        let pair = Self { clock, ports, here, there, ada, bob };
        assert_eq!(pair.ask(&pair.ada).await, Online);
        pair
    }

    async fn pass(&self, span: Duration) {
        pass(&self.clock, span).await;
    }

    /// Directory and registry forget everything.
    async fn empty(&self) {
        for info in self.ports.registry.live().await.unwrap() {
            self.ports.registry.withdraw(info.node).await.unwrap();
        }
        assert!(!self.finds_bob().await);
    }

    async fn finds_bob(&self) -> bool {
        !self.ports.directory.locate(&[self.bob.actor.user]).await.unwrap()[0].is_empty()
    }

    /// What somebody on this node who asks about Bob is answered.
    async fn ask(&self, by: &Connected) -> PresenceState {
        self.here.presence.watch(&by.actor, &by.outbox, &[self.bob.actor.user]).await.unwrap()[0].state
    }

    /// What Ada was told of Bob since this was called last.
    async fn told(&self) -> Vec<PresenceState> {
        told(&self.ada.outbox, self.bob.actor.user).await
    }

    /// How long it takes until Ada is told that Bob is offline, and nothing else before.
    async fn until_offline(&self, limit: Duration) -> Duration {
        let mut passed = Duration::ZERO;
        while passed < limit {
            self.pass(STEP).await;
            passed += STEP;
            match self.told().await[..] {
                [] => {}
                [Offline] => return passed,
                ref other => panic!("told {other:?}"),
            }
        }
        panic!("nothing is told within {limit:?}");
    }
}

async fn pass(clock: &ManualClock, span: Duration) {
    settle().await;
    let mut passed = Duration::ZERO;
    while passed < span {
        clock.advance(STEP);
        passed += STEP;
        settle().await;
    }
}

async fn enter(node: &Flux, name: &str) -> Connected {
    let new = NewUser { username: Username::new(name).unwrap(), display_name: None, email: None };
    let user = node.accounts.provision(new).await.unwrap().profile.user;
    let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
    let session = node.sessions.open(user, &device).await.unwrap().session.session;
    node.connections.connect(user, session).await.unwrap()
}

#[tokio::test]
async fn nobody_who_stays_is_seen_to_go_whenever_each_node_notices() {
    for apart in [0, 50, 700, 1_000, 1_900].map(Duration::from_millis) {
        let pair = Pair::new(apart).await;
        // A second later in the round of renewals, and in that of turns half a second, each time.
        for _ in 0..4 {
            pair.empty().await;
            for _ in 0..100 {
                // Whatever makes this node look, at whatever time.
                pair.here.presence.changed_elsewhere(pair.bob.actor.user);
                pair.pass(Duration::from_millis(100)).await;
            }
            assert_eq!(pair.told().await, [], "{apart:?} apart");
            assert!(pair.finds_bob().await, "his node has said so again");
            pair.pass(INTERVAL / 4).await;
        }
    }
}

#[tokio::test]
async fn whoever_asks_meanwhile_is_answered_as_the_others_were_told() {
    let pair = Pair::new(INTERVAL / 2).await;
    let eve = enter(&pair.here, "eve").await;
    pair.here.friends.request(&eve.actor, pair.bob.actor.user, Greeting::empty()).await.unwrap();
    pair.there.friends.request(&pair.bob.actor, eve.actor.user, Greeting::empty()).await.unwrap();
    pair.empty().await;
    assert_eq!(pair.ask(&eve).await, Online);
    pair.pass(Duration::from_secs(10)).await;
    assert_eq!((pair.told().await, told(&eve.outbox, pair.bob.actor.user).await), (vec![], vec![]));
}

#[tokio::test]
async fn who_wants_not_to_be_seen_is_not_however_lost_the_directory() {
    let pair = Pair::new(INTERVAL / 2).await;
    pair.empty().await;
    pair.there.presence.set(&pair.bob.actor, OwnPresence::Invisible).await.unwrap();
    pair.here.presence.changed_elsewhere(pair.bob.actor.user);
    pair.pass(A_TURN).await;
    assert_eq!(pair.told().await, [Offline]);
}

#[tokio::test]
async fn who_goes_while_the_directory_is_lost_is_seen_to_go() {
    let pair = Pair::new(INTERVAL / 2).await;
    pair.empty().await;
    pair.there.connections.disconnect(&pair.bob).await;
    pair.until_offline(Duration::from_secs(10)).await;
    // Once more, if at all: when his node has recorded when he was last seen.
    pair.pass(Duration::from_secs(10)).await;
    let told = pair.told().await;
    assert!(told.iter().all(|state| *state == Offline), "told {told:?}");
}

#[tokio::test]
async fn the_people_of_a_crashed_node_are_offline_within_10_s_though_the_directory_is_lost_as_well() {
    let limit = Duration::from_secs(10);
    for apart in [50, 1_000, 1_900].map(Duration::from_millis) {
        for before in [0, 1, 2, 3].map(Duration::from_secs) {
            let pair = Pair::new(apart).await;
            pair.there.stop();
            pair.pass(before).await;
            assert!(pair.finds_bob().await, "its lease goes on");
            pair.empty().await;
            pair.until_offline(limit.saturating_sub(before)).await;
        }
        // The crash comes while this node waits for the other one to notice.
        let pair = Pair::new(apart).await;
        pair.empty().await;
        pair.pass(apart / 2).await;
        pair.there.stop();
        pair.until_offline(limit).await;
        // And without any loss, as ever.
        let pair = Pair::new(apart).await;
        pair.there.stop();
        pair.until_offline(limit).await;
    }
}

#[tokio::test]
async fn who_is_gone_is_seen_as_gone_though_the_directory_is_lost_again_and_again() {
    let pair = Pair::new(INTERVAL / 2).await;
    pair.there.stop();
    let mut seen = Vec::new();
    for _ in 0..10 {
        pair.empty().await;
        pair.pass(Duration::from_secs(1)).await;
        seen.extend(pair.told().await);
    }
    assert_eq!(seen, [Offline]);
}

#[tokio::test]
async fn who_is_not_found_when_a_lost_directory_is_back_stays_unknown_until_all_nodes_have_spoken() {
    let world = World::new().await;
    let ada = world.connect(world.user("ada").await).await;
    let bob = world.user("bob").await;
    world.befriend(&ada, bob).await;
    let peer = world.peer();
    world.announce(&peer).await;
    assert!(world.directory.claim(entry(bob, peer.node)).await.unwrap());
    world.pass(Duration::from_secs(10)).await;
    assert_eq!(world.watch(&ada, bob.0).await, Online);
    world.directory.locates.set(Mood::Down);
    world.flux.presence.changed(bob.0);
    world.pass(A_TURN).await;
    assert_eq!(told(&ada.outbox, bob.0).await, [Unknown]);

    // It comes back empty. The other node announces itself, then those that it holds.
    world.registry.withdraw(world.node()).await.unwrap();
    world.registry.withdraw(peer.node).await.unwrap();
    world.directory.locates.set(Mood::Good);
    world.announce(&peer).await;
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(told(&ada.outbox, bob.0).await, []);
    assert!(world.directory.claim(entry(bob, peer.node)).await.unwrap());
    world.pass(A_TURN).await;
    assert_eq!(told(&ada.outbox, bob.0).await, [Online]);

    // Once more; and this time it has nothing to say of him.
    world.registry.withdraw(world.node()).await.unwrap();
    world.registry.withdraw(peer.node).await.unwrap();
    world.announce(&peer).await;
    world.pass(Duration::from_secs(8)).await;
    assert_eq!(told(&ada.outbox, bob.0).await, [Offline]);
}
