//! Sessions.

use flux_core::SessionId;
use flux_core::session::{DeviceClass, Session, SessionEndReason};
use flux_proto::v1;

/// `current` is the session of whoever asks; what is pushed to many has none.
pub(super) fn session(session: &Session, current: Option<SessionId>) -> v1::Session {
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
