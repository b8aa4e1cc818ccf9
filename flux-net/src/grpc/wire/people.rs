//! Users, requests and sessions.

use flux_core::account::{Bio, DisplayName, Profile, Username};
use flux_core::friend::{FriendRequest, Greeting, RequestState};
use flux_core::session::{Device, DeviceClass, DeviceName, Session, SessionEndReason};
use flux_core::{Timestamp, UserId};
use flux_proto::v1;

use super::{Unreadable, needed, read_id, read_variant};

pub(super) fn profile(profile: &Profile) -> v1::Profile {
    v1::Profile {
        user_id: profile.user.to_string(),
        username: profile.username.as_ref().map_or_else(String::new, Username::to_string),
        display_name: profile.display_name.as_str().to_owned(),
        bio: profile.bio.as_str().to_owned(),
        deleted: profile.deleted(),
    }
}

pub(super) fn read_profile(profile: v1::Profile) -> Result<Profile, Unreadable> {
    let v1::Profile { user_id, username, display_name, bio, deleted } = profile;
    Ok(Profile {
        user: read_id(&user_id, "user_id")?,
        username: (!deleted).then(|| Username::from_store(username)),
        display_name: DisplayName::from_store(display_name),
        bio: Bio::from_store(bio),
    })
}

pub(super) fn request(request: &FriendRequest) -> v1::FriendRequest {
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

pub(super) fn read_request(request: v1::FriendRequest) -> Result<FriendRequest, Unreadable> {
    let state = read_variant(request.state, "state", |state| match state {
        v1::FriendRequestState::Pending => Some(RequestState::Pending),
        v1::FriendRequestState::Accepted => Some(RequestState::Accepted),
        v1::FriendRequestState::Rejected => Some(RequestState::Rejected),
        v1::FriendRequestState::Cancelled => Some(RequestState::Cancelled),
        v1::FriendRequestState::Unspecified => None,
    })?;
    Ok(FriendRequest {
        request: read_id(&request.request_id, "request_id")?,
        from: read_profile(needed(request.from, "from")?)?,
        to: read_profile(needed(request.to, "to")?)?,
        greeting: Greeting::from_store(request.greeting),
        created: Timestamp::from_millis(request.created_ms),
        state,
    })
}

/// Without whose it is: its reader knows.
pub(super) fn session(session: &Session) -> v1::Session {
    let class = match session.device.class {
        DeviceClass::Desktop => v1::DeviceClass::Desktop,
        DeviceClass::Mobile => v1::DeviceClass::Mobile,
        DeviceClass::Tablet => v1::DeviceClass::Tablet,
        DeviceClass::Web => v1::DeviceClass::Web,
        _ => v1::DeviceClass::Other,
    };
    v1::Session {
        session_id: session.session.to_string(),
        device_name: session.device.name.as_str().to_owned(),
        device_class: class.into(),
        created_ms: session.created.as_millis(),
        last_used_ms: session.last_used.as_millis(),
        current: false,
    }
}

pub(super) fn read_session(session: v1::Session, user: UserId) -> Result<Session, Unreadable> {
    // A class that this release does not know is another one.
    let class = match session.device_class() {
        v1::DeviceClass::Desktop => DeviceClass::Desktop,
        v1::DeviceClass::Mobile => DeviceClass::Mobile,
        v1::DeviceClass::Tablet => DeviceClass::Tablet,
        v1::DeviceClass::Web => DeviceClass::Web,
        v1::DeviceClass::Other | v1::DeviceClass::Unspecified => DeviceClass::Other,
    };
    Ok(Session {
        session: read_id(&session.session_id, "session_id")?,
        user,
        device: Device { name: DeviceName::from_store(session.device_name), class },
        created: Timestamp::from_millis(session.created_ms),
        last_used: Timestamp::from_millis(session.last_used_ms),
    })
}

pub(super) const fn end_reason(reason: SessionEndReason) -> v1::SessionEndReason {
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

/// An end for a reason that this release does not know is an end.
pub(super) const fn read_end_reason(reason: v1::SessionEndReason) -> SessionEndReason {
    match reason {
        v1::SessionEndReason::Logout => SessionEndReason::Logout,
        v1::SessionEndReason::Revoked | v1::SessionEndReason::Unspecified => SessionEndReason::Revoked,
        v1::SessionEndReason::PasswordChanged => SessionEndReason::PasswordChanged,
        v1::SessionEndReason::AccountDisabled => SessionEndReason::AccountDisabled,
        v1::SessionEndReason::AccountDeleted => SessionEndReason::AccountDeleted,
        v1::SessionEndReason::Replaced => SessionEndReason::Replaced,
        v1::SessionEndReason::TokenReused => SessionEndReason::TokenReused,
        v1::SessionEndReason::Expired => SessionEndReason::Expired,
    }
}
