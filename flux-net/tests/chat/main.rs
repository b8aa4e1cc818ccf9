//! The WebSocket chat through real sockets, on memory stores and a clock driven by hand. What withstands an attack
//! carries the attack's number in its name.
#![cfg(feature = "chat")]

mod requests;
mod support;
