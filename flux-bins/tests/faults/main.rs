//! A cluster of real processes over real servers that are killed, stopped, cut off and restarted: what works without what,
//! and what holds all the time.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod harness;
mod http;
mod people;
mod program;
mod proxy;
mod servers;
mod socket;
mod world;

mod grpc;
mod killed;
mod mariadb;
mod partition;
mod redis;
mod refused;
mod rolling;
mod services;
mod sessions;
mod talking;
