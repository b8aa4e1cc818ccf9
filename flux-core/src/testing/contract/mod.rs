//! The contract of every port as a suite that any adapter runs.
//!
//! Each case is an async function, named as the sentence it proves. One macro for each family of ports lists them and
//! turns each into a `#[test]` of its own, so that a new case reaches every adapter. `fresh` is an async function that
//! gives a [`Harness`] around an empty store of its own:
//!
//! ```
//! use std::sync::Arc;
//!
//! use flux_core::testing::contract::DurableHarness;
//! use flux_core::testing::{ManualClock, SeededEntropy};
//! use flux_store::memory::MemoryStore;
//!
//! async fn fresh() -> DurableHarness {
//!     let clock = ManualClock::default();
//!     let store = MemoryStore::new(Arc::new(clock.clone()), Arc::new(SeededEntropy::new(1)));
//!     DurableHarness::new(Arc::new(store)).with_time(clock)
//! }
//!
//! flux_core::durable_contract!(fresh);
//! # fn main() {}
//! ```
//!
//! The others are [`code_contract!`](crate::code_contract), [`limiter_contract!`](crate::limiter_contract),
//! [`lock_contract!`](crate::lock_contract), [`routing_contract!`](crate::routing_contract) and
//! [`cache_contract!`](crate::cache_contract).
//!
//! Cases about spans of time move the store's clock through the harness. Where that cannot be done, say so with
//! `durable_contract!(fresh, real_time)`: these cases are then reported as ignored.

#![expect(clippy::unwrap_used, reason = "a case fails by panicking")]

mod harness;
mod list;
mod world;

#[doc(hidden)]
pub mod account;
#[doc(hidden)]
pub mod cache;
#[doc(hidden)]
pub mod code;
#[doc(hidden)]
pub mod directory;
#[doc(hidden)]
pub mod feed;
#[doc(hidden)]
pub mod friend;
#[doc(hidden)]
pub mod job;
#[doc(hidden)]
pub mod limiter;
#[doc(hidden)]
pub mod lock;
#[doc(hidden)]
pub mod message;
#[doc(hidden)]
pub mod notice;
#[doc(hidden)]
pub mod registry;
#[doc(hidden)]
pub mod session;

#[doc(hidden)]
pub use harness::run;
pub use harness::{
    CacheHarness, CodeHarness, DurableHarness, Harness, LimiterHarness, LockHarness, PassTime,
    RoutingHarness, RoutingPorts,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The names of the cases in the files below `folder`.
    fn cases(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                cases(&path, found);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            for line in source.lines() {
                let name = line.strip_prefix("pub async fn ").and_then(|rest| rest.split_once("(h: "));
                if let Some((name, _)) = name {
                    assert!(found.insert(name.to_owned()), "two cases are called {name}");
                }
            }
        }
    }

    #[test]
    fn every_case_is_listed() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/testing/contract");
        let mut written = BTreeSet::new();
        cases(&here, &mut written);
        assert!(written.len() > 100, "only {} cases found", written.len());
        let list = include_str!("list.rs");
        let listed: BTreeSet<_> = list.lines().map(|line| line.trim().to_owned()).collect();
        let forgotten: Vec<_> = written.difference(&listed).collect();
        assert!(forgotten.is_empty(), "not in list.rs: {forgotten:?}");
    }
}
