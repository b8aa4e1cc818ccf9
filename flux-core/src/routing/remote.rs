//! The worker that talks to other nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::meters::{LaneMeters, RemoteMeters};
use super::places::Places;
use super::{Envelope, Located, Notice, PeerTransport, RouterParts};
use crate::id::{NodeId, UserId};
use crate::time::{Clock, within};

/// How long one envelope or look-up may take: 2 s.
const STEP_DEADLINE: Duration = Duration::from_secs(2);

/// How many notices one envelope takes at most.
const ENVELOPE: usize = 256;

/// How many notices may wait for one node. What finds no room is made good by repair.
const LANE: usize = 8_192;

/// Finds out which nodes a notice concerns, and hands it to the lane of each.
pub(super) struct Remote {
    parts: RouterParts,
    peers: Arc<Mutex<BTreeSet<NodeId>>>,
    places: Arc<Places>,
    lanes: BTreeMap<NodeId, mpsc::Sender<Notice>>,
    meters: RemoteMeters,
}

impl Remote {
    pub(super) fn new(parts: RouterParts, peers: Arc<Mutex<BTreeSet<NodeId>>>, places: Arc<Places>) -> Self {
        Self { parts, peers, places, lanes: BTreeMap::new(), meters: RemoteMeters::new() }
    }

    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Notice>) {
        let mut notices = Vec::with_capacity(ENVELOPE);
        while queue.recv_many(&mut notices, ENVELOPE).await > 0 {
            self.round(std::mem::take(&mut notices)).await;
        }
    }

    /// Gives a round of notices to the lanes of the nodes that they concern, each in the order of the queue.
    async fn round(&mut self, notices: Vec<Notice>) {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // What waits for a node that is gone waits for nothing.
        self.lanes.retain(|node, _| peers.contains(node));
        let users: BTreeSet<UserId> = notices.iter().flat_map(concerned).copied().collect();
        let places = self.locate(&users, &peers).await;
        let mut nodes = Vec::with_capacity(peers.len());
        for notice in notices {
            nodes.clear();
            if let Notice::Deliver(delivery) = &notice {
                let found = delivery.users.iter().filter_map(|user| places.get(user));
                nodes.extend(found.flat_map(|nodes| nodes.iter().copied()));
                nodes.sort_unstable();
                nodes.dedup();
            } else {
                nodes.extend(&peers);
            }
            for &node in &nodes {
                if node != self.parts.node && self.lane(node).try_send(notice.clone()).is_err() {
                    self.meters.lane_full();
                    debug!(peer.id = %node, "too much waits for this node; repair will tell");
                }
            }
        }
    }

    /// On which nodes each user is. Where the directory cannot be asked, that is every node.
    async fn locate(
        &self,
        users: &BTreeSet<UserId>,
        peers: &BTreeSet<NodeId>,
    ) -> BTreeMap<UserId, Arc<[NodeId]>> {
        let now = self.parts.clock.monotonic();
        let mut known = self.places.look(users, now);
        self.meters.looked(users.len(), known.unknown.len());
        if known.unknown.is_empty() {
            return known.nodes;
        }
        let locate = self.parts.directory.locate(&known.unknown);
        let answer = within(&*self.parts.clock, STEP_DEADLINE, locate).await;
        let took = self.parts.clock.monotonic().saturating_sub(now);
        self.meters.asked(matches!(answer, Ok(Ok(_))), took);
        if let Ok(Ok(located)) = answer {
            let nodes = |entries: Vec<Located>| {
                let nodes: BTreeSet<NodeId> = entries.iter().map(|entry| entry.node).collect();
                nodes.into_iter().collect()
            };
            self.places.learn(&mut known, now, located.into_iter().map(nodes).collect());
        } else {
            warn!("directory not available; telling every known node");
            let everywhere: Arc<[NodeId]> = peers.iter().copied().collect();
            let unknown = known.unknown.drain(..);
            known.nodes.extend(unknown.map(|user| (user, Arc::clone(&everywhere))));
        }
        known.nodes
    }

    fn lane(&mut self, node: NodeId) -> &mpsc::Sender<Notice> {
        self.lanes.entry(node).or_insert_with(|| {
            let (lane, queue) = mpsc::channel(LANE);
            tokio::spawn(carry(node, queue, Arc::clone(&self.parts.peers), Arc::clone(&self.parts.clock)));
            lane
        })
    }
}

/// Carries what waits for one node there, one envelope after the other: while one is under way the next one fills. A
/// node that is slow delays no other.
async fn carry(
    node: NodeId,
    mut queue: mpsc::Receiver<Notice>,
    peers: Arc<dyn PeerTransport>,
    clock: Arc<dyn Clock>,
) {
    let meters = LaneMeters::new();
    let mut notices = Vec::with_capacity(ENVELOPE);
    while queue.recv_many(&mut notices, ENVELOPE).await > 0 {
        let envelope = Envelope { notices: std::mem::take(&mut notices) };
        let (count, began) = (envelope.notices.len(), clock.monotonic());
        let sent = within(&*clock, STEP_DEADLINE, peers.send(node, envelope)).await;
        meters.sent(count, &sent, clock.monotonic().saturating_sub(began));
        match sent {
            Ok(Ok(())) => {}
            Ok(Err(error)) => debug!(peer.id = %node, error = %error, "envelope not taken; repair will tell"),
            Err(late) => debug!(peer.id = %node, error = %late, "envelope not confirmed; repair will tell"),
        }
    }
}

/// Whom to look up for a notice.
fn concerned(notice: &Notice) -> &[UserId] {
    match notice {
        Notice::Deliver(delivery) => &delivery.users,
        _ => &[],
    }
}
