//! Presence: who is there, seen by friends.

mod model;
mod service;

pub use model::{OwnPresence, Presence, PresenceState};
pub use service::{PresenceError, PresenceService, PresenceSettings};
