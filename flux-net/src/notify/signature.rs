//! Signatures as Standard Webhooks defines them: HMAC-SHA256 over id, time and body.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flux_core::Secret;
use ring::hmac;
use thiserror::Error;
use zeroize::Zeroizing;

/// What secrets begin with, as they are written down.
const PREFIX: &str = "whsec_";

/// How many bytes a secret may have.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// A key that the receiver has as well.
#[derive(Clone)]
pub struct WebhookSecret(hmac::Key);

/// The text is no secret of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a webhook's secret is `whsec_` and the base64 of 24 to 64 random bytes")]
pub struct InvalidWebhookSecret;

impl WebhookSecret {
    /// Reads `whsec_` and the base64 of 24 to 64 bytes.
    ///
    /// # Errors
    /// [`InvalidWebhookSecret`].
    pub fn parse(text: &Secret) -> Result<Self, InvalidWebhookSecret> {
        let encoded = text.expose().strip_prefix(PREFIX).ok_or(InvalidWebhookSecret)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| InvalidWebhookSecret)?);
        if !LENGTHS.contains(&bytes.len()) {
            return Err(InvalidWebhookSecret);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    fn sign(&self, id: &str, at: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{at}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// The header `webhook-signature`: one signature for each secret, so that either end may change first.
pub(super) fn header(secrets: &[WebhookSecret], id: &str, at: i64, body: &[u8]) -> String {
    let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(id, at, body)).collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> WebhookSecret {
        WebhookSecret::parse(&Secret::new(text)).unwrap()
    }

    #[test]
    fn a_signature_is_that_of_the_specifications_example() {
        let secret = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let (id, at, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        let signed = header(std::slice::from_ref(&secret), id, at, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn with_two_secrets_there_are_two_signatures() {
        let (one, two) = (
            secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"),
            secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        );
        let both = header(&[one.clone(), two.clone()], "id", 1, b"{}");
        let each = [one.sign("id", 1, b"{}"), two.sign("id", 1, b"{}")];
        assert_ne!(each[0], each[1]);
        assert_eq!(both.split(' ').collect::<Vec<_>>(), each);
    }

    #[test]
    fn what_is_signed_is_bound_to_id_time_and_body() {
        let secret = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = secret.sign("id", 12, b"body");
        for other in
            [secret.sign("ie", 12, b"body"), secret.sign("id", 13, b"body"), secret.sign("id", 12, b"bodz")]
        {
            assert_ne!(other, signed);
        }
    }

    #[test]
    fn what_is_too_short_or_written_otherwise_is_no_secret() {
        for bad in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFQ==",
            "whsec_not base64",
            &format!("whsec_{}", STANDARD.encode([7; 65])),
        ] {
            assert!(WebhookSecret::parse(&Secret::new(bad)).is_err(), "{bad}");
        }
        assert!(WebhookSecret::parse(&Secret::new(format!("whsec_{}", STANDARD.encode([7; 64])))).is_ok());
    }

    #[test]
    fn a76_debug_shows_no_secret() {
        assert_eq!(format!("{:?}", secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")), "WebhookSecret(..)");
    }
}
