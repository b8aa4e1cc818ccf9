//! Presence over a whole Flux in memory, with a clock driven by hand: invariant 8 as far as one process shows it, and
//! who may watch whom (A68).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;
use std::time::Duration;

use flux_core::account::{NewUser, Username};
use flux_core::friend::Greeting;
use flux_core::presence::{OwnPresence, Presence, PresenceError, PresenceState};
use flux_core::routing::{Connected, Event, Outbox, Work};
use flux_core::session::{Device, DeviceClass, DeviceName};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Flux, SessionId, Settings, Timestamp, UserId};
use flux_store::memory;

struct World {
    clock: ManualClock,
    flux: Flux,
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
        let ports = memory::ports(Arc::new(clock.clone()), Arc::new(SeededEntropy::new(3)));
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

    async fn befriend(&self, one: &Connected, other: &Connected) {
        self.flux.friends.request(&one.actor, other.actor.user, Greeting::empty()).await.unwrap();
        self.flux.friends.request(&other.actor, one.actor.user, Greeting::empty()).await.unwrap();
    }

    /// Lets time pass, and everything that it brings about happen.
    async fn pass(&self, span: Duration) {
        let step = Duration::from_millis(100);
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

/// What of presence waits in an outbox now.
async fn told(outbox: &Outbox) -> Vec<(UserId, PresenceState)> {
    let events = tokio::select! {
        biased;
        work = outbox.next(1_000) => match work {
            Work::Events(events) => events,
            Work::Close(reason) => panic!("closed: {reason:?}"),
        },
        () = async {} => Vec::new(),
    };
    let presence = |event: &Event| match event {
        Event::Presence(Presence { user, state, .. }) => Some((*user, *state)),
        _ => None,
    };
    events.iter().filter_map(|push| presence(push.event())).collect()
}

#[tokio::test]
async fn a_friend_is_seen_coming_and_going_and_a_short_absence_is_not_seen() {
    let world = World::new();
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let (here, there) = (world.connect(ada).await, world.connect(bob).await);
    world.befriend(&here, &there).await;
    world.pass(Duration::from_secs(2)).await;
    let seen = world.flux.presence.watch(&here.actor, &here.outbox, &[bob.0]).await.unwrap();
    assert_eq!(seen[0].state, PresenceState::Online);
    told(&here.outbox).await;

    // Within the grace nobody is told.
    world.flux.connections.disconnect(&there).await;
    world.pass(Duration::from_secs(3)).await;
    let there = world.connect(bob).await;
    world.pass(Duration::from_secs(10)).await;
    assert_eq!(told(&here.outbox).await, []);

    // After it, once, and within 10 s.
    world.flux.connections.disconnect(&there).await;
    world.pass(Duration::from_secs(4)).await;
    assert_eq!(told(&here.outbox).await, []);
    world.pass(Duration::from_secs(5)).await;
    assert_eq!(told(&here.outbox).await, [(bob.0, PresenceState::Offline)]);
    let seen = world.flux.presence.watch(&here.actor, &here.outbox, &[bob.0]).await.unwrap();
    assert!(seen[0].last_seen.is_some());

    world.connect(bob).await;
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(told(&here.outbox).await, [(bob.0, PresenceState::Online)]);
}

#[tokio::test]
async fn a68_changes_are_coalesced_for_a_second() {
    let world = World::new();
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let (here, there) = (world.connect(ada).await, world.connect(bob).await);
    world.befriend(&here, &there).await;
    world.flux.presence.watch(&here.actor, &here.outbox, &[bob.0]).await.unwrap();
    world.pass(Duration::from_secs(2)).await;
    told(&here.outbox).await;

    for turn in 0..100 {
        let state = if turn % 2 == 0 { OwnPresence::Away } else { OwnPresence::Online };
        world.flux.presence.set(&there.actor, state).await.unwrap();
        world.clock.advance(Duration::from_millis(20));
        settle().await;
    }
    world.flux.presence.set(&there.actor, OwnPresence::Away).await.unwrap();
    world.pass(Duration::from_secs(2)).await;
    let told = told(&here.outbox).await;
    assert!(told.len() <= 5, "{} changes told in 4 s", told.len());
    assert_eq!(told.last(), Some(&(bob.0, PresenceState::Away)));
}

#[tokio::test]
async fn a68_only_friends_are_seen_and_the_answer_does_not_tell_why() {
    let world = World::new();
    let (ada, bob, eve) = (world.user("ada").await, world.user("bob").await, world.user("eve").await);
    let (a, b, e) = (world.connect(ada).await, world.connect(bob).await, world.connect(eve).await);
    world.befriend(&a, &b).await;
    let offline = |user| Presence { user, state: PresenceState::Offline, last_seen: None };
    let seen = world.flux.presence.watch(&e.actor, &e.outbox, &[ada.0, bob.0]).await.unwrap();
    assert_eq!(seen, [offline(ada.0), offline(bob.0)]);

    // A friend who is blocked sees them leave, and that is all.
    world.flux.presence.watch(&b.actor, &b.outbox, &[ada.0]).await.unwrap();
    world.pass(Duration::from_secs(2)).await;
    told(&b.outbox).await;
    world.flux.friends.block(&a.actor, bob.0).await.unwrap();
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(told(&b.outbox).await, [(ada.0, PresenceState::Offline)]);
    let seen = world.flux.presence.watch(&b.actor, &b.outbox, &[ada.0]).await.unwrap();
    assert_eq!(seen, [offline(ada.0)]);
    world.flux.presence.set(&a.actor, OwnPresence::Away).await.unwrap();
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(told(&b.outbox).await, []);
}

#[tokio::test]
async fn who_is_invisible_is_seen_as_offline_on_every_session() {
    let world = World::new();
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let (here, there) = (world.connect(ada).await, world.connect(bob).await);
    world.befriend(&here, &there).await;
    world.flux.presence.watch(&here.actor, &here.outbox, &[bob.0]).await.unwrap();
    world.pass(Duration::from_secs(2)).await;
    told(&here.outbox).await;

    world.flux.presence.set(&there.actor, OwnPresence::Invisible).await.unwrap();
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(told(&here.outbox).await, [(bob.0, PresenceState::Offline)]);
    world.connect((bob.0, world.session(bob.0).await)).await;
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(told(&here.outbox).await, []);
    world.flux.presence.set(&there.actor, OwnPresence::Online).await.unwrap();
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(told(&here.outbox).await, [(bob.0, PresenceState::Online)]);
}

#[tokio::test]
async fn invariant_11_a_connection_watches_a_bounded_number_of_users() {
    let world = World::new();
    let ada = world.connect(world.user("ada").await).await;
    let many: Vec<UserId> = (1..=501_u128).map(|n| UserId::from_slice(&n.to_be_bytes()).unwrap()).collect();
    let refused = world.flux.presence.watch(&ada.actor, &ada.outbox, &many).await;
    assert!(matches!(refused, Err(PresenceError::TooMany { limit: 500 })));
    assert_eq!(world.flux.presence.watch(&ada.actor, &ada.outbox, &many[..500]).await.unwrap().len(), 500);
}
