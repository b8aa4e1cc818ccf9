//! Presence.

use flux_core::presence::{Presence, PresenceState};
use flux_proto::v1;

use super::{Unreadable, read_id, read_moment};

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
