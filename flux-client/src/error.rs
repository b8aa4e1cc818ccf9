//! Why something failed.

use std::sync::Arc;
use std::time::Duration;

use flux_proto::{ErrorCode, Language, Retry, v1};

use crate::model::SessionEndReason;

/// Why an operation failed. What to do about it: [`retryable`](Self::retryable) says whether the same may succeed
/// later, [`code`](Self::code) what the server's catalogue calls it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There was no connection within the deadline; nothing was sent.
    #[error("not connected")]
    Offline,
    /// The connection broke before the answer came: whether the server did it is not known.
    #[error("the connection broke before the answer came")]
    ConnectionLost,
    /// No answer within the deadline: whether the server did it is not known.
    #[error("no answer within the deadline")]
    Timeout,
    /// The server could not be reached, or not understood as HTTP or WebSocket.
    #[error("the server could not be reached")]
    Unreachable(#[source] TransportError),
    /// The session has ended; only a new login helps.
    #[error("the session has ended ({0})")]
    SessionEnded(SessionEndReason),
    /// Another connection has taken this session over. [`reconnect`](crate::Session::reconnect) takes it back.
    #[error("another connection has taken the session over")]
    Superseded,
    /// The session's handle was closed.
    #[error("closed")]
    Closed,
    /// A bounded queue of this client is full; nothing was queued.
    #[error("{0} is full")]
    Full(&'static str),
    /// A store of this client failed.
    #[error("a store of this device failed")]
    Store(#[source] StoreError),
    /// The server answered with something that is not of the protocol.
    #[error("unexpected answer: {0}")]
    Protocol(&'static str),
    /// What was asked for cannot be: it was not sent.
    #[error("{0}")]
    Invalid(&'static str),
}

/// The server's no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("refused: {text}")]
#[non_exhaustive]
pub struct Refusal {
    /// The code, if this release knows it.
    pub code: Option<ErrorCode>,
    /// The code as it came.
    pub text: String,
    /// English, for a developer.
    pub detail: String,
    /// What in the request is wrong, if one field is.
    pub field: Option<String>,
    /// Whether the same may succeed later.
    pub retry: Retry,
    /// How long to wait at least.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// One that this client finds by itself, before the server has to.
    pub(crate) fn local(code: ErrorCode, field: &str) -> Self {
        Self {
            code: Some(code),
            text: code.as_str().to_owned(),
            detail: "found by the client".to_owned(),
            field: Some(field.to_owned()),
            retry: code.retry(),
            retry_after: None,
        }
    }
}

impl From<v1::Error> for Refusal {
    fn from(error: v1::Error) -> Self {
        let code = ErrorCode::parse(&error.code);
        let retry = match error.retry() {
            v1::Retry::Later => Retry::Later,
            v1::Retry::Never => Retry::Never,
            v1::Retry::Unspecified => code.map_or(Retry::Never, ErrorCode::retry),
        };
        let wait = Duration::from_millis(u64::from(error.retry_after_ms));
        Self {
            code,
            text: error.code,
            detail: error.message,
            field: Some(error.field).filter(|field| !field.is_empty()),
            retry,
            retry_after: Some(wait).filter(|wait| !wait.is_zero()),
        }
    }
}

impl ClientError {
    /// What the catalogue calls it, if it is the server's answer and this release knows the code.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::SessionEnded(_) => Some(ErrorCode::SessionEnded),
            Self::Superseded => Some(ErrorCode::SessionSuperseded),
            _ => None,
        }
    }

    /// Whether the same may succeed later. Where the outcome is not known it is harmless to repeat a send of the same
    /// ticket, a read, a mark or a change of settings.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Refused(refusal) => refusal.retry == Retry::Later,
            Self::Unreachable(error) => !error.permanent,
            Self::Offline | Self::ConnectionLost | Self::Timeout | Self::Full(_) => true,
            Self::Store(_)
            | Self::SessionEnded(_)
            | Self::Superseded
            | Self::Closed
            | Self::Protocol(_)
            | Self::Invalid(_) => false,
        }
    }

    /// How long the server asks to wait at least.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused(refusal) => refusal.retry_after,
            Self::Unreachable(error) => error.retry_after,
            _ => None,
        }
    }

    /// A sentence of the catalogue for the person in front of the screen, if there is one.
    pub fn user_text(&self, language: Language) -> Option<&'static str> {
        self.code().map(|code| code.text(language))
    }

    /// Whether the server may have done what was asked in spite of this error.
    pub(crate) fn uncertain(&self) -> bool {
        match self {
            Self::Refused(refusal) => matches!(
                refusal.code,
                None | Some(ErrorCode::Timeout | ErrorCode::Unavailable | ErrorCode::Internal)
            ),
            Self::ConnectionLost | Self::Timeout | Self::Protocol(_) => true,
            _ => false,
        }
    }
}

/// What a part that this client was given says of the network. Only text: the part's own types stay its own.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    message: String,
    permanent: bool,
    retry_after: Option<Duration>,
    #[source]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl TransportError {
    /// What failed, in lower case and without secrets.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), permanent: false, retry_after: None, source: None }
    }

    /// With what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// That trying again cannot help: an address that is none, a server that speaks something else.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.permanent = true;
        self
    }

    /// That the server asks to wait at least this long.
    #[must_use]
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// Whether trying again cannot help.
    pub fn is_permanent(&self) -> bool {
        self.permanent
    }
}

impl From<TransportError> for ClientError {
    fn from(error: TransportError) -> Self {
        Self::Unreachable(error)
    }
}

/// What a store that this client was given says.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    message: String,
    #[source]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// What failed, in lower case and without what was to be stored.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// With what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
}

impl From<StoreError> for ClientError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_is_not_known_goes_by_what_the_frame_says() {
        let error = v1::Error {
            code: "from_the_future".into(),
            retry: v1::Retry::Later.into(),
            retry_after_ms: 1_500,
            ..Default::default()
        };
        let error = ClientError::from(Refusal::from(error));
        assert_eq!(error.code(), None);
        assert!(error.retryable());
        assert_eq!(error.retry_after(), Some(Duration::from_millis(1_500)));
    }

    #[test]
    fn a_known_code_without_a_hint_goes_by_the_catalogue() {
        let error = v1::Error { code: "overloaded".into(), ..Default::default() };
        let error = ClientError::from(Refusal::from(error));
        assert_eq!(error.code(), Some(ErrorCode::Overloaded));
        assert!(error.retryable());
        assert!(error.user_text(Language::English).unwrap().contains("busy"));
    }
}
