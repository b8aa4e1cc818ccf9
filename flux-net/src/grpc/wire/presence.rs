//! Presence.

use flux_core::presence::{Presence, PresenceState};
use flux_proto::v1;

use super::{Unreadable, moment, read_id, read_moment};

pub(in crate::grpc) fn presence(presence: &Presence) -> v1::Presence {
    let state = match presence.state {
        PresenceState::Offline => v1::PresenceState::Offline,
        PresenceState::Online => v1::PresenceState::Online,
        PresenceState::Away => v1::PresenceState::Away,
        _ => v1::PresenceState::Unknown,
    };
    v1::Presence {
        user_id: presence.user.to_string(),
        state: state.into(),
        last_seen_ms: moment(presence.last_seen),
    }
}

/// A state that this release does not know is unknown.
pub(in crate::grpc) fn read_presence(presence: &v1::Presence) -> Result<Presence, Unreadable> {
    let state = match presence.state() {
        v1::PresenceState::Offline => PresenceState::Offline,
        v1::PresenceState::Online => PresenceState::Online,
        v1::PresenceState::Away => PresenceState::Away,
        v1::PresenceState::Unknown | v1::PresenceState::Unspecified => PresenceState::Unknown,
    };
    let user = read_id(&presence.user_id, "user_id")?;
    Ok(Presence { user, state, last_seen: read_moment(presence.last_seen_ms) })
}
