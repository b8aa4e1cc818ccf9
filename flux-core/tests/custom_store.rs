//! A store of one's own: locks in a plain map, written as a stranger would write it against the trait's contract, and
//! held to that contract by the exported suite.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::guard::{FencingToken, LockLease, LockStore};
use flux_core::testing::ManualClock;
use flux_core::testing::contract::LockHarness;
use flux_core::{Clock, StoreError};

/// Every name ever locked, with its last token and until when that one holds.
struct MyLocks {
    clock: Arc<dyn Clock>,
    locks: Mutex<BTreeMap<String, (u64, Duration)>>,
}

#[async_trait]
impl LockStore for MyLocks {
    async fn acquire(&self, name: &str, lease: Duration) -> Result<Option<LockLease>, StoreError> {
        let now = self.clock.monotonic();
        let mut locks = self.locks.lock().unwrap();
        let (token, until) = locks.entry(name.to_owned()).or_default();
        if *until > now {
            return Ok(None);
        }
        (*token, *until) = (*token + 1, now + lease);
        Ok(Some(LockLease { name: name.to_owned(), token: FencingToken(*token) }))
    }

    async fn renew(&self, held: &LockLease, lease: Duration) -> Result<bool, StoreError> {
        Ok(self.end(held, self.clock.monotonic() + lease))
    }

    async fn release(&self, held: &LockLease) -> Result<(), StoreError> {
        self.end(held, Duration::ZERO);
        Ok(())
    }
}

impl MyLocks {
    /// Sets when a lease ends, if it is still the live one.
    fn end(&self, held: &LockLease, at: Duration) -> bool {
        let now = self.clock.monotonic();
        let mut locks = self.locks.lock().unwrap();
        match locks.get_mut(&held.name) {
            Some((token, until)) if FencingToken(*token) == held.token && *until > now => {
                *until = at;
                true
            }
            _ => false,
        }
    }
}

async fn fresh() -> LockHarness {
    let clock = ManualClock::default();
    let locks = MyLocks { clock: Arc::new(clock.clone()), locks: Mutex::default() };
    LockHarness::new(Arc::new(locks)).with_time(clock)
}

flux_core::lock_contract!(fresh);
