//! The port that mail leaves through.

use async_trait::async_trait;

use crate::account::{DisplayName, Email};
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
    /// Messages wait.
    Digest {
        /// Who wrote the most of them.
        senders: Vec<DigestSender>,
        /// How many more people wrote.
        others: usize,
        /// How many messages wait, of all of them.
        messages: u64,
        /// Whether there are more than were counted.
        more: bool,
    },
}

/// Somebody who wrote messages that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestSender {
    /// What they call themselves; `None` once their account is deleted.
    pub name: Option<DisplayName>,
    /// How many messages.
    pub messages: u64,
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
    /// The mail server says no to this mail, and would again.
    #[error("mail refused by the mail server")]
    Refused,
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

    /// Returns once the mail is where the end of this process does not matter to it: on disk, or with the mail server.
    /// It is tried once; whoever calls tries again. An adapter whose [`send`](Self::send) does that already keeps this.
    async fn deliver(&self, mail: Mail) -> Result<(), MailError> {
        self.send(mail).await
    }
}
