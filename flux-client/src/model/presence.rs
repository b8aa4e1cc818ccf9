use flux_proto::v1;

use crate::error::ClientError;
use crate::id::UserId;

/// Whether somebody is there. Who is invisible is seen as offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Presence {
    /// Who.
    pub user: UserId,
    /// Whether they are there.
    pub state: PresenceState,
    /// When they were last connected, in milliseconds since the Unix epoch; `None` if unknown or hidden.
    pub last_seen_ms: Option<i64>,
}

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PresenceState {
    /// Not connected, or hidden.
    Offline,
    /// Connected.
    Online,
    /// Connected, and not at the keyboard.
    Away,
    /// The server cannot tell just now.
    Unknown,
}

impl TryFrom<v1::Presence> for Presence {
    type Error = ClientError;
    fn try_from(wire: v1::Presence) -> Result<Self, ClientError> {
        let state = match wire.state() {
            v1::PresenceState::Offline => PresenceState::Offline,
            v1::PresenceState::Online => PresenceState::Online,
            v1::PresenceState::Away => PresenceState::Away,
            v1::PresenceState::Unknown | v1::PresenceState::Unspecified => PresenceState::Unknown,
        };
        Ok(Self {
            user: wire.user_id.parse()?,
            state,
            last_seen_ms: Some(wire.last_seen_ms).filter(|ms| *ms != 0),
        })
    }
}

/// How one wants to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OwnPresence {
    /// As there.
    Online,
    /// As not at the keyboard.
    Away,
    /// As offline, by everybody and on every session, until changed.
    Invisible,
}

impl From<OwnPresence> for v1::OwnPresence {
    fn from(presence: OwnPresence) -> Self {
        match presence {
            OwnPresence::Online => Self::Online,
            OwnPresence::Away => Self::Away,
            OwnPresence::Invisible => Self::Invisible,
        }
    }
}
