//! What the driver says, in words that hold no values, and what is to be done about it.

use std::fmt;

use flux_core::StoreError;
use sqlx::mysql::MySqlDatabaseError;
use thiserror::Error;

/// What is to be done about a statement that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The transaction lost against another one: run it again.
    Again,
    /// The connection is lost, or its server does not take writes any more: run it again on another one.
    Elsewhere,
    /// It would fail again.
    Never,
}

/// A failure without the server's own words, which may quote values.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Failure {
    /// The server refused. What a number means stands in the manuals of both servers.
    Server {
        /// Its error number.
        number: u16,
        /// The standard's class of the error.
        state: String,
    },
    /// The connection broke.
    Lost(std::io::ErrorKind),
    /// Something between the driver and the server.
    Driver(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server { number, state } => write!(f, "the server refused with error {number} ({state})"),
            Self::Lost(kind) => write!(f, "the connection to the server is lost: {kind}"),
            Self::Driver(what) => write!(f, "no answer that could be read: {what}"),
        }
    }
}

impl Failure {
    pub(super) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(database) => match database.try_downcast_ref::<MySqlDatabaseError>() {
                Some(own) => {
                    let state = own.code().unwrap_or_default().to_owned();
                    Self::Server { number: own.number(), state }
                }
                None => Self::Driver("an error of another database"),
            },
            sqlx::Error::Io(error) => Self::Lost(error.kind()),
            sqlx::Error::Tls(_) => Self::Driver("TLS"),
            sqlx::Error::Protocol(_) => Self::Driver("protocol"),
            sqlx::Error::RowNotFound => Self::Driver("no row"),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                Self::Driver("a column of another type")
            }
            sqlx::Error::Configuration(_) => Self::Driver("configuration"),
            _ => Self::Driver("driver"),
        }
    }

    pub(super) fn number(&self) -> Option<u16> {
        match self {
            Self::Server { number, .. } => Some(*number),
            _ => None,
        }
    }

    pub(super) fn fate(&self) -> Fate {
        match self {
            // Lock wait, deadlock, snapshot conflict, failed commit of a cluster; and a key that somebody else took
            // first: whoever runs again sees it.
            Self::Server { number: 1_205 | 1_213 | 1_020 | 1_180 | 3_101 | 1_062, .. } => Fate::Again,
            // Too many connections, shutting down, read-only, not ready, killed, gone: 1040, 1047, 1053, 1290, 1317,
            // 1836, 1927, 2006, 2013, 3169, 4031.
            Self::Server {
                number: 1_040 | 1_047 | 1_053 | 1_290 | 1_317 | 1_836 | 1_927 | 2_006 | 2_013 | 3_169 | 4_031,
                ..
            }
            | Self::Lost(_)
            | Self::Driver("protocol") => Fate::Elsewhere,
            Self::Server { .. } | Self::Driver(_) => Fate::Never,
        }
    }

    pub(super) fn into_store_error(self) -> StoreError {
        StoreError::unavailable(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(number: u16) -> Failure {
        Failure::Server { number, state: "HY000".to_owned() }
    }

    #[test]
    fn lost_races_are_run_again_and_lost_connections_elsewhere() {
        assert_eq!(server(1_213).fate(), Fate::Again, "deadlock");
        assert_eq!(server(1_205).fate(), Fate::Again, "lock wait");
        assert_eq!(server(1_020).fate(), Fate::Again, "snapshot conflict");
        assert_eq!(server(2_013).fate(), Fate::Elsewhere, "lost connection");
        assert_eq!(server(1_290).fate(), Fate::Elsewhere, "read-only after a failover");
        assert_eq!(Failure::Lost(std::io::ErrorKind::ConnectionRefused).fate(), Fate::Elsewhere);
        assert_eq!(server(1_146).fate(), Fate::Never, "no such table");
        assert_eq!(server(1_969).fate(), Fate::Never, "too slow: again would be slower");
    }

    #[test]
    fn what_is_told_quotes_nothing() {
        let refused = sqlx::Error::Protocol("near 'secret text'".to_owned());
        assert!(!Failure::of(&refused).to_string().contains("secret"));
        assert_eq!(server(1_062).to_string(), "the server refused with error 1062 (HY000)");
    }
}
