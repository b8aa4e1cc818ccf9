//! Presence: who is there, seen by friends.

mod model;

pub use model::{OwnPresence, Presence, PresenceState};
