//! Messages of calls that are no connection's: appended by a chat node, whichever.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use flux_core::message::{Destination, MessageError, MessageSender, MessageText, Sent};
use flux_core::routing::NodeInfo;
use flux_core::session::Actor;
use flux_core::{MessageId, NodeId, StoreError};
use flux_proto::v1;
use flux_proto::v1::chat_peer_service_client::ChatPeerServiceClient;
use tracing::warn;

use super::Inner;
use crate::grpc::auth::ServiceAuth;
use crate::grpc::channel::{ChannelSettings, Instance, Repeat, call_one_of};
use crate::grpc::failure::Failure;
use crate::grpc::wire;

/// How many nodes are asked for one message, one after the other.
const ATTEMPTS: usize = 3;

/// The nodes that take messages.
#[derive(Debug)]
pub(super) struct Nodes {
    auth: ServiceAuth,
    settings: ChannelSettings,
    live: Mutex<BTreeMap<NodeId, Node>>,
    /// Whose turn it is.
    turn: AtomicUsize,
}

#[derive(Debug)]
struct Node {
    url: String,
    draining: bool,
    instance: Arc<Instance>,
}

impl Nodes {
    pub(super) fn new(auth: ServiceAuth, settings: ChannelSettings) -> Self {
        Self { auth, settings, live: Mutex::default(), turn: AtomicUsize::new(0) }
    }

    /// Which nodes live, and where.
    pub(super) fn know(&self, live: &[NodeInfo]) {
        let mut nodes = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut *nodes);
        for info in live.iter().filter(|info| !info.peer_url.is_empty()) {
            let known = before.remove(&info.node).filter(|node| node.url == info.peer_url);
            let instance = match known {
                Some(node) => node.instance,
                None => match Instance::new(&info.peer_url, &self.auth, &self.settings) {
                    Ok(instance) => Arc::new(instance),
                    Err(error) => {
                        warn!(peer.id = %info.node, %error, "a node cannot be reached");
                        continue;
                    }
                },
            };
            nodes.insert(info.node, Node { url: info.peer_url.clone(), draining: info.draining, instance });
        }
    }

    /// Whom to ask, in this order: everybody has their turn, those that are about to stop come last.
    fn order(&self) -> Vec<(NodeId, Arc<Instance>)> {
        let nodes = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        let (staying, leaving): (Vec<_>, Vec<_>) = nodes.iter().partition(|(_, node)| !node.draining);
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let first = turn.checked_rem(staying.len()).unwrap_or_default();
        let staying = staying[first..].iter().chain(&staying[..first]);
        let order = staying.chain(&leaving).take(ATTEMPTS);
        order.map(|(node, known)| (**node, Arc::clone(&known.instance))).collect()
    }
}

/// Appends messages through a chat node, and through another one if the first does not answer: with the same message id
/// that is safe.
#[derive(Debug, Clone)]
pub struct SubmitClient(Arc<Inner>);

impl SubmitClient {
    pub(super) const fn new(peers: Arc<Inner>) -> Self {
        Self(peers)
    }
}

#[async_trait]
impl MessageSender for SubmitClient {
    async fn send(
        &self,
        actor: Actor,
        to: Destination,
        message: MessageId,
        text: MessageText,
    ) -> Result<Sent, MessageError> {
        let nodes = &self.0.nodes;
        let order = nodes.order();
        if order.is_empty() {
            return Err(StoreError::unavailable("no chat node is known").into());
        }
        let order: Vec<_> = order.iter().map(|(node, instance)| (*node, &**instance)).collect();
        let question = v1::SubmitRequest {
            actor: Some(wire::actor(&actor)),
            send: Some(wire::send(to, message, &text)),
        };
        let ask = |channel, request| async move { ChatPeerServiceClient::new(channel).submit(request).await };
        let (_, answer) = call_one_of(&order, &nodes.settings, Repeat::Safe, question, ask).await?;
        let sent = wire::needed(answer.sent, "sent").and_then(|sent| wire::read_sent(&sent));
        sent.map_err(|error| Failure::from(error).into())
    }
}
