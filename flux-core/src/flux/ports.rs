//! What the outside world is to a process.

use std::sync::Arc;

use crate::account::PasswordHasher;
use crate::cache::CacheStore;
use crate::durable::DurableStore;
use crate::entropy::Entropy;
use crate::guard::{LockStore, RateLimiter};
use crate::mail::Mailer;
use crate::message::{MessageSender, SendPolicy};
use crate::notify::NoticeChannel;
use crate::routing::{LoadReports, LostNodes, NodeChooser, NodeRegistry, PeerTransport, SessionDirectory};
use crate::time::Clock;
use crate::verification::Codes;

/// What the outside world is to a [`Flux`](crate::Flux).
#[derive(Clone)]
pub struct Ports {
    /// What must last.
    pub durable: Arc<dyn DurableStore>,
    /// Verification codes.
    pub codes: Codes,
    /// Rate limits.
    pub limiter: Arc<dyn RateLimiter>,
    /// Locks for jobs.
    pub locks: Arc<dyn LockStore>,
    /// Who is connected where.
    pub directory: Arc<dyn SessionDirectory>,
    /// Which nodes live.
    pub registry: Arc<dyn NodeRegistry>,
    /// What is read of users again and again, where that is quicker than the durable store.
    pub cache: Option<Arc<dyn CacheStore>>,
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The way to other nodes.
    pub peers: Arc<dyn PeerTransport>,
    /// By which ways people are told that messages wait while they are away; may be none.
    pub notices: Vec<NoticeChannel>,
    /// Who appends the messages of calls, where this process does not do it itself.
    pub sender: Option<Arc<dyn MessageSender>>,
    /// Who says where clients should connect, where this process does not find out by itself.
    pub chooser: Option<Arc<dyn NodeChooser>>,
    /// Who, besides the registry, hears how loaded this node is.
    pub loads: Option<Arc<dyn LoadReports>>,
    /// Ends what lost nodes have left open, where several processes share a store that does not.
    pub lost_nodes: Option<Arc<dyn LostNodes>>,
    /// Who may write, where the conversation's own row is not to decide alone.
    pub send_policy: Option<Arc<dyn SendPolicy>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}
