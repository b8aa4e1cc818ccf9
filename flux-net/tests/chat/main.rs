//! The WebSocket chat through real sockets, on memory stores and a clock driven by hand. What withstands an attack
//! carries the attack's number in its name.
#![cfg(feature = "chat")]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world fails")]

mod delivery;
mod drain;
mod epoch;
mod floods;
mod frames;
mod handshake;
mod heartbeat;
mod hello;
mod json;
mod order;
mod others;
mod ownership;
mod policy;
mod requests;
mod simulated;
mod support;
