//! The real program, from outside: what its users and its operators do.

mod configuration;
mod harness;
mod http;
mod logs;
mod people;
mod raw;
mod restart;
mod socket;
mod stopping;
mod terminal;
mod walk;
