//! A whole cluster of the real programs, over a real MariaDB and a real Redis, from outside.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod archive;
mod command;
mod epoch;
mod harness;
mod people;
mod processes;
mod up;
