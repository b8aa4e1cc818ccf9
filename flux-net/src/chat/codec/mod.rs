//! The wire, as pure functions: bytes to frames, frames to commands, results and events to frames to bytes.
//!
//! The messages of `flux.v1` end here: what comes in leaves as a [`Request`] of the core's types or is refused with
//! the field that is wrong, and what the core answers comes in as its own types. One file per subject.

mod command;
mod error;
mod event;
mod feed;
mod field;
mod format;
mod friend;
#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod hello;
mod json;
mod message;
mod presence;
mod reply;
mod sync;

pub(crate) use command::{Answer, Ask, AskFriends, Command, Request, Send, name};
pub(crate) use error::Rejection;
pub(crate) use event::{event, heartbeat};
pub(crate) use field::Invalid;
pub use format::Format;
pub(crate) use format::Unreadable;
pub(crate) use hello::{Hello, KnownHeads};
pub(crate) use reply::{Requested, Result as ReplyResult, Welcome, reply};
pub(crate) use sync::{read_cursor, read_page};

#[cfg(test)]
mod tests;
