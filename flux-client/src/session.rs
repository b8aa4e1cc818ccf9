//! The handle of one session.

mod account;
mod friends;
mod handle;
mod messages;
mod pages;
mod presence;

use std::fmt;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

pub use account::{Account, ProfileChange};
pub(crate) use handle::{Handle, Shared};
pub use pages::Pages;

use crate::actor::{Actor, Command, Loaded, Outlets, Parts};
use crate::api::Api;
use crate::error::ClientError;
use crate::event::{ConnectionState, EventQueue, EventStream};
use crate::id::UserId;
use crate::token::{RefreshingTokens, SavedSession, TokenSource};

/// Commands that may wait for the actor, which waits for nothing.
const COMMANDS: usize = 256;

/// A session: what one user does on one device. It is cheap to clone, outlives every connection and reconnects by
/// itself. When the last clone, [`EventStream`] and [`Ticket`](crate::Ticket) are dropped it disconnects; what is in
/// the outbox store stays there.
#[derive(Clone)]
pub struct Session {
    handle: Handle,
    inner: Arc<Inner>,
}

struct Inner {
    me: UserId,
    queue: Arc<EventQueue>,
    api: Api,
    tokens: Arc<dyn TokenSource>,
    refreshing: Option<Arc<RefreshingTokens>>,
}

impl Session {
    /// Loads what the stores have and starts the session's task.
    pub(crate) async fn start(
        parts: Parts,
        me: UserId,
        api: Api,
        refreshing: Option<Arc<RefreshingTokens>>,
    ) -> Result<Self, ClientError> {
        let state = match &parts.state {
            // A name may have become somebody else's since: another server at the same address, an account made anew.
            Some(store) => store.load().await?.filter(|state| state.user == me),
            None => None,
        };
        let loaded = Loaded { outbox: parts.outbox.load(me).await?, state };
        let parts = Arc::new(parts);
        let queue = Arc::new(EventQueue::new(parts.config.event_capacity, me));
        let (sender, commands) = mpsc::channel(COMMANDS);
        let (connection, connection_of) = watch::channel(ConnectionState::Connecting);
        let (queued, queued_of) = watch::channel(0);
        let runtime = Arc::clone(&parts.runtime);
        let shared =
            Shared::new(Arc::clone(&runtime), parts.config.request_timeout, connection_of, queued_of);
        let shared = Arc::new(shared);
        let tokens = Arc::clone(&parts.tokens);
        let outlets = Outlets { shared: Arc::clone(&shared), connection, queued };
        let actor = Actor::new(parts, me, commands, Arc::clone(&queue), outlets, loaded);
        runtime.spawn(Box::pin(actor.run()));
        let handle = Handle::new(sender, shared);
        Ok(Self { handle, inner: Arc::new(Inner { me, queue, api, tokens, refreshing }) })
    }

    /// Whose session this is.
    pub fn user(&self) -> UserId {
        self.inner.me
    }

    /// The stream of everything that happens. What happened before the first call waits in it.
    ///
    /// There is one reader: another call hands the stream over, and the older stream ends. As long as nobody reads, at
    /// most [`Config::event_capacity`](crate::Config) events wait; further messages wait on the server.
    pub fn events(&self) -> EventStream {
        EventStream::new(Arc::clone(&self.inner.queue), self.handle.clone())
    }

    /// Whether there is a connection now.
    pub fn connection(&self) -> ConnectionState {
        self.handle.connection()
    }

    /// Waits until there is a connection.
    ///
    /// # Errors
    /// If the session is over, or does not come back by itself: then somebody has to act first.
    pub async fn online(&self) -> Result<(), ClientError> {
        self.handle.online().await
    }

    /// Connects now: without waiting for the next try, and also if the session does not come back by itself because
    /// another connection had taken it over.
    pub async fn reconnect(&self) -> Result<(), ClientError> {
        self.handle.ask(|reply| Command::Reconnect { reply }).await
    }

    /// Disconnects and ends this handle's task; every other handle of the session is closed too. The session itself
    /// lives on and can be [resumed](crate::Client::resume). What is in the outbox store stays there.
    pub async fn close(&self) {
        let (reply, done) = oneshot::channel();
        if self.handle.tell(Command::Close { reply }).await.is_ok() {
            // If the task is gone it is closed, too.
            let _ = done.await;
        }
    }

    /// What to [resume](crate::Client::resume) the session with after a restart; `None` if its tokens come from a
    /// source of one's own. It changes with every refresh: a [`TokenStore`](crate::TokenStore) always has the latest.
    pub async fn saved(&self) -> Option<SavedSession> {
        match &self.inner.refreshing {
            Some(tokens) => Some(tokens.saved().await),
            None => None,
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.inner.me)
            .field("connection", &self.connection())
            .finish_non_exhaustive()
    }
}
