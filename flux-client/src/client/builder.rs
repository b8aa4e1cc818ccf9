use std::sync::Arc;

use super::{Api, Client, Entropy, Http, Inner, OutboxStore, Runtime, StateStore, TokenStore, Transport};
use crate::config::Config;
use crate::error::{ClientError, TransportError};
use crate::runtime::SystemEntropy;

/// Puts a [`Client`] together. With feature `native` every part has a default; without it the
/// [network](Self::transport), [HTTP](Self::http) and the [runtime](Self::runtime) have to be given.
#[must_use]
pub struct ClientBuilder {
    base_url: String,
    chat_url: Option<String>,
    runtime: Option<Arc<dyn Runtime>>,
    entropy: Option<Arc<dyn Entropy>>,
    transport: Option<Arc<dyn Transport>>,
    http: Option<Arc<dyn Http>>,
    token_store: Option<Arc<dyn TokenStore>>,
    outbox: Option<Arc<dyn OutboxStore>>,
    state: Option<Arc<dyn StateStore>>,
    config: Config,
}

impl ClientBuilder {
    pub(super) fn new(base_url: String) -> Self {
        Self {
            base_url,
            chat_url: None,
            runtime: None,
            entropy: None,
            transport: None,
            http: None,
            token_store: None,
            outbox: None,
            state: None,
            config: Config::default(),
        }
    }

    /// How sessions behave.
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Connects to this WebSocket address always, instead of asking the server each time.
    pub fn chat_url(mut self, url: impl Into<String>) -> Self {
        self.chat_url = Some(url.into());
        self
    }

    /// Keeps the session's refresh token, so that it can be resumed after a restart. By default it is only in memory.
    pub fn token_store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.token_store = Some(store);
        self
    }

    /// Keeps what is to be sent. By default every session has an outbox in memory.
    pub fn outbox(mut self, store: Arc<dyn OutboxStore>) -> Self {
        self.outbox = Some(store);
        self
    }

    /// Keeps how far the application has got. By default a session begins at what is not delivered yet.
    pub fn state_store(mut self, store: Arc<dyn StateStore>) -> Self {
        self.state = Some(store);
        self
    }

    /// Opens WebSockets with this.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Makes HTTP calls with this.
    pub fn http(mut self, http: Arc<dyn Http>) -> Self {
        self.http = Some(http);
        self
    }

    /// Opens WebSockets and makes HTTP calls with this [`Dialer`](crate::net::Dialer), which may trust more
    /// certificate authorities than those of the web.
    #[cfg(feature = "native")]
    pub fn dialer(self, dialer: crate::net::Dialer) -> Self {
        let dialer = Arc::new(dialer);
        self.transport(dialer.clone()).http(dialer)
    }

    /// Takes time and tasks from this.
    pub fn runtime(mut self, runtime: Arc<dyn Runtime>) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Takes chance from this.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = Some(entropy);
        self
    }

    /// The client.
    ///
    /// # Errors
    /// If the address is not one of HTTP, or a part is missing.
    pub fn build(self) -> Result<Client, ClientError> {
        #[cfg(feature = "native")]
        let this = self.with_native_parts();
        #[cfg(not(feature = "native"))]
        let this = self;
        this.assemble()
    }

    #[cfg(feature = "native")]
    fn with_native_parts(mut self) -> Self {
        if self.transport.is_none() || self.http.is_none() {
            let dialer = Arc::new(crate::net::Dialer::new());
            self.transport.get_or_insert_with(|| dialer.clone());
            self.http.get_or_insert(dialer);
        }
        self.runtime.get_or_insert_with(|| Arc::new(crate::runtime::TokioRuntime::default()));
        self
    }

    fn assemble(self) -> Result<Client, ClientError> {
        let base_url = self.base_url.trim_end_matches('/').to_owned();
        if !base_url.starts_with("http://") && !base_url.starts_with("https://") {
            return Err(TransportError::new("not an http:// or https:// address").permanent().into());
        }
        let missing = || ClientError::Invalid("a part of the client is missing");
        let runtime = self.runtime.ok_or_else(missing)?;
        let api = Api {
            http: self.http.ok_or_else(missing)?,
            runtime: Arc::clone(&runtime),
            base_url,
            timeout: self.config.request_timeout,
        };
        let inner = Inner {
            api,
            chat_url: self.chat_url,
            runtime,
            entropy: self.entropy.unwrap_or_else(|| Arc::new(SystemEntropy)),
            transport: self.transport.ok_or_else(missing)?,
            token_store: self.token_store,
            outbox: self.outbox,
            state: self.state,
            config: self.config,
        };
        Ok(Client { inner: Arc::new(inner) })
    }
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
