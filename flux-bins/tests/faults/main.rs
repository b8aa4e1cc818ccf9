//! A cluster of real processes over real servers that are killed, stopped, cut off and restarted: what works without what,
//! and what holds all the time.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod authority;
mod commits;
#[path = "../../../flux-net/tests/fake_smtp/mod.rs"]
#[expect(dead_code, reason = "the tests of mail itself use more of it")]
mod fake_smtp;
mod harness;
mod http;
mod people;
mod servers;
mod socket;
mod world;

mod all_at_once;
mod certificates;
mod cut_off;
mod gates;
mod grpc;
mod in_doubt;
mod killed;
mod mariadb;
mod partition;
mod redis;
mod refused;
mod rolling;
mod services;
mod sessions;
mod smtp;
mod talking;
