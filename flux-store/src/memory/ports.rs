//! A whole outside world in memory.

use std::sync::Arc;

use flux_core::account::NoPasswords;
use flux_core::routing::NoPeers;
use flux_core::verification::Codes;
use flux_core::{Clock, Entropy, Ports};

use super::{MemoryCodes, MemoryDirectory, MemoryLimiter, MemoryLocks, MemoryMailer, MemoryStore};

/// Every port in memory, for one process: no peers, no passwords (users are provisioned, sessions opened by the
/// program), mails kept for the program to read. Replace any of the fields by an adapter of your own.
#[must_use]
pub fn ports(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Ports {
    let directory = Arc::new(MemoryDirectory::new(Arc::clone(&clock)));
    Ports {
        durable: Arc::new(MemoryStore::new(Arc::clone(&clock), Arc::clone(&entropy))),
        codes: Codes::Here(Arc::new(MemoryCodes::new(Arc::clone(&clock)))),
        limiter: Arc::new(MemoryLimiter::new(Arc::clone(&clock))),
        locks: Arc::new(MemoryLocks::new(Arc::clone(&clock))),
        directory: directory.clone(),
        registry: directory,
        // The store is as near.
        cache: None,
        mailer: Arc::new(MemoryMailer::new()),
        hasher: Arc::new(NoPasswords),
        peers: Arc::new(NoPeers),
        notices: Vec::new(),
        sender: None,
        chooser: None,
        loads: None,
        lost_nodes: None,
        send_policy: None,
        clock,
        entropy,
    }
}
