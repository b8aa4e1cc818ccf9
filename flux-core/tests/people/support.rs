//! Services over memory stores, with what they announce and mail written down.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{
    Account, AccountPorts, AccountRules, Accounts, Ended, HashError, NewUser, Password, PasswordHasher,
    RegisterError, Registration, Username, VerifyPassword,
};
use flux_core::feed::FeedEntry;
use flux_core::friend::{FriendPorts, FriendRules, FriendStore, Friends};
use flux_core::guard::{ClientAddr, Quota, RateLimiter};
use flux_core::mail::{Mail, MailContent, Mailer};
use flux_core::session::{
    Actor, Announcer, Device, DeviceClass, DeviceName, EndedSession, LoggedIn, Login, LoginError,
    RevocationWatch, SessionPorts, SessionRules, SessionStore, Sessions, WatchSettings,
};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::verification::{
    CodeLimits, CodeRules, CodeSecret, CodeStore, Purpose, Verification, VerificationPorts, Verifier,
};
use flux_core::{Secret, Timestamp, UserId, account::Email};
use flux_store::memory::{MemoryCodes, MemoryLimiter, MemoryMailer, MemoryStore};

pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const HERE: ClientNumber = ClientNumber(1);

/// A client address by number.
#[derive(Clone, Copy)]
pub(crate) struct ClientNumber(pub(crate) u32);

impl ClientNumber {
    pub(crate) fn addr(self) -> ClientAddr {
        ClientAddr::new(Ipv4Addr::from_bits(0x0A00_0000 + self.0).into())
    }
}

/// What differs from test to test.
#[derive(Clone)]
pub(crate) struct Setup {
    pub(crate) codes: CodeRules,
    pub(crate) accounts: AccountRules,
    pub(crate) sessions: SessionRules,
    pub(crate) friends: FriendRules,
    pub(crate) code_store: Option<Arc<dyn CodeStore>>,
    pub(crate) mailer: Option<Arc<dyn Mailer>>,
    pub(crate) limiter: Option<Arc<dyn RateLimiter>>,
    pub(crate) session_store: Option<Arc<dyn SessionStore>>,
    pub(crate) friend_store: Option<Arc<dyn FriendStore>>,
}

impl Default for Setup {
    /// The defaults, but that many may register and ask for codes from one address.
    fn default() -> Self {
        let many = Quota::new(100_000, Duration::from_hours(1));
        Self {
            codes: CodeRules {
                limits: CodeLimits { requests_per_client: many, ..CodeLimits::default() },
                ..CodeRules::default()
            },
            accounts: AccountRules { registrations_per_client: many, ..AccountRules::default() },
            sessions: SessionRules::default(),
            friends: FriendRules::default(),
            code_store: None,
            mailer: None,
            limiter: None,
            session_store: None,
            friend_store: None,
        }
    }
}

/// All of it.
pub(crate) struct World {
    pub(crate) clock: ManualClock,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) mailer: Arc<MemoryMailer>,
    pub(crate) hasher: Arc<FakeHasher>,
    pub(crate) told: Arc<Recorder>,
    pub(crate) watch: Arc<RevocationWatch>,
    pub(crate) verification: Arc<Verification>,
    pub(crate) accounts: Accounts,
    pub(crate) sessions: Sessions,
    pub(crate) friends: Friends,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
        let time = Arc::new(clock.clone());
        let entropy = Arc::new(SeededEntropy::new(3));
        let store = Arc::new(MemoryStore::new(time.clone(), entropy.clone()));
        let mailer = Arc::new(MemoryMailer::new());
        let hasher = Arc::new(FakeHasher::default());
        let told = Arc::new(Recorder::default());
        let post: Arc<dyn Mailer> = setup.mailer.unwrap_or_else(|| mailer.clone());
        let limiter = setup.limiter.unwrap_or_else(|| Arc::new(MemoryLimiter::new(time.clone())));
        let session_store = setup.session_store.unwrap_or_else(|| store.clone());
        let watch = Arc::new(RevocationWatch::new(
            session_store.clone(),
            time.clone(),
            told.clone(),
            WatchSettings::default(),
        ));
        let verification = Arc::new(Verification::new(
            VerificationPorts {
                codes: setup.code_store.unwrap_or_else(|| Arc::new(MemoryCodes::new(time.clone()))),
                accounts: store.clone(),
                limiter: limiter.clone(),
                mailer: post.clone(),
                clock: time.clone(),
                entropy: entropy.clone(),
            },
            CodeSecret::new([9; 32]),
            setup.codes,
        ));
        let accounts = Accounts::new(
            AccountPorts {
                accounts: store.clone(),
                sessions: session_store.clone(),
                hasher: hasher.clone(),
                limiter: limiter.clone(),
                cache: Arc::default(),
                mailer: post,
                clock: time.clone(),
                entropy: entropy.clone(),
                announcer: watch.clone(),
            },
            verification.clone(),
            setup.accounts,
        );
        let sessions = Sessions::new(
            SessionPorts {
                sessions: session_store,
                accounts: store.clone(),
                hasher: hasher.clone(),
                limiter: limiter.clone(),
                clock: time.clone(),
                entropy: entropy.clone(),
            },
            watch.clone(),
            setup.sessions,
        );
        let friends = Friends::new(
            FriendPorts {
                friends: setup.friend_store.unwrap_or_else(|| store.clone()),
                limiter,
                cache: Arc::default(),
                clock: time,
                entropy,
                announcer: watch.clone(),
            },
            setup.friends,
        );
        Self { clock, store, mailer, hasher, told, watch, verification, accounts, sessions, friends }
    }

    /// Asks for a code, and reads it from the mail that goes out.
    pub(crate) async fn code(&self, purpose: Purpose, address: &Email) -> Secret {
        let before = self.mailer.sent().len();
        self.verification.request(purpose, address, &HERE.addr()).await.unwrap();
        let sent = self.mailer.sent();
        assert_eq!(sent.len(), before + 1, "a mail goes out");
        code_in(sent.last().unwrap(), address)
    }

    pub(crate) async fn try_register(&self, name: &str, code: Secret) -> Result<Account, RegisterError> {
        self.accounts.register(registration(name, &email(name), code), &HERE.addr()).await
    }

    /// An account with the password and an address of its own.
    pub(crate) async fn register(&self, name: &str) -> UserId {
        let code = self.code(Purpose::Register, &email(name)).await;
        self.try_register(name, code).await.unwrap().profile.user
    }

    pub(crate) async fn try_login(&self, name: &str, password: &str) -> Result<LoggedIn, LoginError> {
        self.sessions.login(login(name, password), &HERE.addr()).await
    }

    pub(crate) async fn login(&self, name: &str) -> (Actor, Secret) {
        let LoggedIn { session, refresh, .. } = self.try_login(name, PASSWORD).await.unwrap();
        (Actor { user: session.user, session: session.session, generation: None }, refresh)
    }

    /// A registered user who is logged in.
    pub(crate) async fn actor(&self, name: &str) -> Actor {
        self.register(name).await;
        self.login(name).await.0
    }

    /// A user without address or password, and a session that the program opened.
    pub(crate) async fn guest(&self, name: &str) -> Actor {
        let username = Username::new(name).unwrap();
        let new = NewUser { username, display_name: None, email: None };
        let user = self.accounts.provision(new).await.unwrap().profile.user;
        let session = self.sessions.open(user, &device(DeviceClass::Other)).await.unwrap().session;
        Actor { user, session: session.session, generation: None }
    }

    /// Whether the session of `actor` is open, by its row.
    pub(crate) async fn open(&self, actor: &Actor) -> bool {
        self.store.session(actor.session).await.unwrap().is_some_and(|record| record.ended.is_none())
    }
}

pub(crate) fn email(name: &str) -> Email {
    Email::new(&format!("{name}@example.com")).unwrap()
}

pub(crate) fn device(class: DeviceClass) -> Device {
    Device { name: DeviceName::new("thing").unwrap(), class }
}

pub(crate) fn login(name: &str, password: &str) -> Login {
    Login { name: Secret::new(name), password: Secret::new(password), device: device(DeviceClass::Desktop) }
}

pub(crate) fn registration(name: &str, address: &Email, code: Secret) -> Registration {
    Registration {
        email: address.clone(),
        code,
        username: Username::new(name).unwrap(),
        display_name: None,
        password: Secret::new(PASSWORD),
    }
}

/// Runs all at once, on this task: each time it is woken, each goes as far as it can, in order.
pub(crate) async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (future, done) in running.iter_mut().filter(|(_, done)| done.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(output) => *done = Some(output),
                Poll::Pending => pending = true,
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    running.into_iter().filter_map(|(_, done)| done).collect()
}

/// The code in a mail to `address`.
pub(crate) fn code_in(mail: &Mail, address: &Email) -> Secret {
    assert_eq!(&mail.to, address);
    let MailContent::Code { code, .. } = &mail.content else { panic!("a mail with a code") };
    code.clone()
}

/// A code that is not `code`.
pub(crate) fn another(code: &Secret) -> Secret {
    let number: u32 = code.expose().parse().unwrap();
    Secret::new(format!("{:06}", (number + 1) % 1_000_000))
}

/// Hashes at once and not at all well, counts, and can be made to wait or to refuse.
#[derive(Default)]
pub(crate) struct FakeHasher {
    pub(crate) strength: AtomicU32,
    pub(crate) verified: AtomicUsize,
    pub(crate) hashed: AtomicUsize,
    pub(crate) busy: AtomicBool,
    /// Hashing never ends.
    pub(crate) stuck: AtomicBool,
    /// Held by a test, it keeps verifications waiting.
    pub(crate) gate: tokio::sync::RwLock<()>,
}

#[async_trait]
impl PasswordHasher for FakeHasher {
    async fn hash(&self, password: &Password) -> Result<Secret, HashError> {
        if self.busy.load(Ordering::SeqCst) {
            return Err(HashError::Busy);
        }
        if self.stuck.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.hashed.fetch_add(1, Ordering::SeqCst);
        let strength = self.strength.load(Ordering::SeqCst);
        Ok(Secret::new(format!("{strength}${}", password.expose())))
    }

    async fn verify(&self, password: &Password, hash: Option<&Secret>) -> Result<VerifyPassword, HashError> {
        self.verified.fetch_add(1, Ordering::SeqCst);
        let _gate = self.gate.read().await;
        // So that whoever came at the same time gets a turn.
        tokio::task::yield_now().await;
        let Some((strength, kept)) = hash.and_then(|hash| hash.expose().split_once('$')) else {
            return Ok(VerifyPassword::Wrong);
        };
        if kept != password.expose() {
            return Ok(VerifyPassword::Wrong);
        }
        Ok(VerifyPassword::Right { outdated: strength != self.strength.load(Ordering::SeqCst).to_string() })
    }
}

/// Writes down what is announced.
#[derive(Default)]
pub(crate) struct Recorder {
    ended: Mutex<Vec<EndedSession>>,
    found: Mutex<Vec<EndedSession>>,
    entries: Mutex<Vec<(UserId, FeedEntry)>>,
}

impl Recorder {
    /// Takes what this process ended.
    pub(crate) fn take_ended(&self) -> Vec<EndedSession> {
        std::mem::take(&mut *self.ended.lock().unwrap())
    }

    /// Takes what the watch found.
    pub(crate) fn take_found(&self) -> Vec<EndedSession> {
        std::mem::take(&mut *self.found.lock().unwrap())
    }

    /// Takes the entries, those of ended sessions too.
    pub(crate) fn take_entries(&self) -> Vec<(UserId, FeedEntry)> {
        std::mem::take(&mut *self.entries.lock().unwrap())
    }

    /// Takes the entries; whose they were.
    pub(crate) fn readers(&self) -> BTreeSet<UserId> {
        self.take_entries().into_iter().map(|(user, _)| user).collect()
    }
}

impl Announcer for Recorder {
    fn ended(&self, ended: &Ended) {
        self.ended.lock().unwrap().extend(&ended.sessions);
        self.entries.lock().unwrap().extend(ended.entries.iter().cloned());
    }

    fn found_ended(&self, sessions: &[EndedSession]) {
        self.found.lock().unwrap().extend(sessions);
    }

    fn entries(&self, entries: &[(UserId, FeedEntry)]) {
        self.entries.lock().unwrap().extend(entries.iter().cloned());
    }
}
