//! What a verification code is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::account::Email;

/// What a code may be used for; a code for one purpose is none for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Purpose {
    /// Making an account.
    Register,
    /// Choosing a new password without the old one.
    ResetPassword,
    /// Proving that a new address is one's own.
    ChangeEmail,
}

impl Purpose {
    /// As it stands in the HTTP API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
        }
    }
}

/// What a code is kept under: one live code per address and purpose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeKey {
    /// The address it was sent to, in the form that addresses are [unique by](Email::key).
    pub email: Email,
    /// What it is for.
    pub purpose: Purpose,
}

impl CodeKey {
    /// Of codes for `purpose` sent to `email`, however its letters are cased.
    pub fn new(purpose: Purpose, email: &Email) -> Self {
        Self { email: Email::from_store(email.key()), purpose }
    }
}

/// The MAC of a code, bound to its address and purpose; the code itself is kept nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodeMac([u8; 32]);

impl CodeMac {
    /// From bytes that a store kept.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to keep.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether the two are the same, in a time that does not tell where they differ.
    pub fn matches(&self, other: &Self) -> bool {
        subtle::ConstantTimeEq::ct_eq(&self.0[..], &other.0[..]).into()
    }
}

impl std::fmt::Debug for CodeMac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeMac(..)")
    }
}

/// The rules that codes live by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePolicy {
    /// How long a code is good: 10 minutes.
    pub lifetime: Duration,
    /// How many wrong tries void it: 5.
    pub tries: u32,
    /// How long until the next may be sent: 60 s.
    pub pause: Duration,
}

impl Default for CodePolicy {
    fn default() -> Self {
        Self { lifetime: Duration::from_mins(10), tries: 5, pause: Duration::from_mins(1) }
    }
}
