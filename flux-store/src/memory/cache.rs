//! What was read of users, in memory.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::cache::{CacheKey, CacheStore, CacheValue, LeaseToken, Looked};
use flux_core::{Clock, StoreError};

use super::expiring::Expiring;
use super::locked;

/// How many places are kept; what would end first gives way.
const CAPACITY: usize = 100_000;

/// A cache that several sets of services in one process share: for tests of what happens between processes. One process
/// over its own store needs none.
pub struct MemoryCache {
    clock: Arc<dyn Clock>,
    places: Mutex<Expiring<CacheKey, Place>>,
}

enum Place {
    Leased(LeaseToken),
    Filled(CacheValue),
}

impl MemoryCache {
    /// With nothing in it.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, places: Mutex::new(Expiring::new(CAPACITY)) }
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache").finish_non_exhaustive()
    }
}

#[async_trait]
impl CacheStore for MemoryCache {
    async fn look(
        &self,
        keys: &[CacheKey],
        token: LeaseToken,
        lease: Duration,
    ) -> Result<Vec<Looked>, StoreError> {
        let mut places = locked(&self.places);
        let now = self.clock.monotonic();
        let mut look = |key: &CacheKey| match places.get_mut(key, now) {
            Some(Place::Filled(value)) => Looked::Found(value.clone()),
            Some(Place::Leased(held)) if *held == token => Looked::Leased,
            Some(Place::Leased(_)) => Looked::Taken,
            None => {
                places.put(*key, Place::Leased(token), now.saturating_add(lease));
                Looked::Leased
            }
        };
        Ok(keys.iter().map(&mut look).collect())
    }

    async fn fill(
        &self,
        values: &[CacheValue],
        token: LeaseToken,
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError> {
        let mut places = locked(&self.places);
        let now = self.clock.monotonic();
        let mut fill = |value: &CacheValue| {
            let key = value.key();
            let leased = matches!(places.get_mut(&key, now), Some(Place::Leased(held)) if *held == token);
            if leased {
                places.put(key, Place::Filled(value.clone()), now.saturating_add(ttl));
            }
            leased
        };
        Ok(values.iter().map(&mut fill).collect())
    }

    async fn forget(&self, keys: &[CacheKey]) -> Result<(), StoreError> {
        let mut places = locked(&self.places);
        for key in keys {
            places.remove(key);
        }
        Ok(())
    }
}
