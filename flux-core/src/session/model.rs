//! What a session is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{Generation, SessionId, UserId};
use crate::time::Timestamp;

/// Kinds of devices, for policies of one session per kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Desktop, Self::Mobile, Self::Tablet, Self::Web, Self::Other];

    /// As it stands in the HTTP API and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Web => "web",
            Self::Other => "other",
        }
    }

    /// Reads what [`as_str`](Self::as_str) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

/// What logs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What its user calls it; at most 64 characters, may be empty.
    pub name: DeviceName,
    /// What it is.
    pub class: DeviceClass,
}

pub use super::device_name::DeviceName;

/// One login of one user on one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub session: SessionId,
    /// Whose it is; never changes.
    pub user: UserId,
    /// On what.
    pub device: Device,
    /// When it was opened, by the store's clock.
    pub created: Timestamp,
    /// When it was last refreshed or claimed.
    pub last_used: Timestamp,
}

/// A session with what decides whether it may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The session.
    pub session: Session,
    /// Raised by every claim of a connection.
    pub generation: Generation,
    /// Set once it has ended; it never comes back.
    pub ended: Option<(Timestamp, SessionEndReason)>,
}

/// Who acts: the session's user. It comes from the connection or the verified access token, never from a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// Whose session it is.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The connection's generation; `None` where no connection is (HTTP): then only the end of the session fences.
    pub generation: Option<Generation>,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// A newer login took its place under the session policy.
    Replaced,
    /// A refresh token that had been rotated was presented again (RFC 9700, section 4.14).
    TokenReused,
    /// It was not used for too long.
    Expired,
}

impl SessionEndReason {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Logout,
        Self::Revoked,
        Self::PasswordChanged,
        Self::AccountDisabled,
        Self::AccountDeleted,
        Self::Replaced,
        Self::TokenReused,
        Self::Expired,
    ];

    /// As it stands in the HTTP API and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Revoked => "revoked",
            Self::PasswordChanged => "password_changed",
            Self::AccountDisabled => "account_disabled",
            Self::AccountDeleted => "account_deleted",
            Self::Replaced => "replaced",
            Self::TokenReused => "token_reused",
            Self::Expired => "expired",
        }
    }

    /// Reads what [`as_str`](Self::as_str) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

/// A session that has just ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedSession {
    /// Whose it was.
    pub user: UserId,
    /// Which.
    pub session: SessionId,
    /// Why.
    pub reason: SessionEndReason,
}

/// How many sessions a user may have, and what gives way to a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionPolicy {
    /// Up to this many; the least recently used one ends with [`SessionEndReason::Replaced`].
    Many(u32),
    /// One for each device class; a new login ends the older one of its class.
    OnePerDeviceClass,
    /// One in all; a new login ends every other.
    One,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self::Many(16)
    }
}

impl SessionPolicy {
    /// Which of `open` give way to a new session on `class`. Stores call it inside the transaction that opens one.
    #[must_use]
    pub fn gives_way(&self, open: &[Session], class: DeviceClass) -> Vec<SessionId> {
        match *self {
            Self::One => open.iter().map(|s| s.session).collect(),
            Self::OnePerDeviceClass => {
                open.iter().filter(|s| s.device.class == class).map(|s| s.session).collect()
            }
            Self::Many(limit) => {
                let keep = usize::try_from(limit.max(1)).unwrap_or(usize::MAX) - 1;
                let mut by_use: Vec<_> = open.iter().collect();
                by_use.sort_by_key(|s| (std::cmp::Reverse(s.last_used), std::cmp::Reverse(s.session)));
                by_use.into_iter().skip(keep).map(|s| s.session).collect()
            }
        }
    }
}

/// How long things of a session are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLifetimes {
    /// After this long without a refresh or a claim it expires: 60 days.
    pub idle: Duration,
    /// A rotated refresh token is taken this much longer, so that a lost reply logs nobody out: 10 s.
    pub refresh_grace: Duration,
}

impl Default for SessionLifetimes {
    fn default() -> Self {
        Self { idle: Duration::from_hours(60 * 24), refresh_grace: Duration::from_secs(10) }
    }
}
