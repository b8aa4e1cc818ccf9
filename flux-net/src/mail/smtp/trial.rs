//! One mail at once, for whoever sets a server up.

use std::error::Error as _;
use std::sync::Arc;

use flux_core::account::Email;
use flux_core::{Cause, Clock, Entropy};
use lettre::AsyncTransport as _;
use thiserror::Error;

use super::letter::Letters;
use super::worker::kind;
use super::{InvalidSmtpConfig, SmtpConfig, sender, transport};

/// Why a mail that was tried out did not get through. It shows what the server says, and so may name the recipient: it is
/// for a person, not for a log.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrialError {
    /// Nothing was tried.
    #[error(transparent)]
    Config(#[from] InvalidSmtpConfig),
    /// The server said no.
    #[error("the server says: {code} {words}")]
    Said {
        /// The three digits of its answer; those that begin with 4 may be a yes later.
        code: String,
        /// The rest of it.
        words: String,
    },
    /// There was no talk with it, or not in SMTP.
    #[error("{kind}")]
    Broken {
        /// connection, tls, timeout or protocol.
        kind: &'static str,
        /// What the system or the library says.
        #[source]
        cause: Cause,
    },
}

/// Sends a test mail to `to` over a connection of its own, once, and returns what the server says when it has taken it.
///
/// # Errors
/// [`TrialError`].
pub async fn try_out(
    config: SmtpConfig,
    to: &Email,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<String, TrialError> {
    let (from, transport) = (sender(&config)?, transport(&config)?);
    let letters = Letters { from, templates: config.templates, clock, entropy };
    let letter = letters.compose(to, letters.templates.trial());
    let letter = letter.map_err(|error| TrialError::Broken { kind: "protocol", cause: error.into() })?;
    let sent = transport.send(letter).await;
    transport.shutdown().await;
    match sent {
        Ok(answer) => Ok(format!("{} {}", answer.code(), answer.message().collect::<Vec<_>>().join(" "))),
        Err(error) => Err(match error.status() {
            Some(code) => TrialError::Said {
                code: code.to_string(),
                words: error.source().map(ToString::to_string).unwrap_or_default(),
            },
            None => TrialError::Broken { kind: kind(&error), cause: error.into() },
        }),
    }
}
