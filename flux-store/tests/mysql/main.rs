//! MySQL and MariaDB: the contract, and what is true of a database that others use as well, that fails, and that is not
//! as it should be.
#![cfg(all(feature = "mysql", feature = "servers", feature = "system"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod epoch;
mod faults;
#[path = "../friends/mod.rs"]
mod friends;
mod nodes;
mod proxy;
mod refused;
mod servers;
mod support;
mod world;

mod contract {
    use crate::support::fresh;

    flux_core::durable_contract!(fresh);
}
