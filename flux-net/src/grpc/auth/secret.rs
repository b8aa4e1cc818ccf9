//! The secret that services share.

use std::collections::BTreeSet;
use std::fmt;

use flux_core::Secret;
use ring::hmac;
use thiserror::Error;

/// Words of samples and of people in a hurry: a secret that holds one was not made by chance.
const WORDS: [&str; 10] = [
    "changeme",
    "secret",
    "password",
    "passw0rd",
    "passphrase",
    "example",
    "sample",
    "replaceme",
    "replacethis",
    "default",
];

/// How few different characters a text of chance may have: base64 and hexadecimal texts of 32 have more.
const FEWEST_CHARACTERS: usize = 10;

/// Why a text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WeakSecret {
    /// It could be found by trying.
    #[error("shorter than {least} bytes")]
    TooShort {
        /// How long it must be.
        least: usize,
    },
    /// It stands in a sample, or could.
    #[error("a sample, or made of words that samples are made of")]
    Sample,
    /// A few characters over and over.
    #[error("repeats itself")]
    Repeated,
}

/// A secret that all services of a cluster know and nobody else. `Debug` hides it.
#[derive(Clone)]
pub struct SharedSecret(hmac::Key);

impl SharedSecret {
    /// The shortest that is taken: 32 bytes.
    pub const LEAST_BYTES: usize = 32;

    /// Takes a text that was made by chance, such as `openssl rand -base64 32` makes. Space around it is dropped, for
    /// files end with a line end.
    ///
    /// # Errors
    /// [`WeakSecret`] for whatever a stranger could guess.
    pub fn new(text: &Secret) -> Result<Self, WeakSecret> {
        let text = text.expose().trim();
        if text.len() < Self::LEAST_BYTES {
            return Err(WeakSecret::TooShort { least: Self::LEAST_BYTES });
        }
        let letters: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let letters = letters.to_ascii_lowercase();
        if WORDS.iter().any(|word| letters.contains(word)) {
            return Err(WeakSecret::Sample);
        }
        let bytes = text.as_bytes();
        let repeats = (1..=bytes.len() / 2).any(|period| bytes[period..] == bytes[..bytes.len() - period]);
        if repeats || bytes.iter().collect::<BTreeSet<_>>().len() < FEWEST_CHARACTERS {
            return Err(WeakSecret::Repeated);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
    }

    /// The MAC of what is said on a call of `path`.
    pub(super) fn mac(&self, said: &str, path: &str) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [said, "\n", path] {
            context.update(part.as_bytes());
        }
        context.sign()
    }

    /// Whether `mac` is that MAC, in a time that does not tell where it differs.
    pub(super) fn verifies(&self, said: &str, path: &str, mac: &[u8]) -> bool {
        hmac::verify(&self.0, format!("{said}\n{path}").as_bytes(), mac).is_ok()
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "pZ4m1Qx7Vw0sKf9yBt3Rn6LcHd8JuGaE";

    fn made(text: &str) -> Result<SharedSecret, WeakSecret> {
        SharedSecret::new(&Secret::new(text))
    }

    #[test]
    fn what_chance_made_is_taken() {
        for text in
            [GOOD, "3f9c0a71d2b84e65a0c1f7d9e2b38460517ac4de", " \tpZ4m1Qx7Vw0sKf9yBt3Rn6LcHd8JuGaE\n"]
        {
            assert!(made(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_a_stranger_could_guess_is_refused() {
        use WeakSecret::{Repeated, Sample};
        let short = WeakSecret::TooShort { least: 32 };
        for (text, why) in [
            ("", short),
            ("changeme", short),
            (&GOOD[1..], short),
            (&format!("{}   ", &GOOD[1..]), short),
            ("change-me-change-me-change-me-change-me", Sample),
            ("a-sample-secret-that-is-long-enough-indeed", Sample),
            ("CHANGE_ME_0123456789abcdefghijklmnop", Sample),
            ("replace-this-0123456789-abcdefghijklm", Sample),
            (&"x".repeat(64), Repeated),
            (&"ab".repeat(32), Repeated),
            ("0123456789abcdef0123456789abcdef", Repeated),
            ("0123456789abcdef0123456789abcdef0123", Repeated),
            ("aaaabbbbccccddddaabbccddaabbccddabcdabcddcba", Repeated),
        ] {
            assert_eq!(made(text).err(), Some(why), "{text}");
        }
    }

    #[test]
    fn a76_a_secret_shows_nowhere() {
        assert_eq!(format!("{:?}", made(GOOD).unwrap()), "SharedSecret(..)");
    }
}
