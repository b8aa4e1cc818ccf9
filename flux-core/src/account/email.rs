//! E-mail addresses.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ErrorCode;

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
        if local.is_empty() || local.len() > 64 || local.starts_with('-') || !local.split('.').all(word) {
            return Err(InvalidEmail);
        }
        // Dots of other scripts are mapped to '.' by IDNA; nobody types them on purpose.
        if domain.chars().any(|c| matches!(c, '\u{3002}' | '\u{FF0E}' | '\u{FF61}')) {
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

    /// What it is unique by: all of it in lower case. Dots and plus signs count, for most servers tell them apart.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}
