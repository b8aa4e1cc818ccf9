//! Passwords: which ones are taken, and the port that hashes them.

use async_trait::async_trait;
use thiserror::Error;

use crate::ErrorCode;
use crate::secret::Secret;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidPassword {
    /// Fewer than 8 characters.
    #[error("shorter than 8 characters")]
    TooShort,
    /// More than 256 characters.
    #[error("longer than 256 characters")]
    TooLong,
    /// It is among the first that anybody would try, or made of the username or address.
    #[error("too easy to guess")]
    Guessable,
}

impl InvalidPassword {
    /// Stable across releases.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::TooShort | Self::Guessable => ErrorCode::WeakPassword,
            Self::TooLong => ErrorCode::PasswordTooLong,
        }
    }
}

/// A password as it was typed, taken as it is: no character is refused, none is changed, so that the same keys always
/// give the same password. (An input method that composes characters in another normal form gives another password.)
#[derive(Debug, Clone)]
pub struct Password(Secret);

impl Password {
    /// A password somebody logs in with: only its length is looked at.
    pub fn presented(text: &str) -> Result<Self, InvalidPassword> {
        // Bytes first: counting the characters of a megabyte is work for a stranger.
        if text.len() > 4 * 256 || text.chars().count() > 256 {
            return Err(InvalidPassword::TooLong);
        }
        Ok(Self(Secret::new(text)))
    }

    /// A password somebody chooses: 8 to 256 characters and not easily guessed (NIST SP 800-63B-4: no rules of
    /// composition, but a look at what attackers try first), `about` being what they know of its owner.
    pub fn chosen(text: &str, about: &[&str]) -> Result<Self, InvalidPassword> {
        let password = Self::presented(text)?;
        if text.chars().count() < 8 {
            return Err(InvalidPassword::TooShort);
        }
        // The estimate costs more than linear time; the start of a long password tells enough.
        let start: String = text.chars().take(48).collect();
        let start = affordable(start);
        // Of an address, its parts too.
        let known: Vec<&str> =
            about.iter().flat_map(|known| std::iter::once(*known).chain(known.split('@'))).collect();
        let estimate = zxcvbn::zxcvbn(&start, &known);
        if estimate.score() < zxcvbn::Score::Two {
            return Err(InvalidPassword::Guessable);
        }
        Ok(password)
    }

    /// What was typed.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// The signs that the estimate reads as a letter, each also in every combination with those of the other letters.
const SIGNS: [&str; 7] = ["4@", "({[<", "69", "1!|", "17|", "$5", "+7"];

/// How many combinations the estimate tries.
fn combinations(text: &str) -> usize {
    SIGNS.iter().map(|signs| signs.chars().filter(|sign| text.contains(*sign)).count().max(1)).product()
}

/// `text`, or where its signs give so many combinations that a stranger could keep this process busy with them, the
/// same with one sign for each letter. That makes it no harder to guess.
fn affordable(text: String) -> String {
    if combinations(&text) <= 8 {
        return text;
    }
    let one_sign = |c| match c {
        '@' => '4',
        '{' | '[' | '<' => '(',
        '9' => '6',
        '!' | '|' => '1',
        '$' => '5',
        '+' => '7',
        other => other,
    };
    text.chars().map(one_sign).collect()
}

/// Whether a password belongs to a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyPassword {
    /// It does.
    Right {
        /// Whether the hash was made with weaker parameters than new ones are, and should be made anew.
        outdated: bool,
    },
    /// It does not.
    Wrong,
}

/// Hashing did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HashError {
    /// Too many wait for it already: try later.
    #[error("too many passwords to hash")]
    Busy,
    /// The hash that was kept is none.
    #[error("kept password hash is unreadable")]
    Unreadable,
    /// No passwords are taken here.
    #[error("passwords are not in use")]
    NotInUse,
}

impl HashError {
    /// Stable across releases.
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Busy => ErrorCode::Overloaded,
            Self::Unreadable => ErrorCode::Internal,
            Self::NotInUse => ErrorCode::NotPermitted,
        }
    }
}

/// Hashes passwords, slowly on purpose and away from the reactor.
///
/// # Contract
/// - Each hash has a salt of its own and carries its parameters (PHC string format).
/// - The work is bounded: who would have to wait too long is refused with [`HashError::Busy`].
#[async_trait]
pub trait PasswordHasher: Send + Sync + 'static {
    /// A hash to keep.
    async fn hash(&self, password: &Password) -> Result<Secret, HashError>;

    /// Whether `password` belongs to `hash`; with `None` it does the same work for nothing and answers
    /// [`VerifyPassword::Wrong`], so that the time does not tell whether there is an account.
    async fn verify(&self, password: &Password, hash: Option<&Secret>) -> Result<VerifyPassword, HashError>;
}

/// For embedders whose users are authenticated elsewhere: takes no password.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPasswords;

#[async_trait]
impl PasswordHasher for NoPasswords {
    async fn hash(&self, _: &Password) -> Result<Secret, HashError> {
        Err(HashError::NotInUse)
    }

    async fn verify(&self, _: &Password, _: Option<&Secret>) -> Result<VerifyPassword, HashError> {
        Err(HashError::NotInUse)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a28_what_anybody_would_try_first_is_refused() {
        for text in [
            "password",
            "12345678",
            "123456789",
            "1234567890",
            "qwertyui",
            "qwertyuiop",
            "11111111",
            "iloveyou",
            "sunshine",
            "princess",
            "football",
            "baseball",
            "trustno1",
            "superman",
            "password1",
            "password123",
            "Password1!",
            "P@ssw0rd",
            "p@ssword",
            "letmein1",
            "welcome1",
            "whatever",
            "starwars",
            "computer",
            "michelle",
            "corvette",
            "aaaaaaaa",
            "abcdefgh",
            "abcd1234",
            "1q2w3e4r",
            "1qaz2wsx",
            "zaq12wsx",
            "qazwsxedc",
            "asdfghjkl",
            "zxcvbnm1",
            "987654321",
            "88888888",
            "00000000",
            "19841984",
            "01011990",
            "drowssap",
            "passwordpassword",
        ] {
            assert_eq!(Password::chosen(text, &[]).unwrap_err(), InvalidPassword::Guessable, "{text}");
        }
    }

    #[test]
    fn a28_what_is_known_of_the_owner_is_refused() {
        let about = ["annabelle.lee", "annabelle@example.com", "Annabelle Lee"];
        for text in [
            "annabelle.lee",
            "Annabelle.Lee",
            "annabelle@example.com",
            "annabelle.lee1",
            "Annabelle Lee",
            "example.com",
        ] {
            assert_eq!(Password::chosen(text, &about).unwrap_err(), InvalidPassword::Guessable, "{text}");
        }
    }

    #[test]
    fn a28_what_is_hard_to_guess_is_taken_without_rules_of_composition() {
        for text in [
            "correct horse battery staple",
            "tavqzmwe",
            "kR7#pw2x",
            "xkqjzvwt",
            "purple-giraffe",
            "我的密码很长很安全",
            "это секретный пароль",
            "🐙🦀🐙🦑🐙🦀🦐🐡",
            "    x   yq  z",
            "e\u{301}tudiante qui chante",
        ] {
            assert!(Password::chosen(text, &["ann", "ann@example.com"]).is_ok(), "{text}");
        }
    }

    #[test]
    fn a27_length_is_all_that_is_asked_of_a_presented_password() {
        assert_eq!(Password::chosen("kR7#pw2", &[]).unwrap_err(), InvalidPassword::TooShort);
        assert!(Password::presented("").is_ok());
        for (text, ok) in [("ж".repeat(256), true), ("ж".repeat(257), false), ("a".repeat(1 << 20), false)]
        {
            assert_eq!(Password::presented(&text).is_ok(), ok);
        }
        let long = "kR7#pw2x".repeat(32);
        assert_eq!(Password::chosen(&long, &[]).unwrap().expose(), long);
        assert_eq!(Password::chosen(&format!("{long}x"), &[]).unwrap_err(), InvalidPassword::TooLong);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a27_a_password_is_kept_as_it_was_typed_or_refused(text in "\\PC{0,80}|(?s:.){0,40}") {
            if let Ok(password) = Password::chosen(&text, &["ann"]) {
                prop_assert_eq!(password.expose(), text);
            }
        }
    }

    proptest! {
        #[test]
        fn a27_no_password_makes_the_estimate_dear(text in "[@4({\\[<69!|17$5+a-z]{0,64}") {
            let tamed = affordable(text.clone());
            prop_assert!(combinations(&tamed) <= 8);
            prop_assert_eq!(tamed.chars().count(), text.chars().count());
        }
    }

    #[test]
    fn a28_signs_for_letters_make_no_password_good() {
        for text in ["p@$$w0rd", "P455w0rd", "1l0v3y0u!", "!@#$%^&*"] {
            assert_eq!(Password::chosen(text, &[]).unwrap_err(), InvalidPassword::Guessable, "{text}");
        }
        assert!(Password::chosen("x{4[9(1|$q+7@w<5!k6", &[]).is_ok());
    }

    #[test]
    fn a76_debug_does_not_show_the_password() {
        assert!(!format!("{:?}", Password::presented("canary").unwrap()).contains("canary"));
    }
}
