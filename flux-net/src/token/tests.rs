//! Every row is a token that somebody may try, and what becomes of it.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flux_core::testing::SeededEntropy;
use ring::hmac;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_400);

fn user() -> UserId {
    UserId::try_from(Uuid::from_u128(7)).unwrap()
}

fn session() -> SessionId {
    SessionId::try_from(Uuid::from_u128(8)).unwrap()
}

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(&SeededEntropy::new(seed))
}

fn tokens() -> Tokens {
    Tokens::new(TokenConfig::default(), KeyRing::new(key(1)))
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A token of any header and claims, signed by the key of [`tokens`].
fn forged(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key(1).sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": key(1).id()})
}

fn claims() -> Value {
    let at = NOW.as_millis() / 1_000;
    json!({"iss": "flux", "aud": "flux", "sub": user(), "sid": session(), "iat": at, "exp": at + 600})
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

#[test]
fn a_token_says_whose_session_it_is_until_its_time_is_over() {
    let tokens = tokens();
    let issued = tokens.issue(user(), session(), NOW);
    // Issued in whole seconds, 400 ms of the first of which were over.
    assert_eq!(issued.expires_in, ms(599_600));
    let claims = tokens.verify(issued.token.expose(), NOW).unwrap();
    assert_eq!((claims.user, claims.session), (user(), session()));
    assert_eq!(claims.actor(), Actor { user: user(), session: session(), generation: None });

    let end = NOW.plus(issued.expires_in);
    assert_eq!(claims.expires, end);
    assert!(tokens.verify(issued.token.expose(), end.plus(ms(4_999))).is_ok(), "within the leeway");
    assert_eq!(tokens.verify(issued.token.expose(), end.plus(ms(5_000))), Err(TokenError::Expired));
    assert!(tokens.verify(issued.token.expose(), NOW.minus(ms(5_400))).is_ok(), "within the leeway");
    assert_eq!(tokens.verify(issued.token.expose(), NOW.minus(ms(5_401))), Err(TokenError::NotYet));
}

#[test]
fn the_forger_of_these_tests_makes_what_is_taken_when_nothing_is_wrong() {
    assert!(tokens().verify(&forged(&header(), &claims()), NOW).is_ok());
}

#[test]
fn a41_no_other_algorithm_is_taken_whatever_the_signature() {
    let tokens = tokens();
    for alg in ["none", "None", "NONE", "nOnE", "", "HS256", "RS256", "ES256", "PS256", "EdDsa", "Ed25519"] {
        let token = forged(&with(header(), "alg", alg.into()), &claims());
        assert_eq!(tokens.verify(&token, NOW), Err(TokenError::Header), "{alg}");
        let unsigned = token.rsplit_once('.').unwrap().0;
        for text in [format!("{unsigned}."), unsigned.to_owned(), format!("{unsigned}.AA")] {
            assert!(tokens.verify(&text, NOW).is_err(), "{alg} {text}");
        }
    }
}

#[test]
fn a41_the_public_key_is_no_shared_secret() {
    let jwks: Value = serde_json::from_str(&tokens().jwks(NOW)).unwrap();
    let public = URL_SAFE_NO_PAD.decode(jwks["keys"][0]["x"].as_str().unwrap()).unwrap();
    let pem = STANDARD.encode(&public);
    for secret in [public.as_slice(), pem.as_bytes()] {
        for alg in ["HS256", "EdDSA"] {
            let parts = (with(header(), "alg", alg.into()), claims());
            let signed = forged(&parts.0, &parts.1);
            let signed = signed.rsplit_once('.').unwrap().0;
            let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
            let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac));
            assert!(tokens().verify(&token, NOW).is_err(), "{alg}");
        }
    }
}

#[test]
fn a41_a_signature_belongs_to_every_bit_of_the_token() {
    let tokens = tokens();
    let good = tokens.issue(user(), session(), NOW);
    let good = good.token.expose();
    for at in 0..good.len() {
        let mut bytes = good.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(tokens.verify(&changed, NOW).is_err(), "changed at {at}: {changed}");
    }
    for cut in 0..good.len() {
        assert!(tokens.verify(&good[..cut], NOW).is_err(), "cut at {cut}");
    }
    for longer in
        [format!("{good}="), format!("{good}."), format!(".{good}"), format!("{good} "), format!("{good}A")]
    {
        assert!(tokens.verify(&longer, NOW).is_err(), "{longer}");
    }
}

#[test]
fn a42_no_header_chooses_a_key_or_a_place_to_get_one() {
    let tokens = tokens();
    let own = json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode([1; 32])});
    for (name, value) in [
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("file:///etc/passwd")),
        ("jwk", own),
        ("crit", json!(["exp"])),
        ("x5c", json!([])),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
    ] {
        let token = forged(&with(header(), name, value), &claims());
        assert_eq!(tokens.verify(&token, NOW), Err(TokenError::Header), "{name}");
    }
    for kid in ["../../etc/passwd", "' OR 1=1 --", "", "\u{0}", key(2).id()] {
        let token = forged(&with(header(), "kid", kid.into()), &claims());
        assert_eq!(tokens.verify(&token, NOW), Err(TokenError::UnknownKey), "{kid}");
    }
    assert_eq!(tokens.verify(&forged(&without(header(), "kid"), &claims()), NOW), Err(TokenError::Header));
    let huge = forged(&with(header(), "kid", "k".repeat(1 << 20).into()), &claims());
    assert_eq!(tokens.verify(&huge, NOW), Err(TokenError::Malformed));
}

#[test]
fn a42_a_header_twice_in_the_header_is_malformed() {
    let twice = format!(r#"{{"alg":"EdDSA","alg":"none","typ":"at+jwt","kid":"{}"}}"#, key(1).id());
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(twice), URL_SAFE_NO_PAD.encode(claims().to_string()));
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key(1).sign(signed.as_bytes())));
    assert_eq!(tokens().verify(&token, NOW), Err(TokenError::Header));
}

#[test]
fn a44_tokens_of_others_for_others_and_of_another_kind_are_refused() {
    let tokens = tokens();
    let rows = [
        (header(), with(claims(), "iss", "fluxx".into()), TokenError::Issuer),
        (header(), with(claims(), "aud", "other".into()), TokenError::Audience),
        (header(), with(claims(), "aud", json!(["flux", "other"])), TokenError::Malformed),
        (with(header(), "typ", "JWT".into()), claims(), TokenError::Header),
        (with(header(), "typ", "refresh".into()), claims(), TokenError::Header),
        (header(), without(claims(), "exp"), TokenError::Malformed),
        (header(), without(claims(), "sid"), TokenError::Malformed),
        (header(), with(claims(), "exp", json!(1e18)), TokenError::Malformed),
        (header(), with(claims(), "exp", json!("1800000600")), TokenError::Malformed),
        (header(), with(claims(), "iat", json!(i64::MAX)), TokenError::NotYet),
        (header(), with(claims(), "sub", Uuid::nil().to_string().into()), TokenError::Malformed),
        (header(), with(claims(), "admin", true.into()), TokenError::Malformed),
    ];
    for (header, claims, expected) in rows {
        assert_eq!(tokens.verify(&forged(&header, &claims), NOW), Err(expected), "{header} {claims}");
    }
}

#[test]
fn a44_the_key_of_another_environment_is_unknown_even_under_our_name() {
    let other = Tokens::new(TokenConfig::default(), KeyRing::new(key(2)));
    let theirs = other.issue(user(), session(), NOW);
    assert_eq!(tokens().verify(theirs.token.expose(), NOW), Err(TokenError::UnknownKey));

    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header().to_string()),
        URL_SAFE_NO_PAD.encode(claims().to_string())
    );
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key(2).sign(signed.as_bytes())));
    assert_eq!(tokens().verify(&token, NOW), Err(TokenError::Signature));
}

#[test]
fn a45_a_rotated_key_verifies_what_it_signed_until_that_has_expired_and_no_longer() {
    let tokens = tokens();
    let old = tokens.issue(user(), session(), NOW);
    tokens.rotate(key(2), NOW);
    let new = tokens.issue(user(), session(), NOW);

    let overlap = NOW.plus(Duration::from_mins(10)).plus(ms(4_000));
    assert!(tokens.verify(old.token.expose(), overlap).is_ok());
    assert!(tokens.verify(new.token.expose(), overlap).is_ok());
    let kids = |at| {
        let jwks: Value = serde_json::from_str(&tokens.jwks(at)).unwrap();
        let keys = jwks["keys"].as_array().unwrap().clone();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kids(overlap), [key(2).id(), key(1).id()]);

    // Signed in time by its own account, presented after the overlap: the key is gone, not only the token.
    let after = NOW.plus(Duration::from_mins(10)).plus(ms(5_000));
    let at = after.as_millis() / 1_000;
    let late = forged(&header(), &with(with(claims(), "iat", at.into()), "exp", (at + 600).into()));
    assert_eq!(tokens.verify(&late, after), Err(TokenError::UnknownKey));
    assert_eq!(kids(after), [key(2).id()]);
}

#[test]
fn keys_survive_a_restart_with_those_that_were_rotated_out() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access-token-keys.pem");
    let entropy = SeededEntropy::new(3);
    let tokens = Tokens::new(TokenConfig::default(), KeyRing::load_or_create(&path, &entropy).unwrap());
    let old = tokens.issue(user(), session(), NOW);
    tokens.rotate(SigningKey::generate(&entropy), NOW);
    tokens.keys().save(&path, &entropy).unwrap();

    let again = Tokens::new(TokenConfig::default(), KeyRing::load_or_create(&path, &entropy).unwrap());
    assert_eq!(again.jwks(NOW), tokens.jwks(NOW));
    assert!(again.verify(old.token.expose(), NOW).is_ok());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no other file is left");
}

#[cfg(unix)]
#[test]
fn a78_a_key_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.pem");
    KeyRing::load_or_create(&path, &SeededEntropy::new(3)).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let refused = KeyRing::load_or_create(&path, &SeededEntropy::new(3)).unwrap_err();
    assert!(matches!(refused, KeyError::Exposed { mode: 0o640 }), "{refused:?}");
}

#[test]
fn two_starts_at_once_use_one_key() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys.pem");
    let ids: Vec<_> = std::thread::scope(|scope| {
        let start = |seed| {
            let path = &path;
            scope.spawn(move || {
                let ring = KeyRing::load_or_create(path, &SeededEntropy::new(seed)).unwrap();
                ring.signing().id().to_owned()
            })
        };
        let handles: Vec<_> = (0..8).map(start).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn broken_key_files_are_refused() {
    let pem = key(1).to_pem();
    let pem = pem.expose();
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    for bad in [
        String::new(),
        "no key".to_owned(),
        pem.replace("PRIVATE", "RSA PRIVATE"),
        pem.replace("-----END PRIVATE KEY-----", ""),
        pem.replacen("MC4", "MC5", 1),
        public.to_owned(),
        format!("{pem}{public}"),
        format!("{pem}{pem}"),
    ] {
        let refused = KeyRing::from_pem(&bad).unwrap_err();
        assert!(matches!(refused, KeyError::Malformed), "{bad}: {refused:?}");
    }
    assert!(KeyRing::from_pem(&format!("{pem}Until: 1800000000000\n{public}")).is_ok());
}

#[test]
fn a78_keys_out_of_a_book_are_refused() {
    // RFC 8037, appendix A.1; RFC 8032, section 7.1, tests 2 and 3.
    for seed in [
        "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs",
        "xaqN9D-fg3vtt0QvMdy3sWbThTUHbwlLhc46LgtEWPc",
    ] {
        let der = [&pem::PKCS8_PREFIX[..], &URL_SAFE_NO_PAD.decode(seed).unwrap()].concat();
        let mut text = String::new();
        pem::write("PRIVATE KEY", &der, &mut text);
        let refused = SigningKey::from_pem(&text).unwrap_err();
        assert!(matches!(refused, KeyError::Sample), "{refused:?}");
    }
}

#[test]
fn signature_and_thumbprint_are_those_of_rfc_8037() {
    let seed: [u8; 32] =
        URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap().try_into().unwrap();
    let key = SigningKey::from_seed(seed.into());
    assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let signature = key.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
    assert_eq!(
        URL_SAFE_NO_PAD.encode(signature),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn a76_debug_shows_no_key_and_no_token() {
    let tokens = tokens();
    let seed = URL_SAFE_NO_PAD.encode(flux_core::entropy::bytes::<32>(&SeededEntropy::new(1)));
    let pem = key(1).to_pem();
    let body = pem.expose().lines().nth(1).unwrap();
    let issued = tokens.issue(user(), session(), NOW);
    let shown = format!("{tokens:?} {:?} {issued:?} {:?} {pem:?}", tokens.keys(), key(1));
    for secret in [seed.as_str(), body, issued.token.expose()] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

proptest::proptest! {
    #[test]
    fn a41_no_text_that_was_not_issued_is_taken_or_panics(text in "[A-Za-z0-9_.=-]{0,300}") {
        proptest::prop_assert!(tokens().verify(&text, NOW).is_err());
    }

    #[test]
    fn a41_no_bytes_are_taken_or_panic(text in ".{0,100}") {
        proptest::prop_assert!(tokens().verify(&text, NOW).is_err());
    }
}

#[test]
fn a_key_that_another_process_made_is_taken_at_once_and_signed_with_soon() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.pem");
    let entropy = SeededEntropy::new(7);
    let open = || {
        let keys = KeyRing::load_or_create(&path, &entropy).unwrap();
        Tokens::new(TokenConfig::default(), keys).following(&path)
    };
    let (one, other) = (open(), open());
    let later = |seconds| NOW.plus(Duration::from_secs(seconds));
    let (user, session) = (UserId::generate(NOW, &entropy), SessionId::generate(NOW, &entropy));
    // Both have looked.
    let before = other.issue(user, session, NOW);
    assert!(one.verify(before.token.expose(), NOW).is_ok());

    one.rotate(key(2), later(1));
    one.keys().save(&path, &entropy).unwrap();
    let token = one.issue(user, session, later(1));
    assert_eq!(other.verify(token.token.expose(), later(1)).unwrap().session, session);
    assert!(other.verify(before.token.expose(), later(1)).is_ok(), "what the former key signed stays good");
    assert_eq!(other.keys().signing().id(), one.keys().signing().id());

    let strange = Tokens::new(TokenConfig::default(), KeyRing::new(key(3)));
    let strange = strange.issue(user, session, later(9));
    assert_eq!(other.verify(strange.token.expose(), later(9)), Err(TokenError::UnknownKey));
}
