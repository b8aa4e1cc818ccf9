//! A mail in the form that it travels in (RFC 5322).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use flux_core::account::Email;
use flux_core::mail::{Mail, MailError};
use flux_core::{Clock, Entropy, entropy};
use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use super::{RenderedMail, Templates};

pub(super) struct Letters {
    pub(super) from: Mailbox,
    pub(super) templates: Templates,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl Letters {
    pub(super) fn write(&self, mail: &Mail) -> Result<Message, MailError> {
        self.compose(&mail.to, self.templates.render(&mail.content)?)
    }

    pub(super) fn compose(&self, to: &Email, words: RenderedMail) -> Result<Message, MailError> {
        let to = to.as_str().parse().map_err(|_| MailError::Failed("address not taken"))?;
        let now = u64::try_from(self.clock.now().as_millis()).unwrap_or(0);
        let id = u128::from_le_bytes(entropy::bytes(&*self.entropy));
        // RFC 3834: no holiday notice comes back for it.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(words.subject)
            .date(SystemTime::UNIX_EPOCH + Duration::from_millis(now))
            .message_id(Some(format!("<{id:032x}@{}>", self.from.email.domain())))
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(words.text, words.html))
            .map_err(|_| MailError::Failed("letter cannot be written"))
    }
}
