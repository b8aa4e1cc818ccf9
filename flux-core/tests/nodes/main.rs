//! One node among others, over memory stores and a clock driven by hand: its lease, the nodes that it knows, and what it
//! knows of who is there when directory and registry fail, forget, or are told late.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lease;
mod lost_directory;
mod neighbours;
mod presence;
mod support;
