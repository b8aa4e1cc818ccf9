//! Users, requests and sessions.

use flux_core::account::{Bio, DisplayName, Profile, Username};
use flux_core::friend::{FriendRequest, Greeting, RequestState};
use flux_core::session::{Device, DeviceClass, DeviceName, Session, SessionEndReason};
use flux_core::{Timestamp, UserId};
use flux_proto::v1;

use super::{Unreadable, needed, read_id, read_variant};

pub(super) fn read_profile(profile: v1::Profile) -> Result<Profile, Unreadable> {
    let v1::Profile { user_id, username, display_name, bio, deleted } = profile;
    Ok(Profile {
        user: read_id(&user_id, "user_id")?,
        username: (!deleted).then(|| Username::from_store(username)),
        display_name: DisplayName::from_store(display_name),
        bio: Bio::from_store(bio),
    })
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
