//! Services that speak gRPC to each other over real sockets.
#![cfg(feature = "grpc")]
#![allow(clippy::unwrap_used, reason = "a test that cannot set up its world fails")]

mod credentials;
mod cuts;
mod deadlines;
mod links;
mod peers;
mod replays;
mod server;
mod services;
mod support;
mod tls;
