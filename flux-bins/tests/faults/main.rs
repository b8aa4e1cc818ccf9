//! A cluster of real processes over real servers that are killed, stopped, cut off and restarted: what works without what,
//! and what holds all the time.

mod harness;
mod http;
mod people;
mod program;
mod proxy;
mod servers;
mod socket;
mod world;

mod killed;
mod sessions;
mod talking;
