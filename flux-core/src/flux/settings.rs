//! How a process behaves.

use crate::account::AccountRules;
use crate::cache::CacheSettings;
use crate::friend::FriendRules;
use crate::id::NodeId;
use crate::job::JobSettings;
use crate::message::CommitSettings;
use crate::observe::TraceSettings;
use crate::presence::PresenceSettings;
use crate::routing::{BalancerSettings, LeaseSettings, OutboxLimits, RepairSettings};
use crate::session::{SessionRules, WatchSettings};
use crate::verification::{CodeRules, CodeSecret};

/// What a process is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// It holds connections: it has a lease, tells who is there, repairs what was not pushed, and does durable jobs.
    #[default]
    Node,
    /// It answers calls only: nobody connects to it and nobody finds it, but it knows who was revoked, and which nodes to
    /// tell of what it changed.
    Front,
}

/// How a [`Flux`](crate::Flux) behaves. The defaults are good for one process.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the process is for.
    pub role: Role,
    /// Its id in the cluster, new at every start; without one it is made here.
    pub node: Option<NodeId>,
    /// The key of verification codes: the same on every process that shares their store. Without one a fresh key is
    /// made, and codes end with the process.
    pub code_secret: Option<CodeSecret>,
    /// How codes live.
    pub codes: CodeRules,
    /// How often accounts may be asked for and changed.
    pub accounts: AccountRules,
    /// How sessions live.
    pub sessions: SessionRules,
    /// How friends are made.
    pub friends: FriendRules,
    /// Group commit.
    pub commit: CommitSettings,
    /// The cache of users.
    pub cache: CacheSettings,
    /// Presence.
    pub presence: PresenceSettings,
    /// The read of revocations.
    pub revocations: WatchSettings,
    /// Repair.
    pub repair: RepairSettings,
    /// Durable jobs.
    pub jobs: JobSettings,
    /// The node's lease.
    pub lease: LeaseSettings,
    /// How a node is chosen for a client.
    pub balance: BalancerSettings,
    /// What one connection may have waiting.
    pub outbox: OutboxLimits,
    /// Which traces are recorded.
    pub traces: TraceSettings,
    /// Notices to other nodes that may wait: 65,536.
    pub remote_queue: usize,
    /// Where clients reach this node: a WebSocket URL; may be empty.
    pub client_url: String,
    /// Where peers reach this node; empty if nowhere.
    pub peer_url: String,
    /// How many connections this node is for: 10,000.
    pub capacity: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            role: Role::default(),
            node: None,
            code_secret: None,
            codes: CodeRules::default(),
            accounts: AccountRules::default(),
            sessions: SessionRules::default(),
            friends: FriendRules::default(),
            commit: CommitSettings::default(),
            cache: CacheSettings::default(),
            presence: PresenceSettings::default(),
            revocations: WatchSettings::default(),
            repair: RepairSettings::default(),
            jobs: JobSettings::default(),
            lease: LeaseSettings::default(),
            balance: BalancerSettings::default(),
            outbox: OutboxLimits::default(),
            traces: TraceSettings::default(),
            remote_queue: 65_536,
            client_url: String::new(),
            peer_url: String::new(),
            capacity: 10_000,
        }
    }
}
