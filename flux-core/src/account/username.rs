//! Usernames: unique, searchable, and safe against look-alikes.

use std::fmt;

use precis_core::profile::PrecisFastInvocation;
use precis_profiles::UsernameCaseMapped;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_security::{MixedScript, skeleton};

use crate::ErrorCode;

/// Why a username is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidUsername {
    /// Fewer than 3 or more than 32 characters.
    #[error("must have 3 to 32 characters")]
    Length,
    /// A character that PRECIS does not allow in a username, or not in this order of directions.
    #[error("holds a character that is not allowed")]
    Character,
    /// Letters of several scripts, which look-alikes are made of.
    #[error("mixes letters of several scripts")]
    MixedScripts,
    /// It reads like somebody who speaks for the service.
    #[error("is reserved")]
    Reserved,
}

impl InvalidUsername {
    /// Stable across releases.
    pub fn code(self) -> ErrorCode {
        ErrorCode::UsernameNotAllowed
    }
}

/// Names that would read as if the service spoke.
const RESERVED: [&str; 20] = [
    "admin",
    "administrator",
    "root",
    "system",
    "support",
    "help",
    "flux",
    "official",
    "moderator",
    "staff",
    "security",
    "service",
    "postmaster",
    "webmaster",
    "hostmaster",
    "abuse",
    "noreply",
    "everyone",
    "anonymous",
    "deleted",
];

/// A name that others search for: 3 to 32 characters of the PRECIS profile UsernameCaseMapped (RFC 8265, section
/// 3.3) in a single script (UTS 39), kept in lower case and NFC.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Username(String);

impl Username {
    /// Checks and maps `text`. A name with an `@` is none: it would be taken for an address at login.
    pub fn new(text: &str) -> Result<Self, InvalidUsername> {
        // Mapping is not cheap, and nothing this long can come down to 32 characters.
        if text.len() > 32 * 4 {
            return Err(InvalidUsername::Length);
        }
        let mapped = UsernameCaseMapped::enforce(text).map_err(|_| InvalidUsername::Character)?.into_owned();
        if !(3..=32).contains(&mapped.chars().count()) {
            return Err(InvalidUsername::Length);
        }
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.') || is_mark(c);
        let edges = |c: char| c.is_alphanumeric() || c == '_' || is_mark(c);
        if !mapped.chars().all(allowed)
            || !mapped.starts_with(edges)
            || !mapped.ends_with(edges)
            || mapped.chars().any(crate::text::invisible)
        {
            return Err(InvalidUsername::Character);
        }
        if !mapped.as_str().is_single_script() {
            return Err(InvalidUsername::MixedScripts);
        }
        let name = Self(mapped);
        let look = name.skeleton();
        if RESERVED.iter().any(|reserved| Self((*reserved).to_owned()).skeleton() == look) {
            return Err(InvalidUsername::Reserved);
        }
        Ok(name)
    }

    /// Takes what a store kept as it is.
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is found by: the name itself, which is mapped already.
    pub fn key(&self) -> &str {
        &self.0
    }

    /// What it is unique by: the same for all names that look alike (UTS 39, section 4), digits that pass for letters
    /// and separators included.
    pub fn skeleton(&self) -> String {
        let folded: String = skeleton(&self.0).collect::<String>().to_lowercase();
        // Skeletons of lower-case letters may be upper-case look-alikes; fold once more until nothing changes.
        skeleton(&folded).filter(|c| !matches!(c, '_' | '-' | '.')).collect()
    }
}

/// Combining marks, which many scripts write vowels with.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Username({})", self.0)
    }
}

/// The start of a username, to search by: 2 to 32 characters, mapped as usernames are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsernamePrefix(String);

impl UsernamePrefix {
    /// `None` if no username can start like this.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > 32 * 4 {
            return None;
        }
        let mapped = UsernameCaseMapped::enforce(text).ok()?.into_owned();
        (2..=32).contains(&mapped.chars().count()).then_some(Self(mapped))
    }

    /// The start.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The least text that is greater than everything that starts so, by code points; `None` if there is none. With
    /// it a store searches by a range of its index, without wildcards to escape.
    pub fn upper_bound(&self) -> Option<String> {
        let mut chars: Vec<char> = self.0.chars().collect();
        while let Some(last) = chars.pop() {
            let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
            if let Some(next) = next {
                chars.push(next);
                return Some(chars.into_iter().collect());
            }
        }
        None
    }
}
