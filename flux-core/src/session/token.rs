//! Refresh tokens: opaque, made of chance alone, kept only as a hash.

use sha2::{Digest, Sha256};

use crate::entropy::{Entropy, bytes};
use crate::secret::{Secret, TokenHash};
use crate::text::hex;

/// A fresh token: 256 bits of chance as 64 hexadecimal digits.
pub(super) fn fresh(entropy: &dyn Entropy) -> (Secret, TokenHash) {
    let token = Secret::new(hex(&bytes::<32>(entropy)));
    let hash = hash(token.expose());
    (token, hash)
}

/// What a presented token is looked up by; `None` if it cannot be one. A plain hash is enough: nobody guesses 256 bits,
/// and the look-up by hash compares nothing whose timing could help to.
pub(super) fn parse(token: &str) -> Option<TokenHash> {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (token.len() == 64 && token.bytes().all(digit)).then(|| hash(token))
}

fn hash(token: &str) -> TokenHash {
    TokenHash::new(Sha256::digest(token.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededEntropy;

    #[test]
    fn a_fresh_token_is_recognised_by_its_hash_alone() {
        let entropy = SeededEntropy::new(1);
        let (token, hash) = fresh(&entropy);
        assert_eq!(parse(token.expose()), Some(hash));
        let (other, other_hash) = fresh(&entropy);
        assert_ne!(token, other);
        assert_ne!(hash, other_hash);
    }

    #[test]
    fn what_cannot_be_a_token_is_not_looked_up() {
        let (token, _) = fresh(&SeededEntropy::new(1));
        let token = token.expose();
        for bad in ["", "a", &token[1..], &format!("{token}0"), &token.to_uppercase(), &"é".repeat(32)] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
