use std::fmt;

use flux_proto::v1;

use crate::error::ClientError;
use crate::id::SessionId;

/// What logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What its user calls it; may be empty.
    pub name: String,
    /// What it is.
    pub class: DeviceClass,
}

impl Device {
    /// Of this name and kind.
    pub fn new(name: impl Into<String>, class: DeviceClass) -> Self {
        Self { name: name.into(), class }
    }
}

/// Kinds of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceClass {
    /// A program on a computer.
    Desktop,
    /// A phone.
    Mobile,
    /// A tablet.
    Tablet,
    /// A browser.
    Web,
    /// Anything else.
    Other,
}

impl DeviceClass {
    /// As it stands in the HTTP API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Web => "web",
            Self::Other => "other",
        }
    }
}

impl From<v1::DeviceClass> for DeviceClass {
    fn from(wire: v1::DeviceClass) -> Self {
        match wire {
            v1::DeviceClass::Desktop => Self::Desktop,
            v1::DeviceClass::Mobile => Self::Mobile,
            v1::DeviceClass::Tablet => Self::Tablet,
            v1::DeviceClass::Web => Self::Web,
            v1::DeviceClass::Other | v1::DeviceClass::Unspecified => Self::Other,
        }
    }
}

/// One login of the user on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its id.
    pub session: SessionId,
    /// On what.
    pub device: Device,
    /// When it was opened, in milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// When it was last used, likewise.
    pub last_used_ms: i64,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl TryFrom<v1::Session> for SessionInfo {
    type Error = ClientError;
    fn try_from(wire: v1::Session) -> Result<Self, ClientError> {
        Ok(Self {
            session: wire.session_id.parse()?,
            device: Device { class: wire.device_class().into(), name: wire.device_name },
            created_ms: wire.created_ms,
            last_used_ms: wire.last_used_ms,
            current: wire.current,
        })
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionEndReason {
    /// By itself.
    Logout,
    /// From another session of the same user.
    Revoked,
    /// The password was changed or reset.
    PasswordChanged,
    /// The account was switched off.
    AccountDisabled,
    /// The account was deleted.
    AccountDeleted,
    /// A newer login took its place.
    Replaced,
    /// A refresh token that had been rotated was used again: somebody may have stolen it.
    TokenReused,
    /// It was not used for too long.
    Expired,
    /// The server did not say.
    Unknown,
}

impl From<v1::SessionEndReason> for SessionEndReason {
    fn from(wire: v1::SessionEndReason) -> Self {
        match wire {
            v1::SessionEndReason::Logout => Self::Logout,
            v1::SessionEndReason::Revoked => Self::Revoked,
            v1::SessionEndReason::PasswordChanged => Self::PasswordChanged,
            v1::SessionEndReason::AccountDisabled => Self::AccountDisabled,
            v1::SessionEndReason::AccountDeleted => Self::AccountDeleted,
            v1::SessionEndReason::Replaced => Self::Replaced,
            v1::SessionEndReason::TokenReused => Self::TokenReused,
            v1::SessionEndReason::Expired => Self::Expired,
            v1::SessionEndReason::Unspecified => Self::Unknown,
        }
    }
}

impl fmt::Display for SessionEndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Logout => "logged out",
            Self::Revoked => "ended from another session",
            Self::PasswordChanged => "the password was changed",
            Self::AccountDisabled => "the account was disabled",
            Self::AccountDeleted => "the account was deleted",
            Self::Replaced => "replaced by a newer login",
            Self::TokenReused => "its refresh token was used twice",
            Self::Expired => "expired",
            Self::Unknown => "no reason given",
        })
    }
}
