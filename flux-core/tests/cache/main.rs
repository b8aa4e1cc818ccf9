//! The cache of users as services see it: several nodes over one store and one cache, in memory, with a clock driven by
//! hand.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod changes;
mod down;
mod races;
mod reads;
mod world;
