//! The compact form of a signed token (RFC 7515, section 7.1): three base64url parts, joined by dots.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flux_core::{SessionId, UserId};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::{SigningKey, TokenError};

/// Far above what ours take (about 450 bytes), far below what hurts.
const MAX_TOKEN_BYTES: usize = 2_048;

/// `typ` of access tokens (RFC 9068, section 2.1): a token made for something else is none.
const TYPE: &str = "at+jwt";
const ALGORITHM: &str = "EdDSA";

/// Everything that may stand in a header. `crit`, `jku`, `x5u`, `jwk` and whatever else there is make the token
/// malformed instead of being looked at.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// Everything that may stand in a token.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Payload {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: UserId,
    pub(super) sid: SessionId,
    pub(super) iat: i64,
    pub(super) exp: i64,
}

/// Signs `payload`.
pub(super) fn sign(payload: &Payload, key: &SigningKey) -> String {
    let header = Header { alg: ALGORITHM.to_owned(), typ: TYPE.to_owned(), kid: key.id().to_owned() };
    let mut token = format!("{}.{}", part(&header), part(payload));
    let signature = key.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

fn part(value: &impl Serialize) -> String {
    // Strings, ids and integers always serialise.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap_or_default())
}

/// The payload of `token`, if the key that it names and `key_of` knows has signed it.
pub(super) fn verify(
    token: &str,
    key_of: impl FnOnce(&str) -> Option<[u8; 32]>,
) -> Result<Payload, TokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(TokenError::Malformed)?;
    // A further dot would stand in `payload`, and is not in the alphabet of base64url.
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed);

    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Header)?;
    if header.alg != ALGORITHM || header.typ != TYPE {
        return Err(TokenError::Header);
    }
    let key = key_of(&header.kid).ok_or(TokenError::UnknownKey)?;
    UnparsedPublicKey::new(&ED25519, key)
        .verify(signed.as_bytes(), &decode(signature)?)
        .map_err(|_| TokenError::Signature)?;
    // Nothing of the payload is looked at before this line.
    serde_json::from_slice(&decode(payload)?).map_err(|_| TokenError::Malformed)
}
