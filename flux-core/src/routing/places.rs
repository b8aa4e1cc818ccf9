//! On which nodes users were found lately.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::id::{NodeId, UserId};

/// How long what the directory said is taken for true, if nobody says otherwise: 2 s. A claim is told to all nodes and
/// makes them ask again; only where that was lost does this bound how long pushes go astray, before repair.
const FRESH_FOR: Duration = Duration::from_secs(2);

/// How many users are remembered.
const CAPACITY: usize = 100_000;

/// A cache of the directory, so that a message between two who are talking asks nobody where they are.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    users: BTreeMap<UserId, (Duration, Arc<[NodeId]>)>,
    /// Rises whenever something is forgotten: an answer that was asked for before that may be from before, too.
    forgotten: u64,
}

/// What is known, and when that was looked up.
pub(super) struct Known {
    pub(super) nodes: BTreeMap<UserId, Arc<[NodeId]>>,
    pub(super) unknown: Vec<UserId>,
    forgotten: u64,
}

impl Places {
    /// What is known of `users` at `now`, and of whom nothing is.
    pub(super) fn look(&self, users: &BTreeSet<UserId>, now: Duration) -> Known {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut nodes, mut unknown) = (BTreeMap::new(), Vec::new());
        for user in users {
            match state.users.get(user) {
                Some((at, found)) if now.saturating_sub(*at) < FRESH_FOR => {
                    nodes.insert(*user, Arc::clone(found));
                }
                _ => unknown.push(*user),
            }
        }
        Known { nodes, unknown, forgotten: state.forgotten }
    }

    /// Adds what the directory said of those that were not known, asked at `now`; remembers it, unless somebody moved
    /// meanwhile.
    pub(super) fn learn(&self, known: &mut Known, now: Duration, answers: Vec<Arc<[NodeId]>>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current = state.forgotten == known.forgotten;
        if state.users.len() + answers.len() > CAPACITY {
            state.users.clear();
        }
        for (user, nodes) in known.unknown.drain(..).zip(answers) {
            if current {
                state.users.insert(user, (now, Arc::clone(&nodes)));
            }
            known.nodes.insert(user, nodes);
        }
    }

    /// Forgets one user: they are somewhere else now.
    pub(super) fn forget(&self, user: UserId) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.users.remove(&user);
        state.forgotten += 1;
    }

    /// Forgets everybody: nodes came or went.
    pub(super) fn forget_all(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.users.clear();
        state.forgotten += 1;
    }
}
