//! A connection's way in and out: it claims its session, is found, and is forgotten.

use std::sync::Arc;
use std::time::Duration;

use tracing::warn;

use super::outbox::{Outbox, OutboxLimits};
use super::{CloseReason, LocalConnection, Located, Notice, Router, SessionDirectory};
use crate::id::{SessionId, UserId};
use crate::message::{GroupCommit, MessageError};
use crate::presence::PresenceService;
use crate::session::{Actor, RevocationWatch};
use crate::time::{Clock, REQUEST_DEADLINE, within};

/// How long the directory may take to hear of a connection: 2 s. It is a hint; the durable claim decides.
const DIRECTORY_DEADLINE: Duration = Duration::from_secs(2);

/// Brings connections in and out.
pub struct Connections {
    commit: GroupCommit,
    router: Arc<Router>,
    directory: Arc<dyn SessionDirectory>,
    presence: Arc<PresenceService>,
    revocations: Arc<RevocationWatch>,
    clock: Arc<dyn Clock>,
    limits: OutboxLimits,
}

/// A connection that owns its session, until a newer one does.
#[derive(Debug, Clone)]
pub struct Connected {
    /// Who acts through it, under which generation.
    pub actor: Actor,
    /// What is pushed to it.
    pub outbox: Arc<Outbox>,
}

impl Connections {
    /// Over its parts.
    pub fn new(
        commit: GroupCommit,
        router: Arc<Router>,
        directory: Arc<dyn SessionDirectory>,
        presence: Arc<PresenceService>,
        revocations: Arc<RevocationWatch>,
        clock: Arc<dyn Clock>,
        limits: OutboxLimits,
    ) -> Self {
        Self { commit, router, directory, presence, revocations, clock, limits }
    }

    /// Claims `session` for a new connection: from here on every older one of it is refused, wherever it is. From the
    /// moment this returns, what is pushed to the user waits in the outbox.
    pub async fn connect(&self, user: UserId, session: SessionId) -> Result<Connected, MessageError> {
        let claim = self.commit.claim(user, session);
        let generation = within(&*self.clock, REQUEST_DEADLINE, claim).await??;
        let outbox = Outbox::new(self.limits.clone());
        let connection =
            LocalConnection { user, session, generation, outbox: Arc::clone(&outbox), away: false };
        if !self.router.hub().attach(connection) {
            return Err(crate::error::Fenced::Superseded.into());
        }
        // It may have been revoked between the claim and the hub knowing of it: then nobody has cut it off.
        if self.revocations.is_ended(session) {
            self.router.hub().detach(user, session, generation);
            return Err(crate::error::Fenced::SessionEnded.into());
        }
        let entry = Located { user, session, generation, node: self.router.node(), away: false };
        match within(&*self.clock, DIRECTORY_DEADLINE, self.directory.claim(entry)).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => outbox.close(CloseReason::Superseded),
            Ok(Err(error)) => warn!(error = %error, "directory did not take a claim"),
            Err(late) => warn!(error = %late, "directory did not take a claim"),
        }
        self.router.moved(user);
        self.router.tell_peers(Notice::Supersede { user, session, generation });
        self.presence.arrived(user);
        Ok(Connected { actor: Actor { user, session, generation: Some(generation) }, outbox })
    }

    /// Forgets a connection. Harmless if a newer one of its session has taken over.
    pub async fn disconnect(&self, connected: &Connected) {
        let Actor { user, session, generation } = connected.actor;
        let generation = generation.unwrap_or_default();
        connected.outbox.close(CloseReason::Draining);
        self.presence.forget(&connected.actor);
        let last = self.router.hub().detach(user, session, generation);
        if last {
            // Before the directory forgets: in between, the grace makes the user count as there.
            self.presence.left(user);
        }
        let release = self.directory.release(user, session, generation);
        if !matches!(within(&*self.clock, DIRECTORY_DEADLINE, release).await, Ok(Ok(_))) {
            warn!("directory did not take a release; the entry lapses with the node's lease");
        }
    }

    /// How many connections this node holds.
    pub fn count(&self) -> usize {
        self.router.hub().len()
    }
}
