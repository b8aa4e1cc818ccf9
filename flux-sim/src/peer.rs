//! Links between nodes: the real ones, over the simulated network instead of gRPC.

use std::fmt;
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use flux_core::NodeId;
use flux_net::grpc::{LinkAnswers, LinkBroken, LinkRequests, PeerDial};
use flux_proto::v1;
use futures_util::StreamExt;
use futures_util::stream::unfold;
use prost::Message as _;

use crate::cluster::Cluster;
use crate::gate::Gate;
use crate::lane::{End, Next, connect};
use crate::network::Place;
use crate::plant::Plant;

/// Opens the links of one node.
pub(crate) struct SimDial {
    pub(crate) node: NodeId,
    pub(crate) place: Place,
    pub(crate) gate: Arc<Gate>,
    pub(crate) cluster: Weak<Cluster>,
}

impl fmt::Debug for SimDial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimDial").field("node", &self.node).finish_non_exhaustive()
    }
}

#[async_trait]
impl PeerDial for SimDial {
    async fn dial(&self, _: NodeId, url: &str, requests: LinkRequests) -> Result<LinkAnswers, LinkBroken> {
        let cluster = self.cluster.upgrade().ok_or_else(|| LinkBroken::new("it is over"))?;
        let network = Arc::clone(&cluster.network);
        self.gate.open().await;
        let slot = cluster.slot(url).ok_or_else(|| LinkBroken::new("no such host"))?;
        network.reach(self.place, Place::Node(slot)).await;
        if cluster.planted.is(Plant::NoRepair) {
            return Err(LinkBroken::new("planted"));
        }
        let Some(peer) = cluster.node(slot) else { return Err(LinkBroken::new("nobody listens")) };
        peer.gate.open().await;
        let (near, far) = connect(&network, (self.place, &self.gate), (Place::Node(slot), &peer.gate));
        let End { receiver, sender, standing, .. } = far;
        let incoming = unfold(Some(receiver), |receiver| async {
            let mut receiver = receiver?;
            match receiver.next().await {
                Next::Item(request) => Some((Ok(request), Some(receiver))),
                Next::Ended => None,
                Next::Cut => Some((Err(LinkBroken::new("cut")), None)),
            }
        });
        let mut answers = peer.links.link(self.node, incoming.boxed());
        tokio::spawn(async move {
            let _standing = standing;
            while let Some(Ok(answer)) = answers.next().await {
                if sender.send(answer, 16).is_err() {
                    break;
                }
            }
        });
        let End { number, sender, receiver, standing } = near;
        let trace = Arc::clone(&network.trace);
        tokio::spawn(async move {
            let mut requests = requests;
            while let Some(request) = requests.recv().await {
                let bytes = request.encode_to_vec();
                trace.step("link", &[number], &bytes);
                if sender.room().await.is_err() || sender.send(request, bytes.len()).is_err() {
                    break;
                }
            }
        });
        let answers = unfold(Some((receiver, standing)), |state| async {
            let (mut receiver, standing) = state?;
            match receiver.next().await {
                Next::Item(answer) => {
                    Some((Ok::<v1::LinkResponse, LinkBroken>(answer), Some((receiver, standing))))
                }
                Next::Ended => None,
                Next::Cut => Some((Err(LinkBroken::new("cut")), None)),
            }
        });
        Ok(answers.boxed())
    }
}
