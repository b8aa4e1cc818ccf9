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
        let start: String = text.chars().take(64).collect();
        let estimate = zxcvbn::zxcvbn(&start, about);
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
