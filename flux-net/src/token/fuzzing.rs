//! Tokens and keys against bytes.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flux_core::Timestamp;
use zeroize::Zeroizing;

use super::{Claims, KeyRing, SigningKey, TokenConfig, TokenError, Tokens};
use crate::fuzzing::first_line;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let key = SigningKey::from_seed(Zeroizing::new([7; 32]));
    Tokens::new(TokenConfig::default(), KeyRing::new(key))
});

/// A token as it came, and a header and a payload, one a line, under a signature of ours: behind it, where no mutation
/// of a token gets.
pub fn access_token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    verified(text, TOKENS.verify(text, NOW));
    let (header, payload) = first_line(text);
    // The name of a key is no secret; only that of ours leads on.
    let header = header.replace("KID", TOKENS.keys().signing().id());
    let signed = [header.as_str(), payload].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let signature = URL_SAFE_NO_PAD.encode(TOKENS.keys().signing().sign(signed.as_bytes()));
    let token = format!("{signed}.{signature}");
    let read = TOKENS.verify(&token, NOW);
    assert!(read != Err(TokenError::Signature), "our own signature");
    verified(&token, read);
}

fn verified(token: &str, read: Result<Claims, TokenError>) {
    let Ok(claims) = read else { return };
    let config = TokenConfig::default();
    assert!(claims.expires.plus(config.leeway) > NOW && claims.issued <= NOW.plus(config.leeway));
    let signed = token.rsplit_once('.').map_or("", |(signed, _)| signed);
    let ours = URL_SAFE_NO_PAD.encode(TOKENS.keys().signing().sign(signed.as_bytes()));
    assert_eq!(token, format!("{signed}.{ours}"), "a token that is not as we write it");
    assert!(TOKENS.verify(token, claims.expires.plus(config.leeway)).is_err(), "a token that does not end");
    let again = TOKENS.issue(claims.user, claims.session, NOW);
    let again = TOKENS.verify(again.token.expose(), NOW);
    assert_eq!(again.map(|again| (again.user, again.session)), Ok((claims.user, claims.session)));
}

/// A file of keys.
pub fn key_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match KeyRing::from_pem(text) {
        Ok(ring) => {
            let written = ring.to_pem();
            let again = KeyRing::from_pem(written.expose());
            let again = again.expect("what was written is read");
            assert_eq!(again.to_pem(), written, "other keys than were written");
            let seed = URL_SAFE_NO_PAD.encode(*ring.signing().seed);
            assert!(
                !format!("{ring:?}").contains(&seed) && !ring.jwks(NOW).contains(&seed),
                "a private key shows"
            );
        }
        Err(error) => {
            let told = format!("{error:?} {error}");
            assert!(!told.contains("PRIVATE KEY-----"), "a file shows");
        }
    }
}
