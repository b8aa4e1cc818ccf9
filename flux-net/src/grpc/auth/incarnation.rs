//! Which server a call is meant for: this one, as long as it runs.
//!
//! A server remembers which proofs it has taken, and nobody else does: not another server, and not this one after a
//! restart. So a proof names the run of the one server that it is for, and is worth nothing to all others.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flux_core::Entropy;
use tonic::codegen::http::{HeaderMap, HeaderName, HeaderValue};
use tonic::{Code, Status};

/// Where a server says which it is: with its health, which everybody may ask for, and when it refuses what was meant for
/// another.
const HEADER: HeaderName = HeaderName::from_static("flux-incarnation");

/// One run of one server. It is made by chance, and no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Incarnation([u8; 16]);

impl Incarnation {
    /// Of a server that starts.
    pub(super) fn begin(entropy: &dyn Entropy) -> Self {
        Self(flux_core::entropy::bytes(entropy))
    }

    /// Reads what `Display` wrote.
    pub(super) fn read(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Which server says to have answered with `headers`.
    pub(super) fn told(headers: &HeaderMap) -> Option<Self> {
        Self::read(headers.get(HEADER)?.to_str().ok()?)
    }

    /// Says so in `headers`.
    pub(super) fn tell(self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(self.to_string()) {
            headers.insert(HEADER, value);
        }
    }
}

/// As it stands in headers.
impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// Whether a call was refused because it was meant for another server than the one that it came to. Nothing was done
/// then, and now it is known whom the call has to be meant for.
pub(in crate::grpc) fn meant_for_another(status: &Status) -> bool {
    status.code() == Code::Unauthenticated && status.metadata().contains_key(HEADER.as_str())
}

#[cfg(test)]
mod tests {
    use flux_core::testing::SeededEntropy;

    use super::*;

    #[test]
    fn what_a_server_tells_is_what_is_understood() {
        let entropy = SeededEntropy::new(1);
        let [one, other] = [(); 2].map(|()| Incarnation::begin(&entropy));
        assert_ne!(one, other);
        let mut headers = HeaderMap::new();
        assert_eq!(Incarnation::told(&headers), None);
        one.tell(&mut headers);
        assert_eq!(Incarnation::told(&headers), Some(one));
        other.tell(&mut headers);
        assert_eq!(Incarnation::told(&headers), Some(other), "there is one");
        for bad in ["", "abc", "AAAAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA:"] {
            assert_eq!(Incarnation::read(bad), None, "{bad}");
        }
    }
}
