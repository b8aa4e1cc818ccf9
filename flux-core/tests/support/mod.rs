//! Two friends on memory stores, for tests of the message path.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world fails")]

pub(crate) mod mortal;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{AccountStore, CreateAccount, DisplayName, NewAccount, Username};
use flux_core::friend::{FriendLimits, FriendStore, Greeting, RelationChange};
use flux_core::message::{
    ChangePlace, ChangedConversations, ChangedLog, Conversation, GroupCommit, History, HistoryFrom,
    MessageStore, MessageText, Messages, SendLane, SendTicket, Stamp, Write, Written,
};
use flux_core::routing::{Envelope, Hub, Outbox, PeerError, PeerTransport, Router, RouterParts, Work};
use flux_core::session::{
    Actor, Device, DeviceClass, DeviceName, NewSession, OpenSession, SessionPolicy, SessionStore,
};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{
    Clock, ConversationId, Epoch, MessageId, NodeId, Pair, RequestId, SessionId, StoreError, Timestamp,
    TokenHash, UserId,
};
use flux_store::memory::{MemoryDirectory, MemoryStore};
use tokio::sync::Semaphore;

/// A store, a clock and chance, all driven by hand.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) entropy: Arc<SeededEntropy>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) faulty: Arc<FaultyStore>,
    pub(crate) directory: Arc<MemoryDirectory>,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
        let entropy = Arc::new(SeededEntropy::new(7));
        let store = Arc::new(MemoryStore::new(Arc::new(clock.clone()), entropy.clone()));
        let faulty = Arc::new(FaultyStore::new(store.clone()));
        let directory = Arc::new(MemoryDirectory::new(Arc::new(clock.clone())));
        Self { clock, entropy, store, faulty, directory }
    }

    /// A node over the faulty store, with a hub of its own.
    pub(crate) fn node(&self) -> Node {
        self.node_with(Arc::new(DropAll))
    }

    pub(crate) fn node_with(&self, peers: Arc<dyn PeerTransport>) -> Node {
        let hub = Arc::new(Hub::new());
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let parts = RouterParts {
            node: NodeId::generate(self.clock.now(), &*self.entropy),
            hub: hub.clone(),
            directory: self.directory.clone(),
            peers,
            clock: clock.clone(),
        };
        let router = Router::start(parts, 64);
        let commit = GroupCommit::start(
            self.faulty.clone(),
            router.clone(),
            clock.clone(),
            flux_core::message::CommitSettings::default(),
        );
        let messages = Messages::new(
            self.faulty.clone(),
            self.store.clone(),
            commit.clone(),
            router.clone(),
            None,
            clock,
        );
        Node { hub, router, commit, messages }
    }

    pub(crate) async fn user(&self, name: &str) -> UserId {
        let user = UserId::generate(self.clock.now(), &*self.entropy);
        let new = NewAccount {
            user,
            username: Username::new(name).unwrap(),
            display_name: DisplayName::new(name).unwrap(),
            email: None,
            password_hash: None,
        };
        assert!(matches!(self.store.create_account(new).await.unwrap(), CreateAccount::Created(_)));
        user
    }

    pub(crate) async fn session(&self, user: UserId) -> SessionId {
        let session = SessionId::generate(self.clock.now(), &*self.entropy);
        let device = Device { name: DeviceName::empty(), class: DeviceClass::Other };
        let refresh = TokenHash::new(flux_core::entropy::bytes(&*self.entropy));
        let new = NewSession { session, user, device, refresh };
        let opened = self.store.open_session(new, SessionPolicy::default(), None).await.unwrap();
        assert!(matches!(opened, OpenSession::Opened { .. }));
        session
    }

    /// A user with a session that no connection has.
    pub(crate) async fn actor(&self, name: &str) -> Actor {
        let user = self.user(name).await;
        Actor { user, session: self.session(user).await, generation: None }
    }

    pub(crate) async fn befriend(&self, one: Actor, other: Actor) -> ConversationId {
        for (actor, to) in [(one, other.user), (other, one.user)] {
            let request = RequestId::generate(self.clock.now(), &*self.entropy);
            let change = RelationChange::Request { request, to, greeting: Greeting::empty() };
            self.store.change_relation(&actor, &change, &FriendLimits::default()).await.unwrap().unwrap();
        }
        ConversationId::direct(Pair::new(one.user, other.user).unwrap())
    }

    pub(crate) fn message(&self) -> MessageId {
        MessageId::generate(self.clock.now(), &*self.entropy)
    }
}

/// One chat node, as far as messages are concerned.
pub(crate) struct Node {
    pub(crate) hub: Arc<Hub>,
    pub(crate) router: Arc<Router>,
    pub(crate) commit: GroupCommit,
    pub(crate) messages: Messages,
}

impl Node {
    /// Claims the session for a connection here.
    pub(crate) async fn connect(&self, actor: Actor) -> (Actor, Arc<Outbox>) {
        let generation = self.commit.claim(actor.user, actor.session).await.unwrap();
        let outbox = Outbox::new(flux_core::routing::OutboxLimits::default());
        let attached = self.hub.attach(flux_core::routing::LocalConnection {
            user: actor.user,
            session: actor.session,
            generation,
            outbox: outbox.clone(),
            away: false,
        });
        assert!(attached);
        (Actor { generation: Some(generation), ..actor }, outbox)
    }

    pub(crate) async fn submit(
        &self,
        actor: Actor,
        lane: &Arc<SendLane>,
        to: ConversationId,
        message: MessageId,
        body: &str,
    ) -> SendTicket {
        let to = flux_core::message::Destination::Conversation(to);
        self.messages.submit(actor, Some(lane), to, message, text(body)).await.unwrap()
    }
}

pub(crate) fn text(body: &str) -> MessageText {
    MessageText::new(body).unwrap()
}

/// What waits in an outbox now, without waiting for more.
pub(crate) async fn waiting(outbox: &Outbox) -> Vec<flux_core::routing::Event> {
    tokio::select! {
        biased;
        work = outbox.next(1_000) => match work {
            Work::Events(events) => events.iter().map(|push| push.event().clone()).collect(),
            Work::Close(reason) => panic!("closed: {reason:?}"),
        },
        () = async {} => Vec::new(),
    }
}

/// A transport that loses everything and says so to nobody.
pub(crate) struct DropAll;

#[async_trait]
impl PeerTransport for DropAll {
    async fn send(&self, _: NodeId, _: Envelope) -> Result<(), PeerError> {
        Ok(())
    }
}

/// What to do to the next commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails and has done nothing.
    Before,
    /// It is done, and the answer is lost.
    After,
}

/// A message store whose commits fail, or wait, on command.
pub(crate) struct FaultyStore {
    inner: Arc<MemoryStore>,
    before: AtomicUsize,
    after: AtomicUsize,
    gate: Semaphore,
    gated: AtomicUsize,
    pub(crate) batches: std::sync::Mutex<Vec<usize>>,
}

impl FaultyStore {
    fn new(inner: Arc<MemoryStore>) -> Self {
        Self {
            inner,
            before: AtomicUsize::new(0),
            after: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            gated: AtomicUsize::new(0),
            batches: std::sync::Mutex::default(),
        }
    }

    /// The next commit fails.
    pub(crate) fn fail_next(&self, fault: Fault) {
        let counter = if fault == Fault::Before { &self.before } else { &self.after };
        counter.fetch_add(1, Ordering::SeqCst);
    }

    /// From now on commits wait until they are let through one by one.
    pub(crate) fn hold(&self) {
        self.gated.store(1, Ordering::SeqCst);
    }

    /// Lets `commits` through.
    pub(crate) fn let_through(&self, commits: usize) {
        self.gate.add_permits(commits);
    }
}

fn take(counter: &AtomicUsize) -> bool {
    counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok()
}

#[async_trait]
impl MessageStore for FaultyStore {
    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    async fn commit(&self, batch: &[Write]) -> Result<Vec<Written>, StoreError> {
        if self.gated.load(Ordering::SeqCst) > 0 {
            self.gate.acquire().await.unwrap().forget();
        }
        self.batches.lock().unwrap().push(batch.len());
        if take(&self.before) {
            return Err(StoreError::unavailable("told to fail"));
        }
        let done = self.inner.commit(batch).await?;
        if take(&self.after) {
            return Err(StoreError::unavailable("told to lose the answer"));
        }
        Ok(done)
    }

    async fn history(
        &self,
        user: UserId,
        conversation: ConversationId,
        from: HistoryFrom,
        limit: usize,
    ) -> Result<Option<History>, StoreError> {
        self.inner.history(user, conversation, from, limit).await
    }

    async fn conversation(
        &self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        self.inner.conversation(user, conversation).await
    }

    async fn changed_conversations(
        &self,
        user: UserId,
        since: Option<Stamp>,
        below: Option<ChangePlace>,
        limit: usize,
    ) -> Result<ChangedConversations, StoreError> {
        self.inner.changed_conversations(user, since, below, limit).await
    }

    async fn horizon(&self) -> Result<Stamp, StoreError> {
        self.inner.horizon().await
    }

    async fn changed_logs(&self, since: Stamp, limit: usize) -> Result<Vec<ChangedLog>, StoreError> {
        self.inner.changed_logs(since, limit).await
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

/// Moves the clock on in small steps until `done`, at most `limit`; returns how long it took.
pub(crate) async fn advance_until(
    clock: &ManualClock,
    limit: Duration,
    mut done: impl FnMut() -> bool,
) -> Duration {
    let step = Duration::from_millis(100);
    let mut passed = Duration::ZERO;
    while passed <= limit {
        for _ in 0..50 {
            tokio::task::yield_now().await;
            if done() {
                return passed;
            }
        }
        clock.advance(step);
        passed += step;
    }
    panic!("not within {limit:?}");
}
