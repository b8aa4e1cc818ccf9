//! The key that codes are kept under.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{CodeKey, CodeMac};

/// The key of the MAC that stands for a code at rest: who reads the code store but has not this key cannot try the
/// million codes there are. The same for all processes that share the store. `Debug` hides it, dropping wipes it.
#[derive(Clone)]
pub struct CodeSecret(Zeroizing<[u8; 32]>);

impl CodeSecret {
    /// From 32 bytes of chance.
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// The MAC of `code`, bound to its address and purpose, so that a code for one is none for another.
    pub(super) fn mac(&self, key: &CodeKey, code: &str) -> CodeMac {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*self.0) else {
            unreachable!("HMAC takes keys of every length");
        };
        mac.update(b"flux.v1 verification code");
        // Purposes and addresses hold no zero byte, so that no two triples give the same input.
        for part in [key.purpose.as_str(), key.email.as_str(), code] {
            mac.update(&[0]);
            mac.update(part.as_bytes());
        }
        CodeMac::new(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for CodeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Email;
    use crate::verification::Purpose;

    fn key(purpose: Purpose, email: &str) -> CodeKey {
        CodeKey::new(purpose, &Email::new(email).unwrap())
    }

    #[test]
    fn a33_a_mac_is_bound_to_key_purpose_address_and_code() {
        let secret = CodeSecret::new([1; 32]);
        let mac = secret.mac(&key(Purpose::Register, "ann@example.com"), "123456");
        assert_eq!(mac, secret.mac(&key(Purpose::Register, "Ann@Example.com"), "123456"));
        for other in [
            secret.mac(&key(Purpose::ResetPassword, "ann@example.com"), "123456"),
            secret.mac(&key(Purpose::Register, "bob@example.com"), "123456"),
            secret.mac(&key(Purpose::Register, "ann@example.com"), "123457"),
            CodeSecret::new([2; 32]).mac(&key(Purpose::Register, "ann@example.com"), "123456"),
        ] {
            assert_ne!(mac, other);
        }
    }

    #[test]
    fn a76_the_key_shows_nowhere() {
        assert_eq!(format!("{:?}", CodeSecret::new([77; 32])), "CodeSecret(..)");
    }
}
