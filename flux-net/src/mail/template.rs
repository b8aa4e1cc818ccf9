//! From what is to be told to what a mail says.

use std::fmt;
use std::time::Duration;

use flux_core::mail::MailContent;
use flux_core::{Secret, mail::MailError};

use super::digest::Digest;
use super::words::{Telling, Words, telling, trial};

/// Which language mails are in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailLanguage {
    /// Both, one below the other: a mail goes to somebody who may have no account yet, so nobody knows.
    #[default]
    Both,
    /// English.
    English,
    /// Chinese, in simplified characters.
    Chinese,
}

/// What mails look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    /// What the service calls itself: "Flux".
    pub product: String,
    /// In which language: both.
    pub language: MailLanguage,
    /// How long a verification code is good, as the mail says it: 10 minutes.
    pub code_lifetime: Duration,
}

impl Default for Templates {
    fn default() -> Self {
        Self {
            product: "Flux".to_owned(),
            language: MailLanguage::default(),
            code_lifetime: Duration::from_mins(10),
        }
    }
}

/// A mail's words.
#[derive(Clone, PartialEq, Eq)]
pub struct RenderedMail {
    /// One line, the same for all mails of a kind.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as a page.
    pub html: String,
}

impl fmt::Debug for RenderedMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderedMail").field("subject", &self.subject).finish_non_exhaustive()
    }
}

impl Templates {
    /// The words of a mail.
    ///
    /// # Errors
    /// [`MailError::Failed`] for a kind of mail that these templates do not know.
    pub fn render(&self, content: &MailContent) -> Result<RenderedMail, MailError> {
        let words = telling(content).ok_or(MailError::Failed("no words for this kind of mail"))?;
        let middle = match content {
            MailContent::Code { code, .. } => Middle::Code(code),
            MailContent::Digest { senders, others, messages, more } => {
                Middle::Digest(Digest { senders, others: *others, messages: *messages, more: *more })
            }
            _ => Middle::Nothing,
        };
        Ok(self.lay_out(words, &middle))
    }

    /// A mail that only tries out whether mail gets through.
    pub(super) fn trial(&self) -> RenderedMail {
        self.lay_out(trial(), &Middle::Nothing)
    }

    fn lay_out(&self, words: Telling, middle: &Middle<'_>) -> RenderedMail {
        let parts: Vec<Words> = match self.language {
            MailLanguage::Both => vec![words.english, words.chinese],
            MailLanguage::English => vec![words.english],
            MailLanguage::Chinese => vec![words.chinese],
        };
        let subject: Vec<_> = parts.iter().map(|words| self.fill(words.subject)).collect();
        let text: Vec<_> = parts.iter().map(|words| self.text(words, middle)).collect();
        let html: String = parts.iter().map(|words| self.html(words, middle)).collect();
        RenderedMail {
            subject: subject.join(" · "),
            text: text.join("\n\n"),
            html: format!("{HTML_HEAD}{html}{HTML_TAIL}"),
        }
    }

    /// One paragraph a blank line, lines short enough for any reader.
    fn text(&self, words: &Words, middle: &Middle<'_>) -> String {
        let mut text = self.before(words, middle);
        match middle {
            Middle::Nothing => {}
            Middle::Code(code) => {
                text.push_str("\n\n    ");
                text.push_str(code.expose());
            }
            Middle::Digest(digest) => {
                text.push('\n');
                for line in digest.lines(words.language) {
                    text.push_str("\n    ");
                    text.push_str(&line);
                }
            }
        }
        for paragraph in [words.after, words.signature] {
            text.push_str("\n\n");
            text.push_str(&self.fill(paragraph));
        }
        text
    }

    fn html(&self, words: &Words, middle: &Middle<'_>) -> String {
        let fill = |text| escape(&self.fill(text));
        let between = match middle {
            Middle::Nothing => String::new(),
            Middle::Code(code) => format!(
                "<p style=\"margin:24px 0;font:600 32px/1 ui-monospace,monospace;letter-spacing:8px\">{}</p>",
                escape(code.expose())
            ),
            Middle::Digest(digest) => {
                let lines: Vec<_> = digest.lines(words.language).iter().map(|line| escape(line)).collect();
                format!(
                    "<ul style=\"margin:16px 0;padding-left:20px\"><li>{}</li></ul>",
                    lines.join("</li><li>")
                )
            }
        };
        format!(
            "<div lang=\"{}\" style=\"{CARD}\"><p style=\"margin:0\">{}</p>{between}\
             <p style=\"margin:16px 0 0\">{}</p><p style=\"margin:24px 0 0;color:#697386;font-size:13px\">{}</p></div>",
            words.language,
            escape(&self.before(words, middle)),
            fill(words.after),
            fill(words.signature),
        )
    }

    fn before(&self, words: &Words, middle: &Middle<'_>) -> String {
        let before = self.fill(words.before);
        match middle {
            Middle::Digest(digest) => before.replace("{count}", &digest.count(words.language)),
            Middle::Nothing | Middle::Code(_) => before,
        }
    }

    fn fill(&self, text: &str) -> String {
        // Rounded up: who comes in the last minute is not told that none is left.
        let minutes = self.code_lifetime.as_secs().div_ceil(60).to_string();
        text.replace("{minutes}", &minutes).replace("{product}", &self.product)
    }
}

/// What stands between the words.
enum Middle<'m> {
    Nothing,
    Code(&'m Secret),
    Digest(Digest<'m>),
}

const HTML_HEAD: &str = "<!doctype html><html><head><meta charset=\"utf-8\">\
                         <meta name=\"viewport\" content=\"width=device-width\"></head>\
                         <body style=\"margin:0;padding:24px;background:#f4f5f7;color:#1a1f36;\
                         font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif\">";
const HTML_TAIL: &str = "</body></html>";
const CARD: &str = "max-width:480px;margin:0 auto 16px;padding:32px;background:#fff;border-radius:12px";

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use flux_core::account::DisplayName;
    use flux_core::mail::DigestSender;
    use flux_core::verification::Purpose;

    use super::*;

    fn every_kind() -> Vec<MailContent> {
        let code = |purpose| MailContent::Code { code: Secret::new("314159"), purpose };
        vec![
            code(Purpose::Register),
            code(Purpose::ResetPassword),
            code(Purpose::ChangeEmail),
            MailContent::AlreadyRegistered,
            MailContent::PasswordChanged,
            MailContent::EmailChanged,
            MailContent::AccountDeleted,
            digest(&[("2147", 1)]),
        ]
    }

    fn digest(senders: &[(&str, u64)]) -> MailContent {
        let sender = |(name, messages): &(&str, u64)| DigestSender {
            name: Some(DisplayName::new(name).unwrap()),
            messages: *messages,
        };
        let messages = senders.iter().map(|(_, messages)| messages).sum();
        MailContent::Digest {
            senders: senders.iter().map(sender).collect(),
            others: 0,
            messages,
            more: false,
        }
    }

    #[test]
    fn a_digest_tells_in_each_language_who_wrote_and_how_much() {
        let mail = Templates::default().render(&digest(&[("Ada Lovelace", 3), ("Böb", 1)])).unwrap();
        for said in [
            "4 messages wait for you on Flux:\n\n    Ada Lovelace: 3 messages\n    Böb: 1 message\n\n",
            "您在 Flux 上有 4 条未读消息：\n\n    Ada Lovelace：3 条消息\n    Böb：1 条消息\n\n",
        ] {
            assert!(mail.text.contains(said), "{}", mail.text);
        }
        assert!(mail.html.contains("Ada Lovelace: 3 messages</li>"), "{}", mail.html);
        assert!(!mail.subject.contains("Ada"), "whoever looks over a shoulder sees the subject");
    }

    #[test]
    fn a59_the_name_of_a_sender_is_no_markup_and_no_link() {
        let names = [("<script>alert(1)</script>", 1), ("http://evil.example/x", 1), ("a@evil.example", 1)];
        let mail = Templates::default().render(&digest(&names)).unwrap();
        assert!(!mail.html.contains("<script") && mail.html.contains("&lt;script&gt;"), "{}", mail.html);
        for part in [&mail.text, &mail.html] {
            assert!(
                !part.contains("http:") && !part.contains("evil.example") && !part.contains('@'),
                "{part}"
            );
        }
    }

    #[test]
    fn every_kind_of_mail_has_words_in_both_languages_and_nothing_left_to_fill_in() {
        let mut subjects = Vec::new();
        for content in every_kind() {
            let mail = Templates::default().render(&content).unwrap();
            for part in [&mail.subject, &mail.text, &mail.html] {
                assert!(!part.contains('{') && !part.contains('}'), "{part}");
                assert!(part.contains("Flux"), "{part}");
                assert!(part.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c)), "{part}");
            }
            assert!(!mail.subject.contains(['\r', '\n']) && mail.subject.len() < 120, "{}", mail.subject);
            subjects.push(mail.subject);
        }
        subjects.sort();
        subjects.dedup();
        assert_eq!(subjects.len(), every_kind().len(), "each kind is told from the others by its subject");
    }

    #[test]
    fn a_code_stands_in_the_text_and_the_page_and_never_in_the_subject() {
        for content in every_kind() {
            let has_code = matches!(content, MailContent::Code { .. });
            let mail = Templates::default().render(&content).unwrap();
            assert_eq!(mail.text.contains("\n    314159\n"), has_code);
            assert_eq!(mail.html.contains(">314159<"), has_code);
            assert_eq!(mail.text.contains("10 minutes"), has_code);
            assert!(!mail.subject.contains("314159"));
        }
    }

    #[test]
    fn one_language_alone_says_nothing_in_the_other() {
        let english = Templates { language: MailLanguage::English, ..Templates::default() };
        let chinese = Templates { language: MailLanguage::Chinese, ..Templates::default() };
        for content in every_kind() {
            assert!(english.render(&content).unwrap().text.is_ascii());
            let text = chinese.render(&content).unwrap().text;
            assert!(text.replace("Flux", "").chars().all(|c| !c.is_ascii_alphabetic()), "{text}");
        }
    }

    #[test]
    fn a38_no_mail_holds_a_link_that_somebody_could_bend() {
        for content in every_kind() {
            let mail = Templates::default().render(&content).unwrap();
            for part in [&mail.subject, &mail.text, &mail.html] {
                assert!(!part.contains("http") && !part.contains("href") && !part.contains("src="), "{part}");
            }
        }
    }

    #[test]
    fn a59_the_name_of_the_product_is_no_markup() {
        let templates = Templates { product: "<b>Q&A</b>".to_owned(), ..Templates::default() };
        let mail = templates.render(&MailContent::AccountDeleted).unwrap();
        assert!(
            mail.html.contains("&lt;b&gt;Q&amp;A&lt;/b&gt;") && !mail.html.contains("<b>"),
            "{}",
            mail.html
        );
        assert!(mail.text.contains("<b>Q&A</b>"));
    }

    #[test]
    fn a76_debug_shows_no_code() {
        for content in every_kind() {
            let mail = Templates::default().render(&content).unwrap();
            assert!(!format!("{content:?} {mail:?}").contains("314159"));
        }
    }
}
