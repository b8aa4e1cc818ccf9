//! The network: who reaches whom, and how long it takes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;
use std::time::Duration;

use crate::chance::Chance;
use crate::trace::Trace;

/// Who is at an end of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Place {
    /// What answers calls: logs in, says which node to use.
    Gate,
    /// The durable store.
    Store,
    /// The directory and the registry.
    Directory,
    /// A chat node, by its number. One that was started again is in the same place.
    Node(usize),
    /// A device, by its number.
    Device(usize),
}

impl Place {
    pub(crate) const fn number(self) -> u64 {
        match self {
            Self::Gate => 0,
            Self::Store => 1,
            Self::Directory => 2,
            Self::Node(n) => 100 + n as u64,
            Self::Device(n) => 1_000 + n as u64,
        }
    }
}

/// A connection that can be cut from outside.
pub(crate) trait Cuttable: Send + Sync {
    fn ends(&self) -> (Place, Place);
    /// Both ends learn, a little later, that it is gone.
    fn cut(&self);
    /// Neither end learns anything, and nothing comes through any more.
    fn vanish(&self);
    fn has_vanished(&self) -> bool;
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    pub(crate) least: Duration,
    pub(crate) most: Duration,
}

#[derive(Default)]
struct State {
    blocked: BTreeSet<(Place, Place)>,
    waiting: Vec<Waker>,
    slow: Option<Weather>,
    connections: Vec<Weak<dyn Cuttable>>,
    numbered: u64,
}

pub(crate) struct Network {
    chance: Chance,
    usual: Weather,
    state: Mutex<State>,
    pub(crate) trace: Arc<Trace>,
}

impl Network {
    pub(crate) fn new(chance: Chance, usual: Weather, trace: Arc<Trace>) -> Self {
        Self { chance, usual, state: Mutex::default(), trace }
    }

    /// How long the next thing takes from one place to another.
    pub(crate) fn delay(&self) -> Duration {
        let Weather { least, most } = self.state().slow.unwrap_or(self.usual);
        self.chance.span(least, most)
    }

    pub(crate) fn set_slow(&self, slow: Option<Weather>) {
        self.state().slow = slow;
    }

    /// From now on nothing gets from `from` to `to`: it waits, as in the buffers of a system that goes on trying.
    pub(crate) fn block(&self, from: Place, to: Place) {
        self.state().blocked.insert((from, to));
    }

    pub(crate) fn unblock(&self, from: Place, to: Place) {
        let mut state = self.state();
        state.blocked.remove(&(from, to));
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn unblock_all(&self) {
        let mut state = self.state();
        state.blocked.clear();
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Whether nothing gets through; then `waker` is woken when that may have changed.
    pub(crate) fn is_blocked(&self, from: Place, to: Place, waker: &Waker) -> bool {
        let mut state = self.state();
        let blocked = state.blocked.contains(&(from, to));
        if blocked {
            state.waiting.push(waker.clone());
        }
        blocked
    }

    /// Waits until a question gets there and an answer would get back.
    pub(crate) async fn reach(&self, from: Place, to: Place) {
        tokio::time::sleep(self.delay()).await;
        std::future::poll_fn(|cx| {
            if self.is_blocked(from, to, cx.waker()) || self.is_blocked(to, from, cx.waker()) {
                std::task::Poll::Pending
            } else {
                std::task::Poll::Ready(())
            }
        })
        .await;
    }

    pub(crate) fn next_number(&self) -> u64 {
        let mut state = self.state();
        state.numbered += 1;
        state.numbered
    }

    pub(crate) fn add(&self, connection: Weak<dyn Cuttable>) {
        let mut state = self.state();
        state.connections.retain(|known| known.strong_count() > 0);
        state.connections.push(connection);
    }

    /// The connections that stand, in the order in which they were made.
    pub(crate) fn connections(&self) -> Vec<Arc<dyn Cuttable>> {
        self.state().connections.iter().filter_map(Weak::upgrade).collect()
    }

    /// Ends of `place` learn that their connections are gone, or, if `silent`, nobody does.
    pub(crate) fn lose(&self, place: Place, silent: bool) {
        for connection in self.connections() {
            let (one, other) = connection.ends();
            if one == place || other == place {
                if silent { connection.vanish() } else { connection.cut() }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
