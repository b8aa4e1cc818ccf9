//! Redis passes the contract of every volatile port, alone, as a Cluster and behind sentinels; and what it does besides,
//! and when servers fail.

#![cfg(all(feature = "redis", feature = "servers"))]

mod cache;
mod cluster;
mod config;
mod directory;
mod faults;
mod guard;
mod sentinel;
mod standalone;
mod support;
