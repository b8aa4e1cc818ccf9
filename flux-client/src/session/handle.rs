//! The way from the application to the actor.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use flux_proto::v1::{client_frame, reply};
use tokio::sync::{mpsc, oneshot, watch};

use crate::actor::{Answer, Command, Effect};
use crate::error::ClientError;
use crate::event::ConnectionState;
use crate::id::MessageId;
use crate::runtime::{Runtime, within};
use crate::ticket::Cancelled;

/// A handle of the actor. The actor lives as long as there is one.
#[derive(Clone)]
pub(crate) struct Handle {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
}

/// What the actor tells all its handles.
pub(crate) struct Shared {
    runtime: Arc<dyn Runtime>,
    request_timeout: Duration,
    over: OnceLock<ClientError>,
    connection: watch::Receiver<ConnectionState>,
    queued: watch::Receiver<usize>,
}

impl Shared {
    pub(crate) fn new(
        runtime: Arc<dyn Runtime>,
        request_timeout: Duration,
        connection: watch::Receiver<ConnectionState>,
        queued: watch::Receiver<usize>,
    ) -> Self {
        Self { runtime, request_timeout, over: OnceLock::new(), connection, queued }
    }

    /// The session is over, because of this.
    pub(crate) fn set_over(&self, error: ClientError) {
        // The first reason is the reason.
        let _ = self.over.set(error);
    }
}

impl Handle {
    pub(super) fn new(commands: mpsc::Sender<Command>, shared: Arc<Shared>) -> Self {
        Self { commands, shared }
    }

    /// Why nobody answers any more.
    pub(crate) fn why_over(&self) -> ClientError {
        self.shared.over.get().cloned().unwrap_or(ClientError::Closed)
    }

    pub(super) async fn tell(&self, command: Command) -> Result<(), ClientError> {
        self.commands.send(command).await.map_err(|_| self.why_over())
    }

    /// Asks for something that the actor does by itself.
    pub(super) async fn ask<T>(&self, command: impl FnOnce(Answer<T>) -> Command) -> Result<T, ClientError> {
        let (reply, answer) = oneshot::channel();
        self.tell(command(reply)).await?;
        answer.await.unwrap_or_else(|_| Err(self.why_over()))
    }

    /// Asks for something that the server has to do, within the time for one request.
    pub(super) async fn ask_in_time<T>(
        &self,
        command: impl FnOnce(Answer<T>) -> Command,
    ) -> Result<T, ClientError> {
        match within(&*self.shared.runtime, self.shared.request_timeout, self.ask(command)).await {
            Ok(answer) => answer,
            Err(_) if !self.connection().is_online() => Err(ClientError::Offline),
            Err(timeout) => Err(timeout),
        }
    }

    /// One request, one reply.
    pub(super) async fn call(
        &self,
        request: client_frame::Request,
        effect: Effect,
    ) -> Result<reply::Result, ClientError> {
        self.ask_in_time(|reply| Command::Call { request, effect, reply }).await
    }

    pub(crate) async fn cancel(&self, message: MessageId) -> Result<Cancelled, ClientError> {
        self.ask(|reply| Command::Cancel { message, reply }).await
    }

    pub(super) fn connection(&self) -> ConnectionState {
        self.shared.connection.borrow().clone()
    }

    pub(super) async fn online(&self) -> Result<(), ClientError> {
        let mut connection = self.shared.connection.clone();
        let settled = |state: &ConnectionState| {
            matches!(state, ConnectionState::Online | ConnectionState::Offline { retry_in: None, .. })
        };
        let state = connection.wait_for(settled).await.map(|state| state.clone());
        match state {
            Ok(ConnectionState::Offline { reason, .. }) => Err(reason.into()),
            Ok(_) => Ok(()),
            Err(_) => Err(self.why_over()),
        }
    }

    /// Waits until nothing is left to send.
    pub(super) async fn flushed(&self) -> Result<(), ClientError> {
        let mut queued = self.shared.queued.clone();
        match queued.wait_for(|queued| *queued == 0).await {
            Ok(_) => Ok(()),
            Err(_) => Err(self.why_over()),
        }
    }
}

/// Reads the one kind of reply that a request has.
macro_rules! expect_reply {
    ($outcome:expr, $kind:ident) => {
        match $outcome? {
            flux_proto::v1::reply::Result::$kind(reply) => Ok(reply),
            _ => Err($crate::error::ClientError::Protocol("a reply of another kind")),
        }
    };
}
pub(super) use expect_reply;
