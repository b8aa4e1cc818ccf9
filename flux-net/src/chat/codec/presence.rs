//! Presence.

use flux_core::presence::{OwnPresence, Presence, PresenceState};
use flux_proto::v1;

use super::field::{Invalid, optional_ms, variant};

pub(super) fn own(raw: i32) -> Result<OwnPresence, Invalid> {
    variant(raw, "presence", |own: v1::OwnPresence| match own {
        v1::OwnPresence::Online => Some(OwnPresence::Online),
        v1::OwnPresence::Away => Some(OwnPresence::Away),
        v1::OwnPresence::Invisible => Some(OwnPresence::Invisible),
        v1::OwnPresence::Unspecified => None,
    })
}

pub(super) fn presence(presence: &Presence) -> v1::Presence {
    let state = match presence.state {
        PresenceState::Offline => v1::PresenceState::Offline,
        PresenceState::Online => v1::PresenceState::Online,
        PresenceState::Away => v1::PresenceState::Away,
        _ => v1::PresenceState::Unknown,
    };
    v1::Presence {
        user_id: presence.user.to_string(),
        state: state.into(),
        last_seen_ms: optional_ms(presence.last_seen),
    }
}
