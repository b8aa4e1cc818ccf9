//! Why a world does not do what it should.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use flux_store::servers::ServerError;
use thiserror::Error;

/// Something did not start, end or answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WorldError {
    /// A private database.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The system refused a file, a port, a process or a signal.
    #[error("cannot {doing}")]
    System {
        /// What was tried.
        doing: String,
        /// What the system says.
        #[source]
        cause: io::Error,
    },
    /// A program that is to be there is not.
    #[error("{name} does not run")]
    NotRunning {
        /// Which.
        name: String,
    },
    /// A program ended before it served.
    #[error("{name} ended without serving; it said: {log}")]
    NotServing {
        /// Which.
        name: String,
        /// The end of its log.
        log: String,
    },
    /// A program that was asked to end in good order did not.
    #[error("{name} ended with {status}; it said: {log}")]
    NotInOrder {
        /// Which.
        name: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of its log.
        log: String,
    },
    /// A statement that a database refused.
    #[error("{statement}: {told}")]
    Statement {
        /// The statement.
        statement: String,
        /// What the database said.
        told: String,
    },
    /// Something took too long.
    #[error("{what} did not happen within {} s{}", patience.as_secs_f32(), last.as_deref().unwrap_or_default())]
    TooLate {
        /// What.
        what: String,
        /// How long was waited.
        patience: Duration,
        /// What was seen last, if anything.
        last: Option<String>,
    },
}

impl WorldError {
    /// For `map_err` on what the system refuses.
    pub(super) fn system<E: Into<io::Error>>(doing: impl Into<String>) -> impl FnOnce(E) -> Self {
        let doing = doing.into();
        move |cause| Self::System { doing, cause: cause.into() }
    }
}
