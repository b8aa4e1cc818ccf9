//! What was taken from each node: every envelope once, in order, from one link at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flux_core::NodeId;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

/// How many nodes are remembered. Those that say hello again are the last to be forgotten.
const NODES: usize = 4_096;

/// The nodes that have links to this one, or had.
#[derive(Debug, Default)]
pub(super) struct Senders(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    nodes: BTreeMap<NodeId, (u64, Arc<Mutex<Taken>>)>,
    /// Counts hellos.
    hellos: u64,
}

#[derive(Debug)]
struct Taken {
    seq: u64,
    /// Ends with the link that may add to it.
    link: CancellationToken,
}

/// Why a batch is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum NotTaken {
    /// A newer link of the same node stands.
    #[error("replaced by a newer link")]
    Replaced,
    /// Something is missing before it.
    #[error("a batch is missing")]
    Gap,
}

/// The right to add to what was taken from one node, until a newer link has it.
#[derive(Debug)]
pub(super) struct Claim {
    taken: Arc<Mutex<Taken>>,
    link: CancellationToken,
}

impl Senders {
    /// A node says hello: from here on its older link takes nothing. Returns how much was taken from it; `None` if that
    /// is not known.
    pub(super) fn hello(&self, node: NodeId) -> (Claim, Option<u64>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.hellos += 1;
        let hello = state.hellos;
        let link = CancellationToken::new();
        if let Some((at, taken)) = state.nodes.get_mut(&node) {
            *at = hello;
            let claim = Claim { taken: Arc::clone(taken), link: link.clone() };
            let mut taken = locked(taken);
            std::mem::replace(&mut taken.link, link).cancel();
            let seq = taken.seq;
            drop(taken);
            return (claim, Some(seq));
        }
        if state.nodes.len() >= NODES
            && let Some(oldest) = state.nodes.iter().min_by_key(|(_, (at, _))| *at).map(|(node, _)| *node)
            && let Some((_, taken)) = state.nodes.remove(&oldest)
        {
            locked(&taken).link.cancel();
        }
        let taken = Arc::new(Mutex::new(Taken { seq: 0, link: link.clone() }));
        state.nodes.insert(node, (hello, Arc::clone(&taken)));
        (Claim { taken, link }, None)
    }
}

impl Claim {
    /// Takes those of `envelopes`, numbered from `first`, that were not taken before. Returns up to where all are.
    pub(super) fn take<T>(
        &self,
        first: u64,
        envelopes: impl IntoIterator<Item = T>,
        mut each: impl FnMut(T),
    ) -> Result<u64, NotTaken> {
        let mut taken = locked(&self.taken);
        if self.link.is_cancelled() {
            return Err(NotTaken::Replaced);
        }
        if first == 0 || first > taken.seq + 1 {
            return Err(NotTaken::Gap);
        }
        for (seq, envelope) in (first..).zip(envelopes) {
            if seq > taken.seq {
                // First, so that whatever happens it is not taken twice.
                taken.seq = seq;
                each(envelope);
            }
        }
        Ok(taken.seq)
    }

    /// Returns when a newer link has taken over.
    pub(super) async fn replaced(&self) {
        self.link.cancelled().await;
    }
}

fn locked(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(n: u128) -> NodeId {
        NodeId::try_from(uuid::Uuid::from_u128(n)).unwrap()
    }

    fn take(claim: &Claim, first: u64, count: u64) -> (Result<u64, NotTaken>, Vec<u64>) {
        let mut seen = Vec::new();
        let taken = claim.take(first, first..first + count, |n| seen.push(n));
        (taken, seen)
    }

    #[test]
    fn each_is_taken_once_and_in_order() {
        let senders = Senders::default();
        let (claim, known) = senders.hello(node(1));
        assert_eq!(known, None);
        assert_eq!(take(&claim, 1, 3), (Ok(3), vec![1, 2, 3]));
        assert_eq!(take(&claim, 2, 3), (Ok(4), vec![4]), "those before were taken");
        assert_eq!(take(&claim, 6, 1), (Err(NotTaken::Gap), vec![]));
        assert_eq!(take(&claim, 0, 1), (Err(NotTaken::Gap), vec![]));
        assert_eq!(take(&claim, 5, 1), (Ok(5), vec![5]));
    }

    #[test]
    fn a_newer_link_goes_on_and_the_older_one_takes_nothing() {
        let senders = Senders::default();
        let (older, _) = senders.hello(node(1));
        assert_eq!(take(&older, 1, 2).0, Ok(2));
        let (newer, known) = senders.hello(node(1));
        assert_eq!(known, Some(2));
        assert_eq!(take(&older, 3, 1), (Err(NotTaken::Replaced), vec![]));
        assert_eq!(take(&newer, 3, 1), (Ok(3), vec![3]));
        let (_, other) = senders.hello(node(2));
        assert_eq!(other, None, "each node by itself");
    }

    #[test]
    fn a_node_that_was_forgotten_is_unknown_and_its_link_takes_nothing() {
        let senders = Senders::default();
        let (first, _) = senders.hello(node(1));
        assert_eq!(take(&first, 1, 1).0, Ok(1));
        let all: Vec<_> = (2..=NODES as u128 + 1).map(|n| senders.hello(node(n))).collect();
        assert_eq!(take(&first, 2, 1), (Err(NotTaken::Replaced), vec![]));
        assert_eq!(senders.hello(node(1)).1, None);
        assert_eq!(take(&all[NODES - 1].0, 1, 1).0, Ok(1));
    }
}
