//! Users, what they ask of each other, their sessions, and whether they are there.

use flux_core::SessionId;
use flux_core::account::{Profile, Username};
use flux_core::friend::{FriendRequest, RequestState};
use flux_core::presence::{Presence, PresenceState};
use flux_core::session::{DeviceClass, Session, SessionEndReason};
use flux_proto::v1;

use super::optional_ms;

pub(crate) fn profile(profile: &Profile) -> v1::Profile {
    v1::Profile {
        user_id: profile.user.to_string(),
        username: profile.username.as_ref().map_or_else(String::new, Username::to_string),
        display_name: profile.display_name.as_str().to_owned(),
        bio: profile.bio.as_str().to_owned(),
        deleted: profile.deleted(),
    }
}

pub(crate) fn request(request: &FriendRequest) -> v1::FriendRequest {
    let state = match request.state {
        RequestState::Pending => v1::FriendRequestState::Pending,
        RequestState::Accepted => v1::FriendRequestState::Accepted,
        RequestState::Rejected => v1::FriendRequestState::Rejected,
        RequestState::Cancelled => v1::FriendRequestState::Cancelled,
        _ => v1::FriendRequestState::Unspecified,
    };
    v1::FriendRequest {
        request_id: request.request.to_string(),
        from: Some(profile(&request.from)),
        to: Some(profile(&request.to)),
        greeting: request.greeting.as_str().to_owned(),
        created_ms: request.created.as_millis(),
        state: state.into(),
    }
}

/// `current` is the session of whoever asks; what is pushed to many has none.
pub(crate) fn session(session: &Session, current: Option<SessionId>) -> v1::Session {
    v1::Session {
        session_id: session.session.to_string(),
        device_name: session.device.name.as_str().to_owned(),
        device_class: device_class(session.device.class).into(),
        created_ms: session.created.as_millis(),
        last_used_ms: session.last_used.as_millis(),
        current: current == Some(session.session),
    }
}

const fn device_class(class: DeviceClass) -> v1::DeviceClass {
    match class {
        DeviceClass::Desktop => v1::DeviceClass::Desktop,
        DeviceClass::Mobile => v1::DeviceClass::Mobile,
        DeviceClass::Tablet => v1::DeviceClass::Tablet,
        DeviceClass::Web => v1::DeviceClass::Web,
        // `Other`, and what a newer core may add.
        _ => v1::DeviceClass::Other,
    }
}

pub(crate) const fn end_reason(reason: SessionEndReason) -> v1::SessionEndReason {
    match reason {
        SessionEndReason::Logout => v1::SessionEndReason::Logout,
        SessionEndReason::Revoked => v1::SessionEndReason::Revoked,
        SessionEndReason::PasswordChanged => v1::SessionEndReason::PasswordChanged,
        SessionEndReason::AccountDisabled => v1::SessionEndReason::AccountDisabled,
        SessionEndReason::AccountDeleted => v1::SessionEndReason::AccountDeleted,
        SessionEndReason::Replaced => v1::SessionEndReason::Replaced,
        SessionEndReason::TokenReused => v1::SessionEndReason::TokenReused,
        SessionEndReason::Expired => v1::SessionEndReason::Expired,
        _ => v1::SessionEndReason::Unspecified,
    }
}

pub(crate) fn presence(presence: &Presence) -> v1::Presence {
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
