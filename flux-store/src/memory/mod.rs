//! Every port in memory: nothing survives the process, nothing needs a server, every run is the same.
//!
//! [`MemoryStore`] is the durable store that says of itself that it is not durable. The volatile ports stand alone,
//! each over a clock: [`MemoryCodes`], [`MemoryLimiter`], [`MemoryLocks`], [`MemoryDirectory`] for who is connected where
//! and which nodes live, and [`MemoryCache`] for several processes' worth of services in one. [`MemoryMailer`] keeps
//! mails for a test to read.

mod account;
mod cache;
mod changes;
mod code;
mod directory;
mod expiring;
mod feed;
mod friend;
mod job;
mod limiter;
mod lock;
mod mail;
mod message;
mod notify;
mod ports;
mod session;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flux_core::{Clock, DurableStore, Entropy, Epoch, Timestamp};

pub use cache::MemoryCache;
pub use code::MemoryCodes;
pub use directory::MemoryDirectory;
pub use limiter::MemoryLimiter;
pub use lock::MemoryLocks;
pub use mail::MemoryMailer;
pub use ports::ports;

use state::State;

/// The durable ports over maps behind one lock: each method is one critical section, and so one transaction.
///
/// Every construction begins a new epoch, for what an older store of the process held is gone.
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    epoch: Epoch,
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store that takes its times from `clock` and the ids of its jobs and epoch from `entropy`.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let epoch = Epoch::generate(clock.now(), &*entropy);
        Self { clock, entropy, epoch, state: Mutex::default() }
    }

    /// Begins a transaction: the state and the time of this transaction, which is read under the lock so that times
    /// are in the order of commits. Methods check everything before they write, so a panic leaves nothing half done.
    fn begin(&self) -> (MutexGuard<'_, State>, Timestamp) {
        let state = locked(&self.state);
        let now = self.clock.now();
        (state, now)
    }

    /// The state, to read.
    fn read(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl DurableStore for MemoryStore {
    fn durable(&self) -> bool {
        false
    }
}

/// Locks, whoever panicked before.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
