//! Coming in and going out, whatever happens in between.

use std::sync::Arc;

use flux_core::message::MessageError;
use flux_core::routing::Connected;
use flux_core::{SessionId, UserId};
use tokio::sync::oneshot;
use tracing::Instrument;

use crate::chat::server::Inner;

/// A connection that owns its session. However it is dropped, by its end, a panic or an aborted task, the domain
/// forgets the connection.
#[derive(Debug)]
pub(super) struct Lease {
    connected: Connected,
    server: Arc<Inner>,
}

impl Lease {
    /// Claims the session. Claiming goes on even if whoever asked has gone meanwhile: else what is half done would
    /// stay so.
    pub(super) async fn claim(
        server: &Arc<Inner>,
        user: UserId,
        session: SessionId,
    ) -> Result<Self, MessageError> {
        let (sender, receiver) = oneshot::channel();
        let claimer = Arc::clone(server);
        let claim = async move {
            let claimed = claimer.flux().connections.connect(user, session).await;
            let leased = claimed.map(|connected| Self { connected, server: claimer });
            // If nobody waits any more, the lease is dropped here.
            drop(sender.send(leased));
        };
        server.spawn(claim.in_current_span());
        receiver.await.unwrap_or(Err(MessageError::Overloaded))
    }

    pub(super) const fn connected(&self) -> &Connected {
        &self.connected
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let (connected, server) = (self.connected.clone(), Arc::clone(&self.server));
        let spawner = Arc::clone(&self.server);
        spawner
            .spawn(async move { server.flux().connections.disconnect(&connected).await }.in_current_span());
    }
}
