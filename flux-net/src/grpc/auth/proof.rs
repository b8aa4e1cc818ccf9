//! What stands in the `authorization` header of a call.
//!
//! `Flux2 <role>:<name>` where the connection proves the rest, and with a shared secret
//! `Flux2 <role>:<name>:<incarnation>:<unix ms>:<nonce>:<mac>`. The MAC covers all before it and the path of the method,
//! so that what was overheard is good for nothing else; it is good for a minute, at the one server that it names, which
//! takes each once. It does not cover the message: whoever can change what is sent, and not only overhear it, is kept
//! away by TLS.

use std::collections::HashSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flux_core::{Entropy, Timestamp};

use super::incarnation::Incarnation;
use super::{ServiceIdentity, SharedSecret};

/// How far the clocks of two machines may be apart: 60 s.
pub(super) const SKEW: Duration = Duration::from_mins(1);

/// How many nonces each half of the memory holds: so many calls within two minutes are told apart.
const REMEMBERED: usize = 100_000;

/// What all forms of the header have begun with; a number follows.
const FAMILY: &str = "Flux";

const SCHEME: &str = "Flux2 ";

/// Writes the header of calls where the connection proves who makes them.
pub(super) fn write_name(identity: &ServiceIdentity) -> String {
    format!("{SCHEME}{identity}")
}

/// What goes into a proof beside who makes it.
pub(super) struct Means<'a> {
    pub(super) secret: &'a SharedSecret,
    pub(super) now: Timestamp,
    pub(super) entropy: &'a dyn Entropy,
}

/// Writes the header of one call of `path` at the server `to`.
pub(super) fn write(identity: &ServiceIdentity, means: &Means<'_>, to: Incarnation, path: &str) -> String {
    let nonce = URL_SAFE_NO_PAD.encode(flux_core::entropy::bytes::<16>(means.entropy));
    let said = format!("{SCHEME}{identity}:{to}:{}:{nonce}", means.now.as_millis());
    let mac = URL_SAFE_NO_PAD.encode(means.secret.mac(&said, path).as_ref());
    format!("{said}:{mac}")
}

/// Whether it is such a header in the form of another release.
pub(super) fn is_of_another_release(header: &str) -> bool {
    let number = header.strip_prefix(FAMILY).and_then(|rest| rest.split_once(' '));
    let numbered = number.is_some_and(|(number, _)| number.parse::<u32>().is_ok());
    numbered && !header.starts_with(SCHEME)
}

/// A header, read.
pub(super) struct Claim<'a> {
    /// Who says to call.
    pub(super) identity: ServiceIdentity,
    /// What proves it, if anything does.
    pub(super) proof: Option<Proof<'a>>,
}

/// The part with the MAC.
pub(super) struct Proof<'a> {
    /// All that the MAC covers but the path.
    said: &'a str,
    to: Incarnation,
    at: Timestamp,
    nonce: [u8; 16],
    mac: [u8; 32],
}

impl<'a> Claim<'a> {
    /// `None` if it is not such a header.
    pub(super) fn read(header: &'a str) -> Option<Self> {
        let rest = header.strip_prefix(SCHEME)?;
        let mut parts = rest.split(':');
        let (role, name) = (parts.next()?, parts.next()?);
        let identity = format!("{role}:{name}").parse().ok()?;
        let Some(to) = parts.next() else { return Some(Self { identity, proof: None }) };
        let (at, nonce, mac) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let to = Incarnation::read(to)?;
        let at = Timestamp::from_millis(at.parse().ok()?);
        let said = header.strip_suffix(mac)?.strip_suffix(':')?;
        let (nonce, mac) = (decoded(nonce)?, decoded(mac)?);
        Some(Self { identity, proof: Some(Proof { said, to, at, nonce, mac }) })
    }
}

fn decoded<const N: usize>(text: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

impl Proof<'_> {
    /// Whether it was made with one of `secrets`, for this path, about now. For which server is another question.
    pub(super) fn holds(&self, secrets: &[SharedSecret], path: &str, now: Timestamp) -> bool {
        let apart = now.since(self.at).max(self.at.since(now));
        let verified = secrets.iter().any(|secret| secret.verifies(self.said, path, &self.mac));
        verified && apart <= SKEW
    }

    /// When it says to have been made.
    #[cfg(feature = "fuzzing")]
    pub(super) const fn at(&self) -> Timestamp {
        self.at
    }

    /// Which server it was made for.
    pub(super) const fn to(&self) -> Incarnation {
        self.to
    }

    pub(super) const fn nonce(&self) -> [u8; 16] {
        self.nonce
    }
}

/// The nonces of proofs that were taken, in two halves that are forgotten in turn: each is remembered for longer than a
/// proof is good. Where there are more than fit the older ones go first; calls over TLS cannot be overheard anyway.
#[derive(Debug, Default)]
pub(super) struct Nonces {
    newer: HashSet<[u8; 16]>,
    older: HashSet<[u8; 16]>,
    turned: Duration,
}

impl Nonces {
    /// Whether it is new at `now`, by the monotonic clock. From here on it is not.
    pub(super) fn take(&mut self, nonce: [u8; 16], now: Duration) -> bool {
        let due = now.saturating_sub(self.turned);
        // A proof from a clock that is ahead is good for twice the skew.
        if due >= 2 * SKEW || self.newer.len() >= REMEMBERED {
            self.older = std::mem::take(&mut self.newer);
            if due >= 4 * SKEW {
                self.older.clear();
            }
            self.turned = now;
        }
        !self.older.contains(&nonce) && self.newer.insert(nonce)
    }
}

#[cfg(test)]
mod tests {
    use flux_core::Secret;
    use flux_core::testing::SeededEntropy;

    use super::super::Role;
    use super::*;

    const PATH: &str = "/flux.v1.StatusService/Report";

    fn secret(text: &str) -> SharedSecret {
        SharedSecret::new(&Secret::new(text)).unwrap()
    }

    fn ours() -> SharedSecret {
        secret("pZ4m1Qx7Vw0sKf9yBt3Rn6LcHd8JuGaE")
    }

    fn now() -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
    }

    fn server() -> Incarnation {
        Incarnation::begin(&SeededEntropy::new(2))
    }

    fn header() -> String {
        let identity = ServiceIdentity::new(Role::Chat, "node-1").unwrap();
        let means = Means { secret: &ours(), now: now(), entropy: &SeededEntropy::new(1) };
        write(&identity, &means, server(), PATH)
    }

    fn holds(header: &str, secrets: &[SharedSecret], path: &str, now: Timestamp) -> bool {
        Claim::read(header).and_then(|claim| claim.proof).is_some_and(|proof| proof.holds(secrets, path, now))
    }

    #[test]
    fn what_was_written_with_the_secret_holds_for_a_minute() {
        let claim = header();
        let read = Claim::read(&claim).unwrap();
        assert_eq!(read.identity, ServiceIdentity::new(Role::Chat, "node-1").unwrap());
        assert_eq!(read.proof.unwrap().to(), server());
        for (at, good) in [
            (now(), true),
            (now().plus(SKEW), true),
            (now().minus(SKEW), true),
            (now().plus(SKEW + Duration::from_millis(1)), false),
            (now().minus(SKEW + Duration::from_millis(1)), false),
        ] {
            assert_eq!(holds(&claim, &[ours()], PATH, at), good, "{at}");
        }
    }

    #[test]
    fn it_is_bound_to_the_path_the_secret_and_every_character() {
        let claim = header();
        assert!(!holds(&claim, &[ours()], "/flux.v1.StatusService/Overview", now()));
        let other = secret("Hq2Wd9Zx4Cv7Bn1Mk6Lj3Gf8Ds5Ap0Tr");
        assert!(!holds(&claim, std::slice::from_ref(&other), PATH, now()));
        assert!(holds(&claim, &[other, ours()], PATH, now()), "either of two is good while they are changed");
        assert!(!holds(&claim, &[], PATH, now()));
        for place in 0..claim.len() {
            let mut changed = claim.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(!holds(&changed, &[ours()], PATH, now()), "{changed}");
        }
        for cut in 0..claim.len() {
            assert!(!holds(&claim[..cut], &[ours()], PATH, now()), "{cut}");
        }
        assert!(!holds(&format!("{claim}:"), &[ours()], PATH, now()));
    }

    #[test]
    fn what_another_release_wrote_is_told_from_nonsense() {
        for (header, of_another) in [
            ("Flux1 gate:one:1700000000000:AAAAAAAAAAAAAAAAAAAAAA:AAAA", true),
            ("Flux3 anything", true),
            ("Flux2 gate:one", false),
            ("Flux gate:one", false),
            ("FluxX gate:one", false),
            ("Flux1", false),
            ("Bearer abc", false),
            ("", false),
        ] {
            assert_eq!(is_of_another_release(header), of_another, "{header}");
            assert!(!of_another || Claim::read(header).is_none(), "{header}");
        }
    }

    #[test]
    fn a_nonce_is_new_once() {
        let mut nonces = Nonces::default();
        let second = Duration::from_secs(1);
        assert!(nonces.take([1; 16], second));
        assert!(!nonces.take([1; 16], second));
        // For as long as any proof may be good.
        assert!(!nonces.take([1; 16], second + 2 * SKEW));
        assert!(nonces.take([2; 16], second + 2 * SKEW));
        assert!(!nonces.take([2; 16], 4 * SKEW));
        // And not for ever.
        assert!(nonces.take([1; 16], 20 * SKEW));
    }
}
