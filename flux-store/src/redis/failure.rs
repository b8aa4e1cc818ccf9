//! What can go wrong between here and a server.

use std::fmt;

use flux_core::{Secret, StoreError};
use redis::{ErrorKind, RedisError, ServerErrorKind};
use thiserror::Error;

/// Why a call has no answer. What a server says is repeated as far as it cannot hold anything that was sent to it.
#[derive(Debug, Clone, Error)]
pub(super) enum Failure {
    /// Nobody is asked while the breaker is open.
    #[error("not asked, for lately: {0}")]
    Open(Box<Failure>),
    /// The deadline was reached.
    #[error("no answer in time")]
    Late,
    /// The connection, or what a server answered.
    #[error(transparent)]
    Driver(Told),
    /// No sentinel knows a master.
    #[error("no sentinel names a master of {0}")]
    NoMaster(String),
    /// What a sentinel named is no master (yet).
    #[error("not a master")]
    NotMaster,
    /// A script's claim was overtaken again and again.
    #[error("too much contention")]
    Contended,
}

/// An error of the driver, without what it repeats of our own words: an unknown command's arguments may be a password.
#[derive(Debug, Clone)]
pub(super) struct Told(RedisError);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            ErrorKind::Io => self.0.fmt(f),
            _ => match self.0.code() {
                Some("ERR") => {
                    let detail = self.0.detail().unwrap_or("error");
                    f.write_str(detail.split(", with args").next().unwrap_or("error"))
                }
                Some(code) => f.write_str(code),
                None => f.write_str(self.0.category()),
            },
        }
    }
}

impl std::error::Error for Told {}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        Self::Driver(Told(error))
    }
}

/// What a failure says of the connection that it came over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is lost, or leads to the wrong server.
    Lost,
    /// It may be: several of these in a row are as good as lost.
    Doubtful,
    /// The server answered as it does.
    Fine,
}

impl Failure {
    /// What it says of the connection.
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Late => Verdict::Doubtful,
            Self::Driver(Told(error)) => match error.kind() {
                ErrorKind::Io if error.is_timeout() => Verdict::Doubtful,
                ErrorKind::Io | ErrorKind::Parse | ErrorKind::Server(ServerErrorKind::ReadOnly) => {
                    Verdict::Lost
                }
                ErrorKind::ClusterConnectionNotFound
                | ErrorKind::AuthenticationFailed
                | ErrorKind::Server(
                    ServerErrorKind::BusyLoading
                    | ServerErrorKind::ClusterDown
                    | ServerErrorKind::MasterDown
                    | ServerErrorKind::TryAgain
                    | ServerErrorKind::Moved
                    | ServerErrorKind::Ask,
                ) => Verdict::Doubtful,
                _ => Verdict::Fine,
            },
            Self::Open(_) | Self::NoMaster(_) | Self::NotMaster | Self::Contended => Verdict::Fine,
        }
    }

    /// Whether the server does not know a script, and wants it in full.
    pub(super) fn script_unknown(&self) -> bool {
        matches!(self, Self::Driver(Told(error)) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
    }

    /// Whether a key of ours holds something of another type.
    fn wrong_type(&self) -> bool {
        matches!(self, Self::Driver(Told(error))
            if error.code() == Some("WRONGTYPE") || error.detail().is_some_and(|text| text.contains("WRONGTYPE")))
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        if failure.wrong_type() {
            return Self::Corrupt { what: "a key of another type" };
        }
        Self::unavailable(failure)
    }
}

/// Hides a password, if there is one.
pub(super) fn exposed(secret: Option<&Secret>) -> Option<&str> {
    secret.map(Secret::expose)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(line: &'static [u8]) -> Failure {
        redis::parse_redis_value(line).unwrap().extract_error().unwrap_err().into()
    }

    #[test]
    fn a76_what_a_server_repeats_of_a_command_is_left_out() {
        let old =
            answered(b"-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `hunter2`\r\n");
        assert!(!old.to_string().contains("hunter2"), "{old}");
        assert!(old.to_string().contains("HELLO"), "{old}");
        let refused = answered(b"-WRONGPASS invalid username-password pair or user is disabled.\r\n");
        assert_eq!(refused.to_string(), "WRONGPASS");
    }

    #[test]
    fn answers_are_told_from_a_connection_that_is_lost() {
        assert_eq!(
            answered(b"-READONLY You can't write against a read only replica.\r\n").verdict(),
            Verdict::Lost
        );
        assert_eq!(answered(b"-LOADING Redis is loading\r\n").verdict(), Verdict::Doubtful);
        assert_eq!(answered(b"-WRONGTYPE Operation against\r\n").verdict(), Verdict::Fine);
        assert!(answered(b"-NOSCRIPT No matching script.\r\n").script_unknown());
        let wrong_type = StoreError::from(answered(b"-WRONGTYPE Operation against\r\n"));
        assert!(matches!(wrong_type, StoreError::Corrupt { .. }));
    }
}
