//! Presence: who is there, seen by friends.

mod doubt;
mod model;
mod reader;
mod service;

pub use model::{OwnPresence, Presence, PresenceState};
pub use reader::PresenceReader;
pub use service::{PresenceError, PresencePorts, PresenceService, PresenceSettings};
