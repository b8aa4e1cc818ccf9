//! Sessions against a server that the test plays by hand, frame by frame, on paused time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accounts;
mod connection;
mod disorder;
mod holding;
mod keeping;
mod lagging;
mod logs;
mod presence;
mod receipts;
mod sending;
mod support;
