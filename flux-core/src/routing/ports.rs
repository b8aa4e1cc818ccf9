//! The ports that routing stands on: who is connected where, which nodes live, and the way to them.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use super::Envelope;
use crate::error::StoreError;
use crate::id::{Generation, NodeId, SessionId, UserId};

/// A session that is connected somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located {
    /// Whose.
    pub user: UserId,
    /// Which.
    pub session: SessionId,
    /// Under which claim.
    pub generation: Generation,
    /// On which node.
    pub node: NodeId,
    /// Whether its user is away from it.
    pub away: bool,
}

/// Which connection serves each session right now. The durable session row decides; this is where routing looks.
///
/// # Contract
/// - At most one entry per session; a [`claim`](Self::claim) with a lower generation than the stored one changes
///   nothing.
/// - Entries name a node and lapse with that node's lease in the [`NodeRegistry`] of the same backend: those of a
///   node without a lease are not found, and those of a lease that has run out or was withdrawn never again: a node
///   that announces itself anew claims its sessions anew.
/// - Losing all of it costs routing until nodes announce their sessions again, never a message.
#[async_trait]
pub trait SessionDirectory: Send + Sync + 'static {
    /// Records an entry; `false` if a newer claim stands among the entries that have not lapsed. Claiming again with
    /// the same generation updates it.
    async fn claim(&self, entry: Located) -> Result<bool, StoreError>;

    /// The live entries of each of `users`, in the order asked for; an empty list for who is offline.
    async fn locate(&self, users: &[UserId]) -> Result<Vec<Vec<Located>>, StoreError>;

    /// Forgets `session` of `user` only while the entry has `generation`, so that a slow hang-up cannot erase a newer
    /// claim. Compare and delete are one step. Returns whether an entry was removed.
    async fn release(
        &self,
        user: UserId,
        session: SessionId,
        generation: Generation,
    ) -> Result<bool, StoreError>;
}

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeInfo {
    /// Its id, new at every start.
    pub node: NodeId,
    /// Where clients reach it: a WebSocket URL.
    pub client_url: String,
    /// Where peers reach it; empty if it has none.
    pub peer_url: String,
    /// How many connections it can hold; none while it can let nobody in.
    pub capacity: u32,
    /// How many it holds.
    pub connections: u32,
    /// Whether it is about to stop, and takes no new connections.
    pub draining: bool,
}

/// Which nodes live.
///
/// # Contract
/// - A node is live from its announcement until its lease runs out, by the store's own monotonic clock, or until it
///   withdraws. A lease that ran out is gone: only a new announcement brings the node back.
#[async_trait]
pub trait NodeRegistry: Send + Sync + 'static {
    /// Announces a node, or replaces what it said, and starts its lease anew.
    async fn announce(&self, info: &NodeInfo, lease: Duration) -> Result<(), StoreError>;

    /// Extends a lease to `lease` from now; `false` if it had run out.
    async fn renew(&self, node: NodeId, lease: Duration) -> Result<bool, StoreError>;

    /// Ends a node's lease now.
    async fn withdraw(&self, node: NodeId) -> Result<(), StoreError>;

    /// The live nodes, ascending by id.
    async fn live(&self) -> Result<Vec<NodeInfo>, StoreError>;
}

/// Hears of nodes that are lost, to end what they have left open where all processes share it.
///
/// # Contract
/// - Every process that sees it says so: when one has done it, the others find nothing left to do.
/// - The node may stand still and go on later. What it has committed stays; what it goes on with, it begins anew.
#[async_trait]
pub trait LostNodes: Send + Sync + 'static {
    /// `node` has let its lease run out and not come back: nobody is to wait for what it holds.
    async fn end_leftovers(&self, node: NodeId) -> Result<(), StoreError>;
}

/// A peer did not confirm that it took an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PeerError {
    /// There is no way to it.
    #[error("peer not reachable")]
    Unreachable,
    /// Too much waits for it already.
    #[error("peer too slow")]
    Full,
}

/// The way to other chat nodes.
///
/// # Contract
/// - Envelopes to one node arrive in the order sent, each at most once, or not at all.
/// - `Ok` means that the peer took it. After an error it may have.
#[async_trait]
pub trait PeerTransport: Send + Sync + 'static {
    /// Hands `envelope` to `node`.
    async fn send(&self, node: NodeId, envelope: Envelope) -> Result<(), PeerError>;

    /// Hears which other nodes live, each time that somebody looked.
    fn know(&self, _live: &[NodeInfo]) {}
}

/// The transport of a node without peers: nobody is reachable.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPeers;

#[async_trait]
impl PeerTransport for NoPeers {
    async fn send(&self, _: NodeId, _: Envelope) -> Result<(), PeerError> {
        Err(PeerError::Unreachable)
    }
}
