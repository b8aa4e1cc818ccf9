//! Why a token or a key is not taken.

use std::io;

use thiserror::Error;

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is no compact JWS of three parts, too long, or its parts are not what ours are made of.
    #[error("not a token of this kind")]
    Malformed,
    /// It names another algorithm, type or header parameter than ours have.
    #[error("header names something else than ours do")]
    Header,
    /// It names a key that is not, or no longer, ours.
    #[error("signed with an unknown key")]
    UnknownKey,
    /// The signature does not belong to it.
    #[error("signature does not match")]
    Signature,
    /// Another installation issued it.
    #[error("issued by another issuer")]
    Issuer,
    /// It is for somebody else.
    #[error("meant for another audience")]
    Audience,
    /// Its time is over.
    #[error("expired")]
    Expired,
    /// It says that it was issued in the future.
    #[error("issued in the future")]
    NotYet,
}

/// Why keys cannot be loaded or kept.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("cannot read or write the key file")]
    File(#[from] io::Error),
    /// It holds no Ed25519 private key in PEM (PKCS #8, RFC 5958), or something beside keys.
    #[error("no Ed25519 private key in PEM form (PKCS #8)")]
    Malformed,
    /// The key stands in a published standard or example: everybody has it.
    #[error("a sample key that everybody has")]
    Sample,
    /// Others than its owner may read the file.
    #[error("key file can be read by others than its owner (mode {mode:o}, wanted 600)")]
    Exposed {
        /// The permission bits found.
        mode: u32,
    },
}
