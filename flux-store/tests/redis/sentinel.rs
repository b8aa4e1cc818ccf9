//! A master behind sentinels passes every contract.

use flux_core::testing::contract::{CacheHarness, CodeHarness, LimiterHarness, LockHarness, RoutingHarness};

use super::support::{self, sentinel as servers};

async fn cache() -> CacheHarness {
    support::cache(servers())
}

async fn codes() -> CodeHarness {
    support::codes(servers())
}

async fn limiter() -> LimiterHarness {
    support::limiter(servers())
}

async fn locks() -> LockHarness {
    support::locks(servers())
}

async fn routing() -> RoutingHarness {
    support::routing(servers())
}

flux_core::cache_contract!(cache);
flux_core::code_contract!(codes);
flux_core::limiter_contract!(limiter);
flux_core::lock_contract!(locks);
flux_core::routing_contract!(routing);
