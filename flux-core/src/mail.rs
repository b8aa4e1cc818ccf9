//! The port that mail leaves through.

use async_trait::async_trait;

use crate::account::Email;
use crate::secret::Secret;
use crate::verification::Purpose;

/// What a mail tells. Its words, in which language, are the adapter's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailContent {
    /// A verification code.
    Code {
        /// Six digits.
        code: Secret,
        /// What for.
        purpose: Purpose,
    },
    /// Somebody tried to register with an address that has an account.
    AlreadyRegistered,
    /// The password was changed or reset.
    PasswordChanged,
    /// The account has another address now; this goes to the old one.
    EmailChanged,
    /// The account was deleted.
    AccountDeleted,
}

/// One mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: Email,
    /// What.
    pub content: MailContent,
}

/// The mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// Too many mails wait already.
    #[error("mail queue full")]
    Full,
    /// It could not be written down or handed over.
    #[error("mail not taken: {0}")]
    Failed(&'static str),
}

/// Sends mail.
///
/// # Contract
/// - Returns once the mail is queued, in a time that does not tell whether it will arrive; delivery is tried again by
///   the adapter.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Takes a mail.
    async fn send(&self, mail: Mail) -> Result<(), MailError>;
}
