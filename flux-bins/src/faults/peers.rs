//! The way to other processes, with its instants, and without word of newer connections.

use std::sync::Arc;

use async_trait::async_trait;
use flux_core::NodeId;
use flux_core::routing::{Envelope, Event, NodeInfo, Notice, PeerError, PeerTransport};

use super::{Plan, Planted, Point};

/// Passes envelopes on, less what it is told to keep back.
pub(super) struct FaultyPeers {
    inner: Arc<dyn PeerTransport>,
    plan: Arc<Plan>,
}

impl FaultyPeers {
    pub(super) fn new(inner: Arc<dyn PeerTransport>, plan: Arc<Plan>) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl PeerTransport for FaultyPeers {
    async fn send(&self, node: NodeId, mut envelope: Envelope) -> Result<(), PeerError> {
        if self.plan.has(Planted::TwoOwners) {
            envelope.notices.retain(|notice| !matches!(notice, Notice::Supersede { .. }));
        }
        let message = |notice: &Notice| match notice {
            Notice::Deliver(delivery) => matches!(delivery.event, Event::Message(_)),
            _ => false,
        };
        let messages = envelope.notices.iter().any(message);
        if messages {
            self.plan.pass(Point::BeforePeerPush);
        }
        let sent = self.inner.send(node, envelope).await;
        if messages {
            self.plan.pass(Point::AfterPeerPush);
        }
        sent
    }

    fn know(&self, live: &[NodeInfo]) {
        self.inner.know(live);
    }
}
