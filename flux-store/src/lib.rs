//! Adapters of the ports of `flux-core`, one feature each: build only what you run.
//!
//! - `memory`: every port without any I/O, for tests, demonstrations and single processes that may forget.
//! - `sqlite`: the durable ports on one SQLite file.
//! - `mysql`: the durable ports on MySQL or MariaDB, for any number of processes.
//! - `redis`: the volatile ports on Redis, alone, behind Sentinel or as a Cluster.
//! - `servers`: private database servers as child processes, for tests and for clusters on one machine.
//! - `system`: the clock and the entropy of the operating system.
//!
//! Adapters do not know each other, and hold no rules: what is decided, the core decides inside their transactions.
//! Each passes the contract suite of its port, `flux_core::testing::contract`.

// Tests of what is private share the helpers of those in `tests/`, which know this crate by its name.
#[cfg(all(test, feature = "mysql", feature = "servers", feature = "system"))]
extern crate self as flux_store;

/// What holds for each parser of this crate that reads what others wrote, whatever bytes it is given.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    pub use crate::redis::fuzzing::*;
}
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "mysql")]
pub mod mysql;
pub mod observe;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "servers")]
pub mod servers;
#[cfg(any(feature = "sqlite", feature = "mysql"))]
mod sql;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(feature = "system")]
pub mod system;
