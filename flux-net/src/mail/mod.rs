//! Mail: [`flux_core::mail::Mailer`] over SMTP ([`SmtpMailer`]), or into a folder where there is no SMTP server
//! ([`OutboxMailer`]).
//!
//! What a mail says comes from [`Templates`], in English, Chinese or both. Of what users wrote, nothing stands in a mail
//! but the address it goes to, which is checked by the type that it comes in, and in a digest the names of those who
//! wrote, without anything that a reader's program could take for a link.

mod digest;
mod outbox;
mod smtp;
mod template;
mod words;

pub use outbox::{CapturedMail, OutboxConfig, OutboxError, OutboxMailer, read_outbox};
pub use smtp::{InvalidSmtpConfig, SmtpConfig, SmtpMailer, SmtpSecurity, TrialError, try_out};
pub use template::{MailLanguage, RenderedMail, Templates};
