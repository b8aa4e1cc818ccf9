//! Why a WebSocket was closed, and whether to come back.
// Generated from proto/errors.toml: FLUX_REGENERATE=1 cargo test -p flux-proto --test generated

use std::fmt;

/// Why a WebSocket was closed. The number is what stands in the close frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u16)]
pub enum CloseCode {
    /// The connection was closed on purpose, as by the client itself.
    Normal = 1000,
    /// The other side is going: a process that stops, a browser that leaves the page.
    GoingAway = 1001,
    /// The bytes were not WebSocket as RFC 6455 has it.
    ProtocolError = 1002,
    /// A binary frame under `flux.v1.json`, or a text frame under `flux.v1.proto`.
    UnsupportedData = 1003,
    /// The bytes of a frame are not what the subprotocol carries: text that is not UTF-8 or not JSON, or
    /// bytes that are not protobuf. A frame that can be read but is no valid request is answered with
    /// `malformed`.
    InvalidPayload = 1007,
    /// The client keeps to the format but not to the rules, and no other code fits.
    PolicyViolation = 1008,
    /// A frame was longer than `Limits.frame_bytes`; it was not read.
    MessageTooBig = 1009,
    /// A bug of the server, which has logged what happened.
    InternalError = 1011,
    /// The node is stopping. A `draining` event came before.
    ServiceRestart = 1012,
    /// The server is overloaded, or the client read too slowly. Nothing is lost: the next `hello` tells what
    /// was missed.
    TryAgainLater = 1013,
    /// The access token was missing, not valid or expired, or the session ended; then a `session_ended` event
    /// came before.
    Unauthenticated = 4401,
    /// The connection asked for something that no repetition makes allowed, such as a second `hello`.
    Forbidden = 4403,
    /// There was no `hello` in time, or nothing was heard for two heartbeat intervals.
    TimedOut = 4408,
    /// Another connection took this session. Coming back would take it away again, and so on for ever.
    SessionSuperseded = 4409,
    /// Too many connections, or too many frames in spite of `rate_limited` answers.
    TooManyRequests = 4429,
}

/// What a client does after a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reconnect {
    /// Connect again after a random delay that grows with each failure in a row.
    BackOff,
    /// Do not come back by yourself: somebody has to act first, the user or the developer.
    Never,
    /// Connect after the time that the `draining` event gave, to the address that it gave; without one, as
    /// with `back_off`.
    WhenTold,
    /// Refresh the session, then connect with the new access token. If `session_ended` came first, or the
    /// refresh fails, a new login is needed.
    WithNewToken,
}

impl CloseCode {
    /// Every code.
    pub const ALL: [Self; 15] = [
        Self::Normal,
        Self::GoingAway,
        Self::ProtocolError,
        Self::UnsupportedData,
        Self::InvalidPayload,
        Self::PolicyViolation,
        Self::MessageTooBig,
        Self::InternalError,
        Self::ServiceRestart,
        Self::TryAgainLater,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::TimedOut,
        Self::SessionSuperseded,
        Self::TooManyRequests,
    ];

    /// The code of this number; `None` if this release does not know it, and then [`Reconnect::BackOff`] is right,
    /// as it is when the connection broke without a close frame.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.number() == number)
    }

    /// What stands in the close frame.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// What it is called in logs and docs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::GoingAway => "going_away",
            Self::ProtocolError => "protocol_error",
            Self::UnsupportedData => "unsupported_data",
            Self::InvalidPayload => "invalid_payload",
            Self::PolicyViolation => "policy_violation",
            Self::MessageTooBig => "message_too_big",
            Self::InternalError => "internal_error",
            Self::ServiceRestart => "service_restart",
            Self::TryAgainLater => "try_again_later",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::TimedOut => "timed_out",
            Self::SessionSuperseded => "session_superseded",
            Self::TooManyRequests => "too_many_requests",
        }
    }

    /// Whether to connect again, and when.
    #[must_use]
    pub const fn reconnect(self) -> Reconnect {
        match self {
            Self::GoingAway
            | Self::InternalError
            | Self::TryAgainLater
            | Self::TimedOut
            | Self::TooManyRequests => Reconnect::BackOff,
            Self::Normal
            | Self::ProtocolError
            | Self::UnsupportedData
            | Self::InvalidPayload
            | Self::PolicyViolation
            | Self::MessageTooBig
            | Self::Forbidden
            | Self::SessionSuperseded => Reconnect::Never,
            Self::ServiceRestart => Reconnect::WhenTold,
            Self::Unauthenticated => Reconnect::WithNewToken,
        }
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.as_str())
    }
}
