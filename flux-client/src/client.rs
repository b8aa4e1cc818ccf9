//! The front door: accounts, logging in, and how sessions are built.

mod builder;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use builder::ClientBuilder;

use crate::actor::Parts;
use crate::api::Api;
use crate::api::dto;
use crate::config::Config;
use crate::endpoint::Endpoint;
use crate::error::ClientError;
use crate::id::UserId;
use crate::model::Device;
use crate::net::{Http, Transport};
use crate::outbox::{MemoryOutbox, OutboxStore};
use crate::runtime::{Entropy, Runtime};
use crate::secret::Secret;
use crate::session::{Account, Session};
use crate::state::StateStore;
use crate::token::{RefreshingTokens, SavedSession, TokenSource, TokenStore};

/// What a verification code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodePurpose {
    /// To register.
    Register,
    /// To set a new password without the old one.
    ResetPassword,
    /// To change the e-mail address: the code goes to the new one.
    ChangeEmail,
}

impl CodePurpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
        }
    }
}

/// A new account.
#[derive(Clone)]
pub struct Registration {
    /// Where the code was sent.
    pub email: String,
    /// What was sent there.
    pub code: Secret,
    /// Unique; what others search for.
    pub username: String,
    /// What they want to be called; the username if `None`.
    pub display_name: Option<String>,
    /// The password.
    pub password: Secret,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("username", &self.username).finish_non_exhaustive()
    }
}

/// A server, as seen by those who are not logged in yet. It is cheap to clone.
///
/// The stores that it was built with belong to one session at a time: a program with several accounts builds a client
/// for each.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    api: Api,
    chat_url: Option<String>,
    runtime: Arc<dyn Runtime>,
    entropy: Arc<dyn Entropy>,
    transport: Arc<dyn Transport>,
    token_store: Option<Arc<dyn TokenStore>>,
    outbox: Option<Arc<dyn OutboxStore>>,
    state: Option<Arc<dyn StateStore>>,
    config: Config,
}

impl Client {
    /// Builds a client of the server at `base_url`, such as `https://chat.example`.
    pub fn builder(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url.into())
    }

    /// Has a code sent by e-mail. The answer does not tell whether there is an account with that address, only how long
    /// to wait before asking again can cause another mail.
    pub async fn request_code(&self, email: &str, purpose: CodePurpose) -> Result<Duration, ClientError> {
        let body = dto::RequestCode { email, purpose: purpose.as_str() };
        let api = &self.inner.api;
        let requested: dto::CodeRequested =
            api.ask("POST", "/v1/verification-codes", None, Some(&body)).await?;
        Ok(Duration::from_millis(requested.retry_after_ms))
    }

    /// Opens an account. It is not logged in by that.
    pub async fn register(&self, registration: &Registration) -> Result<Account, ClientError> {
        let body = dto::Register {
            email: &registration.email,
            code: registration.code.expose(),
            username: &registration.username,
            display_name: registration.display_name.as_deref(),
            password: registration.password.expose(),
        };
        let user = self.inner.api.ask::<dto::Me>("POST", "/v1/users", None, Some(&body)).await?;
        Ok(user.into())
    }

    /// Sets a new password with a [code](CodePurpose::ResetPassword), and ends all sessions of the account.
    pub async fn reset_password(
        &self,
        email: &str,
        code: &Secret,
        new_password: &Secret,
    ) -> Result<(), ClientError> {
        let body = dto::ResetPassword { email, code: code.expose(), new_password: new_password.expose() };
        self.inner.api.tell("POST", "/v1/password-resets", None, Some(&body)).await
    }

    /// Opens a session, by username or e-mail address. It connects by itself.
    pub async fn login(&self, name: &str, password: &Secret, device: Device) -> Result<Session, ClientError> {
        let device = dto::DeviceBody { name: &device.name, class: device.class.as_str() };
        let body = dto::Login { name, password: password.expose(), device };
        let opened = self.inner.api.ask::<dto::LoggedIn>("POST", "/v1/sessions", None, Some(&body)).await?;
        let saved = SavedSession {
            user: opened.user.user_id,
            session: opened.session.id,
            refresh_token: opened.tokens.refresh_token.clone(),
        };
        let user = saved.user;
        let store = self.inner.token_store.clone();
        let tokens = RefreshingTokens::opened(self.inner.api.clone(), store, saved, opened.tokens).await?;
        self.begin(user, tokens, opened.chat_url).await
    }

    /// Goes on with a session that was [saved](Session::saved). It needs no connection to begin with.
    pub async fn resume(&self, saved: SavedSession) -> Result<Session, ClientError> {
        let user = saved.user;
        let tokens = RefreshingTokens::new(self.inner.api.clone(), self.inner.token_store.clone(), saved);
        self.begin(user, tokens, None).await
    }

    /// Goes on with the session that the [token store](ClientBuilder::token_store) has; `None` if it has none.
    pub async fn resume_stored(&self) -> Result<Option<Session>, ClientError> {
        let Some(store) = &self.inner.token_store else { return Ok(None) };
        match store.load().await? {
            Some(saved) => self.resume(saved).await.map(Some),
            None => Ok(None),
        }
    }

    /// A session of `user` whose tokens come from a source of one's own.
    pub async fn resume_with(
        &self,
        user: UserId,
        tokens: Arc<dyn TokenSource>,
    ) -> Result<Session, ClientError> {
        Session::start(self.parts(tokens, None), user, self.inner.api.clone(), None).await
    }

    async fn begin(
        &self,
        user: UserId,
        tokens: RefreshingTokens,
        chat_url: Option<String>,
    ) -> Result<Session, ClientError> {
        let tokens = Arc::new(tokens);
        let source: Arc<dyn TokenSource> = tokens.clone();
        Session::start(self.parts(source, chat_url), user, self.inner.api.clone(), Some(tokens)).await
    }

    fn parts(&self, tokens: Arc<dyn TokenSource>, first_url: Option<String>) -> Parts {
        let inner = &self.inner;
        let endpoint = match &inner.chat_url {
            Some(url) => Endpoint::Fixed(url.clone()),
            None => Endpoint::ask(inner.api.clone(), first_url),
        };
        Parts {
            runtime: Arc::clone(&inner.runtime),
            entropy: Arc::clone(&inner.entropy),
            transport: Arc::clone(&inner.transport),
            tokens,
            endpoint,
            outbox: inner.outbox.clone().unwrap_or_else(|| Arc::new(MemoryOutbox::new())),
            state: inner.state.clone(),
            config: inner.config.clone(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.inner.api.base_url).finish_non_exhaustive()
    }
}
