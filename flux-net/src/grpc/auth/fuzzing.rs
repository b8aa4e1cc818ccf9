//! What stands in the `authorization` header of a call, against bytes.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flux_core::{Secret, Timestamp};

use super::SharedSecret;
use super::proof::{Claim, SKEW, is_of_another_release};

const PATH: &str = "/flux.v1.StatusService/Report";

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

static SECRETS: LazyLock<[SharedSecret; 1]> = LazyLock::new(|| {
    let secret = SharedSecret::new(&Secret::new("pZ4m1Qx7Vw0sKf9yBt3Rn6LcHd8JuGaE"));
    [secret.expect("a secret that is long enough")]
});

/// The header as it came, and with a MAC of ours over it: behind it, where no mutation gets.
pub fn grpc_proof(data: &[u8]) {
    let Ok(header) = std::str::from_utf8(data) else { return };
    claimed(header);
    let mac = URL_SAFE_NO_PAD.encode(SECRETS[0].mac(header, PATH).as_ref());
    let with_mac = format!("{header}:{mac}");
    let Some(proof) = Claim::read(&with_mac).and_then(|claim| claim.proof) else { return };
    let at = proof.at();
    assert_eq!(
        proof.holds(&*SECRETS, PATH, NOW),
        at <= NOW.plus(SKEW) && at >= NOW.minus(SKEW),
        "good for another time than a minute around its own"
    );
    assert!(!proof.holds(&*SECRETS, "/flux.v1.StatusService/Overview", at), "good for another call");
    assert!(!proof.holds(&[], PATH, at), "good without a secret");
}

fn claimed(header: &str) {
    let claim = Claim::read(header);
    assert!(claim.is_none() || !is_of_another_release(header), "of this release and of another one");
    let Some(Claim { identity, proof }) = claim else { return };
    match proof {
        None => assert_eq!(header, format!("Flux2 {identity}")),
        Some(proof) => assert!(header.starts_with(&format!("Flux2 {identity}:{}:", proof.to()))),
    }
}
