//! Memory passes the contract of every port.

#![cfg(feature = "memory")]

use std::sync::Arc;

use flux_core::testing::contract::{
    CacheHarness, CodeHarness, DurableHarness, LimiterHarness, LockHarness, RoutingHarness,
};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Clock, DurableStore, Timestamp};
use flux_store::memory::{
    MemoryCache, MemoryCodes, MemoryDirectory, MemoryLimiter, MemoryLocks, MemoryStore,
};

/// 2026-01-01T00:00:00Z.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn clock() -> (ManualClock, Arc<dyn Clock>) {
    let clock = ManualClock::new(START);
    (clock.clone(), Arc::new(clock))
}

async fn durable() -> DurableHarness {
    let (time, clock) = clock();
    let store = MemoryStore::new(clock, Arc::new(SeededEntropy::new(1)));
    DurableHarness::new(Arc::new(store)).with_time(time)
}

async fn codes() -> CodeHarness {
    let (time, clock) = clock();
    CodeHarness::new(Arc::new(MemoryCodes::new(clock))).with_time(time)
}

async fn limiter() -> LimiterHarness {
    let (time, clock) = clock();
    LimiterHarness::new(Arc::new(MemoryLimiter::new(clock))).with_time(time)
}

async fn locks() -> LockHarness {
    let (time, clock) = clock();
    LockHarness::new(Arc::new(MemoryLocks::new(clock))).with_time(time)
}

async fn routing() -> RoutingHarness {
    let (time, clock) = clock();
    RoutingHarness::new(Arc::new(MemoryDirectory::new(clock))).with_time(time)
}

async fn cache() -> CacheHarness {
    let (time, clock) = clock();
    CacheHarness::new(Arc::new(MemoryCache::new(clock))).with_time(time)
}

flux_core::cache_contract!(cache);
flux_core::durable_contract!(durable);
flux_core::code_contract!(codes);
flux_core::limiter_contract!(limiter);
flux_core::lock_contract!(locks);
flux_core::routing_contract!(routing);

#[test]
fn memory_says_that_it_is_not_durable_and_begins_a_new_epoch_each_time() {
    let (_, clock) = clock();
    let chance = Arc::new(SeededEntropy::new(1));
    let [one, two] = [(); 2].map(|()| MemoryStore::new(clock.clone(), chance.clone()));
    assert!(!one.durable());
    let epoch = flux_core::message::MessageStore::epoch;
    assert_ne!(epoch(&one), epoch(&two));
}
