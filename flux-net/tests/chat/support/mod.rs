//! A chat node over memory stores, behind a real socket, on a clock driven by hand.

pub(crate) mod client;
pub(crate) mod raw;
pub(crate) mod store;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use flux_core::account::{NewUser, Username};
use flux_core::friend::Greeting;
use flux_core::message::SendPolicy;
use flux_core::session::{Actor, Device, DeviceClass, DeviceName};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Clock, ConversationId, Flux, MessageId, Pair, Settings, Timestamp, UserId};
use flux_net::chat::{ChatConfig, ChatParts, ChatServer, Format};
use flux_net::serve::{ServeLimits, serve};
use flux_net::token::{KeyRing, SigningKey, TokenConfig, Tokens};
use flux_store::memory::MemoryStore;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use client::Client;
use store::FaultyStore;

/// How long a test waits for what has to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// One step of the clock.
const STEP: Duration = Duration::from_millis(200);

pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) flux: Flux,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) chat: ChatServer,
    pub(crate) address: SocketAddr,
    shutdown: CancellationToken,
}

/// Somebody with a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub(crate) actor: Actor,
}

impl Person {
    pub(crate) fn id(&self) -> String {
        self.actor.user.to_string()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(ChatConfig::default(), Settings::default()).await
    }

    pub(crate) async fn with(config: ChatConfig, settings: Settings) -> Self {
        Self::with_policy(config, settings, None).await
    }

    pub(crate) async fn with_policy(
        config: ChatConfig,
        settings: Settings,
        send_policy: Option<Arc<dyn SendPolicy>>,
    ) -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
        let entropy = Arc::new(SeededEntropy::new(7));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let memory = Arc::new(MemoryStore::new(Arc::clone(&shared), entropy.clone()));
        let store = Arc::new(FaultyStore::new(memory));
        let ports = flux_core::Ports {
            durable: store.clone(),
            send_policy,
            ..flux_store::memory::ports(Arc::clone(&shared), entropy.clone())
        };
        let flux = Flux::start(ports, settings);
        let keys = KeyRing::new(SigningKey::generate(&*entropy));
        let tokens = Arc::new(Tokens::new(TokenConfig::default(), keys));
        let parts = ChatParts { flux: flux.clone(), tokens: Arc::clone(&tokens) };
        let chat = ChatServer::new(parts, config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn(serve(listener, chat.router(), ServeLimits::default(), shutdown.clone()));
        let world = Self { clock, entropy, store, flux, tokens, chat, address, shutdown };
        // Content is held back until the revocations were read.
        world.pass(Duration::from_secs(1)).await;
        world
    }

    /// Lets time pass, and all that happens in it happen.
    pub(crate) async fn pass(&self, span: Duration) {
        let end = self.clock.monotonic() + span;
        settle().await;
        while self.clock.monotonic() < end {
            self.clock.advance(STEP.min(end.saturating_sub(self.clock.monotonic())));
            settle().await;
        }
    }

    pub(crate) async fn person(&self, name: &str) -> Person {
        let user = NewUser { username: Username::new(name).unwrap(), display_name: None, email: None };
        let account = self.flux.accounts.provision(user).await.unwrap();
        self.login(account.profile.user).await
    }

    /// A new session of `user`.
    pub(crate) async fn login(&self, user: UserId) -> Person {
        let device = Device { name: DeviceName::empty(), class: DeviceClass::Desktop };
        let opened = self.flux.sessions.open(user, &device).await.unwrap();
        Person { actor: Actor { user, session: opened.session.session, generation: None } }
    }

    pub(crate) async fn befriend(&self, one: &Person, other: &Person) -> ConversationId {
        let friends = &self.flux.friends;
        friends.request(&one.actor, other.actor.user, Greeting::empty()).await.unwrap();
        friends.request(&other.actor, one.actor.user, Greeting::empty()).await.unwrap();
        ConversationId::direct(Pair::new(one.actor.user, other.actor.user).unwrap())
    }

    /// Two friends, and their conversation.
    pub(crate) async fn friends(&self) -> (Person, Person, ConversationId) {
        let (alice, bob) = (self.person("alice").await, self.person("bobby").await);
        let conversation = self.befriend(&alice, &bob).await;
        (alice, bob, conversation)
    }

    pub(crate) fn token(&self, person: &Person) -> String {
        let Actor { user, session, .. } = person.actor;
        self.tokens.issue(user, session, self.clock.now()).token.expose().to_owned()
    }

    pub(crate) fn message_id(&self) -> MessageId {
        MessageId::generate(self.clock.now(), &*self.entropy)
    }

    /// A connection that has not said hello.
    pub(crate) async fn stranger(&self, format: Format) -> Client {
        Client::open(self.address, format).await
    }

    /// A connection of `person`, in JSON.
    pub(crate) async fn connect(&self, person: &Person) -> Client {
        self.connect_as(person, Format::Json).await
    }

    pub(crate) async fn connect_as(&self, person: &Person, format: Format) -> Client {
        let mut client = self.stranger(format).await;
        client.welcomed(self.token(person)).await;
        client
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
        self.flux.stop();
    }
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
