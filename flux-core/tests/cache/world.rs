//! Nodes, and a cache that fails on command.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{Bio, DisplayName, NewUser, ProfileChange, Username};
use flux_core::cache::{CacheKey, CacheStore, CacheValue, LeaseToken, Looked};
use flux_core::friend::Greeting;
use flux_core::guard::ClientAddr;
use flux_core::presence::PresenceState;
use flux_core::routing::{Connected, Outbox, OutboxLimits};
use flux_core::session::{Actor, Device, DeviceClass, DeviceName};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Flux, Ports, Settings, StoreError, Timestamp, UserId};
use flux_store::memory::{self, MemoryCache};
use tokio::sync::Semaphore;

/// What a cache does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Works,
    /// Every call fails at once.
    Fails,
    /// No call is ever answered.
    Hangs,
    /// What changed cannot be told, everything else works.
    ForgetsNothing,
    /// What was found is told only once it is let through.
    HoldsLooks,
    /// What was read arrives only once it is let through.
    HoldsFills,
}

/// The way of one node to the cache that all share.
pub(crate) struct Way {
    cache: Arc<MemoryCache>,
    mood: Mutex<Mood>,
    through: Semaphore,
    calls: AtomicUsize,
    held: AtomicUsize,
}

impl Way {
    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// How often the cache was asked for anything.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Waits until a call is held.
    pub(crate) async fn held(&self) {
        until(|| self.held.load(Ordering::SeqCst) > 0).await;
    }

    /// Lets what is held through, and whatever comes after it.
    pub(crate) fn let_through(&self) {
        self.set(Mood::Works);
        self.through.add_permits(1_000);
    }

    async fn asked(&self) -> Result<Mood, StoreError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Fails => Err(StoreError::unavailable("told to fail")),
            Mood::Hangs => std::future::pending().await,
            mood => Ok(mood),
        }
    }

    async fn hold(&self) {
        self.held.fetch_add(1, Ordering::SeqCst);
        self.through.acquire().await.unwrap().forget();
        self.held.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl CacheStore for Way {
    async fn look(
        &self,
        keys: &[CacheKey],
        token: LeaseToken,
        lease: Duration,
    ) -> Result<Vec<Looked>, StoreError> {
        let mood = self.asked().await?;
        let looked = self.cache.look(keys, token, lease).await;
        if mood == Mood::HoldsLooks {
            self.hold().await;
        }
        looked
    }

    async fn fill(
        &self,
        values: &[CacheValue],
        token: LeaseToken,
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        if self.asked().await? == Mood::HoldsFills {
            self.hold().await;
        }
        self.cache.fill(values, token, ttl).await
    }

    async fn forget(&self, keys: &[CacheKey]) -> Result<(), StoreError> {
        if self.asked().await? == Mood::ForgetsNothing {
            return Err(StoreError::unavailable("told to forget nothing"));
        }
        self.cache.forget(keys).await
    }
}

/// A node, and its way to the cache.
pub(crate) struct Node {
    pub(crate) flux: Flux,
    pub(crate) way: Arc<Way>,
}

/// Several nodes, most of them over one store.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    ports: Ports,
    cache: Arc<MemoryCache>,
    settings: Settings,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
        let ports = memory::ports(Arc::new(clock.clone()), Arc::new(SeededEntropy::new(3)));
        let cache = Arc::new(MemoryCache::new(Arc::new(clock.clone())));
        Self { clock, ports, cache, settings }
    }

    fn over(&self, ports: &Ports) -> Node {
        let way = Arc::new(Way {
            cache: Arc::clone(&self.cache),
            mood: Mutex::new(Mood::Works),
            through: Semaphore::new(0),
            calls: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
        });
        let ports = Ports { cache: Some(Arc::clone(&way) as _), ..ports.clone() };
        Node { flux: Flux::start(ports, self.settings.clone()), way }
    }

    /// A node over the store.
    pub(crate) fn node(&self) -> Node {
        self.over(&self.ports)
    }

    /// A node whose store is another one, with nothing in it: what it knows of anybody, it knows from the cache. It is in
    /// no directory but that of the others.
    pub(crate) fn without_store(&self) -> Node {
        let empty = memory::ports(Arc::new(self.clock.clone()), Arc::new(SeededEntropy::new(4)));
        self.over(&Ports { durable: empty.durable, ..self.ports.clone() })
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

/// Lets other tasks run as far as they get without time.
pub(crate) async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Lets other tasks run until `done`, without time passing.
pub(crate) async fn until(mut done: impl FnMut() -> bool) {
    for _ in 0..100_000 {
        if done() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it did not come");
}

impl Node {
    pub(crate) async fn person(&self, name: &str) -> Actor {
        let new = NewUser { username: Username::new(name).unwrap(), display_name: None, email: None };
        let user = self.flux.accounts.provision(new).await.unwrap().profile.user;
        let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
        let session = self.flux.sessions.open(user, &device).await.unwrap().session.session;
        Actor { user, session, generation: None }
    }

    pub(crate) async fn connect(&self, actor: &Actor) -> Connected {
        self.flux.connections.connect(actor.user, actor.session).await.unwrap()
    }

    pub(crate) async fn befriend(&self, one: &Actor, other: &Actor) {
        self.flux.friends.request(one, other.user, Greeting::empty()).await.unwrap();
        self.flux.friends.request(other, one.user, Greeting::empty()).await.unwrap();
    }

    pub(crate) async fn rename(&self, actor: &Actor, name: &str) {
        self.flux.accounts.change_profile(actor, &renamed(name)).await.unwrap();
    }

    /// What `user` is called here; `None` if they are not found.
    pub(crate) async fn name_of(&self, user: UserId) -> Option<String> {
        let profiles = self.flux.accounts.shown_profiles(&[user]).await.unwrap();
        profiles.first().map(|profile| profile.display_name.as_str().to_owned())
    }

    /// What is found by somebody's id.
    pub(crate) async fn search(&self, actor: &Actor, user: UserId) -> Vec<UserId> {
        let client = ClientAddr::new("192.0.2.1".parse().unwrap());
        let found = self.flux.accounts.search(actor, &user.to_string(), 10, &client).await.unwrap();
        found.into_iter().map(|profile| profile.user).collect()
    }

    /// Whether `actor` sees `user` as connected, asking anew.
    pub(crate) async fn sees(&self, actor: &Actor, user: UserId) -> bool {
        let outbox = Outbox::new(OutboxLimits::default());
        let seen = self.flux.presence.watch(actor, &outbox, &[user]).await.unwrap();
        self.flux.presence.forget(actor);
        seen[0].state == PresenceState::Online
    }
}

pub(crate) fn renamed(name: &str) -> ProfileChange {
    ProfileChange { display_name: Some(DisplayName::new(name).unwrap()), bio: Some(Bio::empty()) }
}
