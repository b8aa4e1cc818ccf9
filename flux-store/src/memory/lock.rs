//! Locks in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::guard::{FencingToken, LockLease, LockStore};
use flux_core::{Clock, StoreError};

use super::locked;

/// Locks of one process. Their tokens start from the wall clock, so that they go on growing in the next process.
pub struct MemoryLocks {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    last: u64,
    held: BTreeMap<String, Held>,
}

struct Held {
    token: FencingToken,
    until: Duration,
}

impl State {
    /// The live lease of `name`, if it is the one that `lease` stands for.
    fn live(&mut self, lease: &LockLease, now: Duration) -> Option<&mut Held> {
        self.held.get_mut(&lease.name).filter(|held| held.token == lease.token && now < held.until)
    }
}

impl MemoryLocks {
    /// With nothing locked.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        // A million locks a millisecond before the next process could repeat one.
        let last = u64::try_from(clock.now().as_millis()).unwrap_or(0) << 20;
        Self { clock, state: Mutex::new(State { last, held: BTreeMap::new() }) }
    }
}

impl fmt::Debug for MemoryLocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryLocks").finish_non_exhaustive()
    }
}

#[async_trait]
impl LockStore for MemoryLocks {
    async fn acquire(&self, name: &str, lease: Duration) -> Result<Option<LockLease>, StoreError> {
        let mut state = locked(&self.state);
        let now = self.clock.monotonic();
        // Leases that nobody released.
        state.held.retain(|_, held| now < held.until);
        if state.held.contains_key(name) {
            return Ok(None);
        }
        state.last += 1;
        let token = FencingToken(state.last);
        state.held.insert(name.to_owned(), Held { token, until: now.saturating_add(lease) });
        Ok(Some(LockLease { name: name.to_owned(), token }))
    }

    async fn renew(&self, held: &LockLease, lease: Duration) -> Result<bool, StoreError> {
        let mut state = locked(&self.state);
        let now = self.clock.monotonic();
        let live = state.live(held, now);
        Ok(live.map(|live| live.until = now.saturating_add(lease)).is_some())
    }

    async fn release(&self, held: &LockLease) -> Result<(), StoreError> {
        let mut state = locked(&self.state);
        if state.live(held, self.clock.monotonic()).is_some() {
            state.held.remove(&held.name);
        }
        Ok(())
    }
}
