//! Presence: who is there, seen by friends.

mod model;
mod reader;
mod service;

pub use model::{OwnPresence, Presence, PresenceState};
pub use reader::PresenceReader;
pub use service::{PresenceError, PresenceService, PresenceSettings};
