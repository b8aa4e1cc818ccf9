//! The gate over a real socket: every row of its table, and whatever abuse comes to mind.
#![cfg(feature = "gate")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod friends;
mod http;
mod json;
mod logs;
mod messages;
mod moody;
mod raw;
mod service;
mod sessions;
mod trouble;
mod world;
