//! Access tokens: JSON Web Tokens (RFC 7519) signed with Ed25519 (`EdDSA`, RFC 8037).
//!
//! There is one algorithm, and no header of a token chooses anything but which of our own keys to check it with. So the
//! compact form is read here, in one short and strict function, rather than by a library that knows many algorithms
//! and wants a provider installed for the whole process. Time is an argument, so that tests drive it.
//!
//! [`Tokens`] issues and verifies; [`KeyRing`] holds the keys and [rotates](Tokens::rotate) them.

mod compact;
mod error;
mod file;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod keys;
mod pem;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use flux_core::session::Actor;
use flux_core::{Secret, SessionId, Timestamp, UserId};

pub use error::{KeyError, TokenError};
use file::KeyFile;
pub use keys::{KeyRing, SigningKey};

/// What tokens say of where they come from and how long they are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenConfig {
    /// `iss`: names this installation. Tokens of another issuer are refused.
    pub issuer: String,
    /// `aud`: whom the tokens are for. Tokens for others are refused.
    pub audience: String,
    /// How long a token is good: 10 minutes.
    pub lifetime: Duration,
    /// How far the clocks of two machines may differ: 5 s.
    pub leeway: Duration,
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self {
            issuer: "flux".to_owned(),
            audience: "flux".to_owned(),
            lifetime: Duration::from_mins(10),
            leeway: Duration::from_secs(5),
        }
    }
}

/// A token to hand out.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token, in compact form.
    pub token: Secret,
    /// How long it is good from now on.
    pub expires_in: Duration,
}

/// What a verified token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// Whose.
    pub user: UserId,
    /// Of which session.
    pub session: SessionId,
    /// When it was issued, in whole seconds.
    pub issued: Timestamp,
    /// From when on it is no longer good, the leeway aside.
    pub expires: Timestamp,
}

impl Claims {
    /// Who acts with this token where no connection is.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor { user: self.user, session: self.session, generation: None }
    }
}

/// Issues and verifies access tokens. A token says whose session it is, not that the session is still open: who acts
/// on one asks for that as well.
pub struct Tokens {
    config: TokenConfig,
    // Replaced as a whole; readers hold the lock only to clone the handle.
    keys: RwLock<Arc<KeyRing>>,
    file: Option<KeyFile>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("config", &self.config)
            .field("keys", &self.keys())
            .finish_non_exhaustive()
    }
}

impl Tokens {
    /// With these keys.
    #[must_use]
    pub fn new(config: TokenConfig, keys: KeyRing) -> Self {
        Self { config, keys: RwLock::new(Arc::new(keys)), file: None }
    }

    /// Takes over what other processes write to the file at `path`, which these keys were read from: at once when a token
    /// comes that is signed with an unknown key, and every few seconds when one is to be signed.
    #[must_use]
    pub fn following(mut self, path: &Path) -> Self {
        self.file = Some(KeyFile::new(path));
        self
    }

    /// A token for `session` of `user`.
    #[must_use]
    pub fn issue(&self, user: UserId, session: SessionId, now: Timestamp) -> AccessToken {
        self.follow(now, false);
        let issued = now.as_millis().div_euclid(1_000);
        let lifetime = i64::try_from(self.config.lifetime.as_secs()).unwrap_or(i64::MAX);
        let payload = compact::Payload {
            iss: self.config.issuer.clone(),
            aud: self.config.audience.clone(),
            sub: user,
            sid: session,
            iat: issued,
            exp: issued.saturating_add(lifetime),
        };
        let token = compact::sign(&payload, self.keys().signing());
        // Seconds are cut off at issue, so part of the first one is over already.
        let expires_in = seconds(payload.exp).since(now);
        AccessToken { token: Secret::new(token), expires_in }
    }

    /// What `token` says, if it is one of ours and good at `now`.
    ///
    /// # Errors
    /// Why not. Strangers are told only that the token is no good.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let payload = match Self::verify_with(&self.keys(), token, now) {
            Err(TokenError::UnknownKey) if self.follow(now, true) => {
                Self::verify_with(&self.keys(), token, now)?
            }
            verified => verified?,
        };
        if payload.iss != self.config.issuer {
            return Err(TokenError::Issuer);
        }
        if payload.aud != self.config.audience {
            return Err(TokenError::Audience);
        }
        let (issued, expires) = (seconds(payload.iat), seconds(payload.exp));
        if now >= expires.plus(self.config.leeway) {
            return Err(TokenError::Expired);
        }
        if issued > now.plus(self.config.leeway) {
            return Err(TokenError::NotYet);
        }
        Ok(Claims { user: payload.sub, session: payload.sid, issued, expires })
    }

    fn verify_with(keys: &KeyRing, token: &str, now: Timestamp) -> Result<compact::Payload, TokenError> {
        compact::verify(token, |kid| keys.verifying(kid, now))
    }

    /// Takes over keys that another process wrote; whether there were any.
    fn follow(&self, now: Timestamp, for_unknown: bool) -> bool {
        let Some(keys) = self.file.as_ref().and_then(|file| file.changed(now, for_unknown)) else {
            return false;
        };
        self.replace(keys);
        true
    }

    /// Goes by these keys from now on.
    pub fn replace(&self, keys: KeyRing) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// Signs with `next` from now on. What the former key signed stays good as long as such a token lives.
    pub fn rotate(&self, next: SigningKey, now: Timestamp) {
        let until = now.plus(self.config.lifetime).plus(self.config.leeway);
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        *keys = Arc::new(keys.rotated(next, now, until));
    }

    /// The keys as they are now, to be [saved](KeyRing::save) after a rotation.
    #[must_use]
    pub fn keys(&self) -> Arc<KeyRing> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The public keys as a JWK set (RFC 7517), for whoever verifies tokens elsewhere.
    #[must_use]
    pub fn jwks(&self, now: Timestamp) -> String {
        self.keys().jwks(now)
    }
}

fn seconds(numeric_date: i64) -> Timestamp {
    Timestamp::from_millis(numeric_date.saturating_mul(1_000))
}

#[cfg(test)]
mod tests;
