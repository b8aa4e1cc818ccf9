//! Who is connected where, and which nodes live, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::routing::{Located, NodeInfo, NodeRegistry, SessionDirectory};
use flux_core::{Clock, Generation, NodeId, SessionId, StoreError, UserId};

use super::locked;

/// The session directory and the node registry of one process, in one, for a node's lease rules its entries.
pub struct MemoryDirectory {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    nodes: BTreeMap<NodeId, Node>,
    entries: BTreeMap<UserId, BTreeMap<SessionId, Located>>,
}

struct Node {
    info: NodeInfo,
    until: Duration,
    /// The entries that name it.
    sessions: BTreeSet<(UserId, SessionId)>,
}

impl State {
    /// Drops the nodes whose lease has run out by `now`, and with each its entries.
    fn lapse(&mut self, now: Duration) {
        let over: Vec<_> =
            self.nodes.iter().filter(|(_, node)| node.until <= now).map(|(id, _)| *id).collect();
        for node in over {
            self.remove_node(node);
        }
    }

    fn remove_node(&mut self, node: NodeId) {
        for (user, session) in self.nodes.remove(&node).map(|node| node.sessions).unwrap_or_default() {
            self.remove_entry(user, session);
        }
    }

    fn entry(&self, user: UserId, session: SessionId) -> Option<&Located> {
        self.entries.get(&user)?.get(&session)
    }

    fn remove_entry(&mut self, user: UserId, session: SessionId) {
        let Some(sessions) = self.entries.get_mut(&user) else { return };
        let removed = sessions.remove(&session);
        if sessions.is_empty() {
            self.entries.remove(&user);
        }
        if let Some(node) = removed.and_then(|entry| self.nodes.get_mut(&entry.node)) {
            node.sessions.remove(&(user, session));
        }
    }
}

impl MemoryDirectory {
    /// Without nodes and sessions.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// Runs `act` on what has not lapsed.
    fn with<T>(&self, act: impl FnOnce(&mut State, Duration) -> T) -> T {
        let mut state = locked(&self.state);
        let now = self.clock.monotonic();
        state.lapse(now);
        act(&mut state, now)
    }
}

impl fmt::Debug for MemoryDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryDirectory").finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionDirectory for MemoryDirectory {
    async fn claim(&self, entry: Located) -> Result<bool, StoreError> {
        Ok(self.with(|state, _| {
            let Located { user, session, generation, node, .. } = entry;
            if state.entry(user, session).is_some_and(|stored| stored.generation > generation) {
                return false;
            }
            state.remove_entry(user, session);
            // Nobody would find the entry of a node without a lease, and nobody would drop it.
            if let Some(node) = state.nodes.get_mut(&node) {
                node.sessions.insert((user, session));
                state.entries.entry(user).or_default().insert(session, entry);
            }
            true
        }))
    }

    async fn locate(&self, users: &[UserId]) -> Result<Vec<Vec<Located>>, StoreError> {
        Ok(self.with(|state, _| {
            let entries = |user| state.entries.get(user).into_iter().flat_map(BTreeMap::values);
            users.iter().map(|user| entries(user).copied().collect()).collect()
        }))
    }

    async fn release(
        &self,
        user: UserId,
        session: SessionId,
        generation: Generation,
    ) -> Result<bool, StoreError> {
        Ok(self.with(|state, _| {
            let current = state.entry(user, session).is_some_and(|stored| stored.generation == generation);
            if current {
                state.remove_entry(user, session);
            }
            current
        }))
    }
}

#[async_trait]
impl NodeRegistry for MemoryDirectory {
    async fn announce(&self, info: &NodeInfo, lease: Duration) -> Result<(), StoreError> {
        self.with(|state, now| {
            let until = now.saturating_add(lease);
            let sessions = state.nodes.remove(&info.node).map(|node| node.sessions).unwrap_or_default();
            state.nodes.insert(info.node, Node { info: info.clone(), until, sessions });
        });
        Ok(())
    }

    async fn renew(&self, node: NodeId, lease: Duration) -> Result<bool, StoreError> {
        Ok(self.with(|state, now| {
            state.nodes.get_mut(&node).map(|node| node.until = now.saturating_add(lease)).is_some()
        }))
    }

    async fn withdraw(&self, node: NodeId) -> Result<(), StoreError> {
        self.with(|state, _| state.remove_node(node));
        Ok(())
    }

    async fn live(&self) -> Result<Vec<NodeInfo>, StoreError> {
        Ok(self.with(|state, _| state.nodes.values().map(|node| node.info.clone()).collect()))
    }
}
