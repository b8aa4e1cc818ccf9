//! Usernames: unique, searchable, and safe against look-alikes.

use std::fmt;

use precis_core::profile::PrecisFastInvocation;
use precis_profiles::UsernameCaseMapped;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_security::MixedScript;

use super::look::{look, reserved};
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
        // Where a name starts or ends must not be a matter of the eye: no dots there, and no mark without a letter.
        let first = |c: char| c.is_alphanumeric() || c == '_';
        let last = |c: char| first(c) || is_mark(c);
        if !mapped.chars().all(allowed)
            || !mapped.starts_with(first)
            || !mapped.ends_with(last)
            || !mapped.chars().any(char::is_alphanumeric)
            || mapped.chars().any(crate::text::invisible)
            || crate::text::piled_marks(&mapped)
        {
            return Err(InvalidUsername::Character);
        }
        if !mapped.as_str().is_single_script() {
            return Err(InvalidUsername::MixedScripts);
        }
        if reserved(&mapped) {
            return Err(InvalidUsername::Reserved);
        }
        Ok(Self(mapped))
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
        look(&self.0)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn skeleton(text: &str) -> String {
        Username::new(text).unwrap().skeleton()
    }

    #[test]
    fn names_are_mapped_and_kept() {
        for (text, kept) in [
            ("ann", "ann"),
            ("Ann_Lee", "ann_lee"),
            ("ANN-2.0", "ann-2.0"),
            ("_ann_", "_ann_"),
            ("Ａｎｎ", "ann"),
            ("E\u{301}mile", "émile"),
            ("Мария", "мария"),
            ("张伟伟", "张伟伟"),
            ("さくら桜", "さくら桜"),
            ("김철수", "김철수"),
            ("हिन्दी", "हिन्दी"),
            ("דוד12", "דוד12"),
            ("123", "123"),
        ] {
            assert_eq!(Username::new(text).as_ref().map(Username::as_str), Ok(kept), "{text:?}");
        }
    }

    #[test]
    fn a30_a60_names_that_hide_or_pretend_are_refused() {
        use InvalidUsername::{Character, Length, MixedScripts, Reserved};
        for (text, why) in [
            ("", Character),
            ("ab", Length),
            ("ann@lee", Character),
            ("ann lee", Character),
            ("ann ", Character),
            (" ann", Character),
            ("ann.", Character),
            (".ann", Character),
            ("ann-", Character),
            ("___", Character),
            ("ann\u{200B}", Character),
            ("an\u{200D}n", Character),
            ("an\u{AD}n", Character),
            ("ann\u{200F}", Character),
            ("\u{202E}nna", Character),
            ("ann\u{3002}", Character),
            ("ann\0", Character),
            ("ann\n", Character),
            ("an%n", Character),
            ("an'n--", Character),
            ("<b>", Character),
            ("🎉🎉🎉", Character),
            ("ａnn\u{FF0E}", Character),
            ("\u{301}nn1", Character),
            ("a\u{337}\u{338}\u{321}\u{322}\u{327}nn", Character),
            ("ann\u{E000}", Character),
            ("אab", Character),
            ("аnn", MixedScripts),
            ("раypal", MixedScripts),
            ("annα", MixedScripts),
            ("admin", Reserved),
            ("Adm1n", Reserved),
            ("a_d.m-in", Reserved),
            ("rооt", MixedScripts),
            ("FLUX", Reserved),
            ("ｓｕｐｐｏｒｔ", Reserved),
        ] {
            assert_eq!(Username::new(text), Err(why), "{text:?}");
        }
        assert!(Username::new(&"a".repeat(32)).is_ok());
        assert_eq!(Username::new(&"a".repeat(33)), Err(Length));
        assert_eq!(Username::new(&"a".repeat(1_000_000)), Err(Length));
    }

    #[test]
    fn a30_names_that_look_alike_are_one_name() {
        for (one, other) in [
            ("scope", "ѕсоре"),
            ("paypal", "paypa1"),
            ("paypal", "PAYPAL"),
            ("bill", "bi11"),
            ("oscar", "0scar"),
            ("modern", "modem"),
            ("ann_lee", "annlee"),
            ("ann_lee", "ann.lee"),
            ("ann", "Ａｎｎ"),
            ("ann", "_ann"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
        for (one, other) in [("ann", "anne"), ("ann2", "ann3"), ("émile", "emile"), ("мария", "мари")]
        {
            assert_ne!(skeleton(one), skeleton(other), "{one} {other}");
        }
    }

    #[test]
    fn a61_a_prefix_is_literal_and_has_a_least_upper_bound() {
        assert_eq!(UsernamePrefix::new("An").unwrap().as_str(), "an");
        assert_eq!(UsernamePrefix::new("an").unwrap().upper_bound().as_deref(), Some("ao"));
        assert_eq!(UsernamePrefix::new("a_").unwrap().upper_bound().as_deref(), Some("a`"));
        for bad in ["", "a", " a ", "a b", "a\0", "a\u{200B}", &"a".repeat(129)] {
            assert_eq!(UsernamePrefix::new(bad), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a30_a_name_is_taken_again_as_it_is(text in "\\PC{3,34}|[aA1lI0oO_.é-]{3,8}|[а-яА-Я]{3,8}") {
            if let Ok(name) = Username::new(&text) {
                prop_assert_eq!(Username::new(name.as_str()), Ok(name.clone()));
                prop_assert!(!name.skeleton().is_empty());
                prop_assert!(!name.as_str().contains('@'));
            }
        }

        #[test]
        fn a30_swapping_look_alikes_makes_no_new_name(
            letters in prop::collection::vec(prop::sample::select(vec![('o', '0'), ('l', '1'), ('x', 'x'), ('n', 'N')]), 3..12),
            swaps in any::<u16>(),
        ) {
            let one: String = letters.iter().map(|(a, _)| *a).collect();
            let swapped = |i: usize, pair: &(char, char)| if swaps >> i & 1 == 0 { pair.0 } else { pair.1 };
            let other: String = letters.iter().enumerate().map(|(i, pair)| swapped(i, pair)).collect();
            prop_assert_eq!(skeleton(&one), skeleton(&other));
        }

        #[test]
        fn a61_every_name_that_starts_so_is_below_the_upper_bound(prefix in "[a-zé_]{2,6}", rest in "[a-z0-9é]{1,6}") {
            let prefix = UsernamePrefix::new(&prefix).unwrap();
            let name = format!("{}{rest}", prefix.as_str());
            prop_assert!(name.as_str() >= prefix.as_str());
            prop_assert!(name < prefix.upper_bound().unwrap());
        }
    }
}
