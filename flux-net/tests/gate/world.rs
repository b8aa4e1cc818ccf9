//! A gate over memory stores and a clock driven by hand, behind a real listener.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{HashError, Password, PasswordHasher, VerifyPassword};
use flux_core::mail::{Mail, MailContent};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Flux, Ports, Secret, Settings, Timestamp, UserId};
use flux_net::gate::{self, GateConfig, GateParts};
use flux_net::serve::{ServeLimits, serve};
use flux_net::token::{KeyRing, SigningKey, TokenConfig, Tokens};
use flux_store::memory::{self, MemoryMailer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::http::{Answer, send};
use crate::moody::{Mood, Moody};

pub(crate) const PASSWORD: &str = "correct horse battery staple";
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Quick, for what is not about hashing.
struct QuickHasher;

#[async_trait]
impl PasswordHasher for QuickHasher {
    async fn hash(&self, password: &Password) -> Result<Secret, HashError> {
        Ok(Secret::new(format!("quick:{}", password.expose())))
    }

    async fn verify(&self, password: &Password, hash: Option<&Secret>) -> Result<VerifyPassword, HashError> {
        let right = hash.is_some_and(|hash| hash.expose() == format!("quick:{}", password.expose()));
        Ok(if right { VerifyPassword::Right { outdated: false } } else { VerifyPassword::Wrong })
    }
}

pub(crate) struct World {
    pub(crate) server: SocketAddr,
    pub(crate) clock: ManualClock,
    pub(crate) flux: Flux,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) draining: CancellationToken,
    pub(crate) mood: Arc<Mood>,
    mailer: Arc<MemoryMailer>,
    _stop: DropGuard,
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) user: String,
    pub(crate) session: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(GateConfig::default()).await
    }

    pub(crate) async fn with(config: GateConfig) -> Self {
        Self::build(config, |parts| parts).await
    }

    pub(crate) async fn build(config: GateConfig, change: impl FnOnce(GateParts) -> GateParts) -> Self {
        crate::logs::record();
        let clock = ManualClock::new(NOW);
        let entropy = Arc::new(SeededEntropy::new(1));
        let mailer = Arc::new(MemoryMailer::new());
        let mood = Arc::new(Mood::default());
        let plain = memory::ports(Arc::new(clock.clone()), entropy.clone());
        let ports = Ports {
            mailer: mailer.clone(),
            hasher: Arc::new(QuickHasher),
            limiter: Arc::new(Moody { inner: Arc::clone(&plain.limiter), mood: Arc::clone(&mood) }),
            registry: Arc::new(Moody { inner: Arc::clone(&plain.registry), mood: Arc::clone(&mood) }),
            ..plain
        };
        let flux = Flux::start(ports, Settings::default());
        let tokens =
            Arc::new(Tokens::new(TokenConfig::default(), KeyRing::new(SigningKey::generate(&*entropy))));
        let (stop, draining) = (CancellationToken::new(), CancellationToken::new());
        let parts = GateParts::new(flux.clone(), Arc::clone(&tokens))
            .with_config(config)
            .with_draining(draining.clone());
        let router = gate::router(change(parts));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, router, ServeLimits::default(), stop.clone()));
        Self { server, clock, flux, tokens, draining, mood, mailer, _stop: stop.drop_guard() }
    }

    /// One call; with a body it is JSON.
    pub(crate) async fn call(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1");
        if !token.is_empty() {
            head = format!("{head}\r\nAuthorization: Bearer {token}");
        }
        let body = body.map(|body| body.to_string());
        if let Some(body) = &body {
            head = format!("{head}\r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
        }
        send(self.server, &head, body.as_deref().unwrap_or_default()).await
    }

    pub(crate) async fn get(&self, path: &str, who: &Person) -> Answer {
        self.call("GET", path, &who.access, None).await
    }

    pub(crate) async fn post(&self, path: &str, who: &Person, body: Value) -> Answer {
        self.call("POST", path, &who.access, Some(body)).await
    }

    pub(crate) async fn act(&self, method: &str, path: &str, who: &Person) -> Answer {
        self.call(method, path, &who.access, None).await
    }

    /// Asks for a code and takes it out of the mail.
    pub(crate) async fn code(&self, email: &str, purpose: &str) -> String {
        self.mails();
        let body = json!({"email": email, "purpose": purpose});
        self.call("POST", "/v1/verification-codes", "", Some(body)).await.expect(202);
        let mail = self.mails().pop().unwrap();
        assert_eq!(mail.to.as_str(), email);
        let MailContent::Code { code, .. } = mail.content else { panic!("no code in the mail") };
        code.expose().to_owned()
    }

    /// The mails since the last look.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        std::iter::from_fn(|| self.mailer.take()).collect()
    }

    pub(crate) async fn register(&self, name: &str) -> Answer {
        let email = email_of(name);
        let code = self.code(&email, "register").await;
        let body = json!({"email": email, "code": code, "username": name, "password": PASSWORD});
        self.call("POST", "/v1/users", "", Some(body)).await
    }

    pub(crate) async fn try_login(&self, name: &str, password: &str) -> Answer {
        let device = json!({"name": "test", "class": "desktop"});
        let body = json!({"login": name, "password": password, "device": device});
        self.call("POST", "/v1/sessions", "", Some(body)).await
    }

    pub(crate) async fn login(&self, name: &str) -> Person {
        let answer = self.try_login(name, PASSWORD).await.expect(201).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person {
            name: name.to_owned(),
            user: text(&answer["user"]["user_id"]),
            session: text(&answer["session"]["session_id"]),
            access: text(&answer["access_token"]),
            refresh: text(&answer["refresh_token"]),
        }
    }

    /// Registers and logs in.
    pub(crate) async fn person(&self, name: &str) -> Person {
        self.register(name).await.expect(201);
        self.login(name).await
    }

    /// Makes friends of two; returns their conversation.
    pub(crate) async fn befriend(&self, one: &Person, other: &Person) -> String {
        self.post("/v1/friend-requests", one, json!({"user_id": other.user})).await.expect(201);
        let asked = self.post("/v1/friend-requests", other, json!({"user_id": one.user})).await.expect(201);
        asked.json()["friend"]["conversation_id"].as_str().unwrap().to_owned()
    }

    /// Sends a message with the id of that number; returns the answer.
    pub(crate) async fn say(&self, who: &Person, conversation: &str, number: u32, text: &str) -> Answer {
        let path = format!("/v1/conversations/{conversation}/messages");
        self.post(&path, who, json!({"message_id": id(number), "text": text})).await
    }

    /// Waits until nothing goes on but sleep; returns how many do.
    pub(crate) async fn settle(&self) -> usize {
        let (mut sleepers, mut same) = (self.clock.sleepers(), 0);
        while same < 200 {
            tokio::task::yield_now().await;
            same = if self.clock.sleepers() == sleepers { same + 1 } else { 0 };
            sleepers = self.clock.sleepers();
        }
        sleepers
    }

    /// Lets time pass, and waits until this process has read the revocations again.
    pub(crate) async fn pass(&self, span: Duration) {
        self.clock.advance(span);
        until("a fresh read of revocations", || self.flux.revocations.is_fresh()).await;
    }
}

pub(crate) fn email_of(name: &str) -> String {
    format!("{name}@example.com")
}

/// A UUID of that number.
pub(crate) fn id(number: u32) -> String {
    format!("00000000-0000-7000-8000-{number:012}")
}

pub(crate) fn user_id(person: &Person) -> UserId {
    person.user.parse().unwrap()
}

/// Waits for something that another task is about to do.
pub(crate) async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::task::yield_now().await;
    }
}
