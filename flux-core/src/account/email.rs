//! E-mail addresses.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::ErrorCode;
use crate::text::invisible;

/// Why an address is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an e-mail address that mail can be sent to")]
pub struct InvalidEmail;

impl InvalidEmail {
    /// Stable across releases.
    pub fn code(self) -> ErrorCode {
        ErrorCode::EmailNotAllowed
    }
}

/// An address that mail can be sent to: an unquoted local part (RFC 5321, `Dot-string`, ASCII or UTF-8 letters and
/// digits as RFC 6531 allows) at a domain name. `Debug` hides it: addresses are personal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Checks `text` and brings the domain into its ASCII form, lower case.
    pub fn new(text: &str) -> Result<Self, InvalidEmail> {
        // RFC 5321, 4.5.3.1: a path has 256 octets with its brackets, a local part 64.
        if text.len() > 254 {
            return Err(InvalidEmail);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let atom = |c: char| c.is_ascii_alphanumeric() || "!#$&'*+/=?^_`{|}~-".contains(c);
        let word = |part: &str| {
            !part.is_empty() && part.chars().all(|c| atom(c) || (!c.is_ascii() && c.is_alphanumeric()))
        };
        // A leading hyphen is an option to some mail programs, and "=?" starts an encoded word in a header (RFC 2047).
        let misread = local.starts_with('-') || local.contains("=?");
        if local.len() > 64 || misread || !local.split('.').all(word) {
            return Err(InvalidEmail);
        }
        // IDNA maps the dots of other scripts to '.', and what is invisible to nothing; nobody types them on purpose.
        let mapped = |c| matches!(c, '\u{3002}' | '\u{FF0E}' | '\u{FF61}') || invisible(c);
        if domain.chars().any(mapped) {
            return Err(InvalidEmail);
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| InvalidEmail)?;
        let label = |part: &str| {
            !part.is_empty()
                && part.len() <= 63
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let last = domain.rsplit('.').next().unwrap_or_default();
        if !domain.contains('.')
            || !domain.split('.').all(label)
            || last.len() < 2
            || last.chars().all(|c| c.is_ascii_digit())
        {
            return Err(InvalidEmail);
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    /// Takes what a store kept as it is.
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    /// The address, for sending.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is unique by: all of it in lower case and NFKC, so that full-width letters and the like make no second
    /// address. Dots and plus signs count, for most servers tell them apart.
    pub fn key(&self) -> String {
        // Mapping may bring forth capitals, and lower case another form; what settles is the same for all of them.
        let fold = |text: &str| text.nfkc().collect::<String>().to_lowercase().nfkc().collect::<String>();
        fold(&fold(&self.0))
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a37_addresses_that_mail_can_be_sent_to_are_taken() {
        for (text, kept) in [
            ("ann@example.com", "ann@example.com"),
            ("Ann.Lee+flux@Example.COM", "Ann.Lee+flux@example.com"),
            ("o'brien@sub.example.co.uk", "o'brien@sub.example.co.uk"),
            ("ann@bücher.example", "ann@xn--bcher-kva.example"),
            ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
            ("用户@例子.中国", "用户@xn--fsqu00a.xn--fiqs8s"),
            ("a@b.co", "a@b.co"),
        ] {
            assert_eq!(Email::new(text).as_ref().map(Email::as_str), Ok(kept), "{text}");
        }
    }

    #[test]
    fn a37_whatever_could_be_read_as_something_else_is_refused() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_domain = format!("a@{}.com", "a".repeat(64));
        let long = format!("a@{}com", "abcdefghi.".repeat(32));
        for text in [
            "",
            "@",
            "ann",
            "ann@",
            "@example.com",
            "a@b\r\nBcc: x@example.com",
            "a@example.com\r\nBcc: x@example.com",
            "a@example.com\n",
            "a\0@example.com",
            "a@example.com\0",
            "a%0d%0aBcc:x@example.com",
            "=?utf-8?q?a?=@example.com",
            "\"a b\"@example.com",
            "\"a\"@example.com",
            "a(comment)@example.com",
            "a@example.com(comment)",
            "Ann <a@example.com>",
            "<a@example.com>",
            "a@example.com,b@example.com",
            "a@example.com b@example.com",
            "a@b@example.com",
            "a@example.com@",
            " a@example.com",
            "a@example.com ",
            "-a@example.com",
            "--config=x@example.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@.example.com",
            "a@example..com",
            "a@example.com.",
            "a@-example.com",
            "a@example-.com",
            "a@localhost",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@example.1",
            "a@exa_mple.com",
            "a@example\u{3002}com",
            "a@example\u{FF0E}com",
            "a@example\u{FF61}com",
            "a\u{FF0E}b@example.com",
            "a\u{200B}b@example.com",
            "a@exam\u{200B}ple.com",
            "a@exam\u{202E}ple.com",
            "a\u{202E}b@example.com",
            "a@xn--.com",
            "a@xn--a.com",
            "a\u{FF20}example.com",
            &long_local,
            &long_domain,
            &long,
        ] {
            assert_eq!(Email::new(text), Err(InvalidEmail), "{text:?}");
        }
    }

    #[test]
    fn a29_spellings_of_one_address_have_one_key() {
        let key = |text: &str| Email::new(text).unwrap().key();
        for (one, other) in [
            ("ann@example.com", "Ann@EXAMPLE.com"),
            ("ann@bücher.example", "ANN@XN--BCHER-KVA.example"),
            ("ann@example.com", "ａｎｎ@example.com"),
            ("ann@example.com", "ann@ｅｘａｍｐｌｅ.com"),
            ("straße@example.com", "straße@example.com"),
            ("é@example.com", "É@example.com"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("ann.lee@example.com"), key("annlee@example.com"));
        assert_ne!(key("ann+a@example.com"), key("ann@example.com"));
    }

    proptest! {
        #[test]
        fn a37_an_address_is_one_line_with_one_at_sign_and_stays_what_it_is(
            text in "\\PC{0,40}|[a-zA-Z.+\"<>()%=?é@ \r\n-]{0,20}@[a-z.é-]{1,12}\\.[a-z]{2,4}"
        ) {
            if let Ok(email) = Email::new(&text) {
                let kept = email.as_str();
                prop_assert_eq!(Email::new(kept), Ok(email.clone()));
                prop_assert_eq!(kept.matches('@').count(), 1);
                let harmless = |c: char| !c.is_control() && !c.is_whitespace() && !"\"<>(),:;\\[]%".contains(c);
                prop_assert!(kept.chars().all(harmless));
            }
        }

        #[test]
        fn a29_a_key_is_its_own_key(text in "[a-zA-Zａ-ｚéÉßſKÅİıǅ]{1,8}") {
            if let Ok(email) = Email::new(&format!("{text}@example.com")) {
                let key = email.key();
                prop_assert_eq!(Email::from_store(key.clone()).key(), key);
            }
        }
    }

    #[test]
    fn a76_debug_does_not_show_the_address() {
        assert_eq!(format!("{:?}", Email::new("canary@example.com").unwrap()), "Email(..)");
    }
}
