//! What presence is.

use crate::id::UserId;
use crate::time::Timestamp;

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PresenceState {
    /// No connection, or invisible.
    Offline,
    /// At least one connection whose user is not away from it.
    Online,
    /// Connected, and away from every connection.
    Away,
    /// The directory cannot be asked just now.
    Unknown,
}

/// What a friend sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Who.
    pub user: UserId,
    /// Whether they are there.
    pub state: PresenceState,
    /// When they were last there, if they are not and do not hide it.
    pub last_seen: Option<Timestamp>,
}

/// What a user wants to be seen as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnPresence {
    /// There, on this session.
    Online,
    /// Away, from this session.
    Away,
    /// As offline, on every session, until changed.
    Invisible,
}
