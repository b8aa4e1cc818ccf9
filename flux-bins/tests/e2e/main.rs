//! The real program, from outside: what its users and its operators do.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod configuration;
mod harness;
mod http;
mod logs;
mod people;
mod raw;
mod register;
mod restart;
mod socket;
mod stopping;
mod terminal;
mod walk;
