//! Flux in one process, on simulated time.
//!
//! # Simulation
//!
//! A seed draws a whole world: two to four chat nodes over one store, two to five users with one or two devices each,
//! who is whose friend, what everybody does, and what goes wrong meanwhile. Everything of Flux in it is the real thing:
//! the core with its group commit, routing, repair, presence, leases and revocations; the chat connections and their
//! codec; the links between nodes with their queues and acknowledgements; the balancer that sends clients to nodes; the
//! client with its outbox, its state and its reconnecting. Simulated is what is around them: time, the network, chance,
//! and the stores, which are the memory stores behind a network.
//!
//! What can go wrong: a node is killed, its connections reset or silently gone; it stands still and wakes up; it is
//! drained; it starts again with nothing of what it knew. Two places do not reach each other, in one direction or in
//! both; the network is slow; connections are cut, or vanish without anybody hearing of it. The store is slow, refuses,
//! stands still, fails before it has done what it was to do, or after; a commit may be done though whoever asked for it
//! is dead. The directory does the same, or forgets everything. The wall clock of a node jumps by up to a day. A device
//! is killed, with or without what it had noted, or stands still.
//!
//! Then the faults cease, time passes, and what was promised has to hold: what the clients did and saw goes through the
//! checker of `flux-history`, every device is back and has sent what it had to send, and every conversation is read
//! back.
//!
//! The same seed does the same, to the last frame: one thread, one queue of tasks, paused time, no map that is ordered
//! by chance. So a seed that fails is a test. [`run`] runs one; the program runs many:
//!
//! ```text
//! cargo run --release -p flux-sim -- --seeds 0..100000
//! cargo run --release -p flux-sim -- --seed 4711 --trace
//! ```
//!
//! What it does not show: what a real store does between its statements (the contract suites and the tests of faults of
//! each store do), what a real socket does with half a frame (the protocol tests do), and races between threads: here a
//! task is interrupted only where it waits.

mod chance;
mod climate;
mod cluster;
mod device;
mod directory;
mod gate;
mod history;
mod lane;
mod nemesis;
mod network;
mod parts;
mod peer;
mod people;
mod plant;
mod run;
mod socket;
mod store;
mod time;
mod trace;

pub use plant::Plant;
pub use run::{Options, Outcome, run, run_with};
