//! The keys that sign and verify access tokens.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flux_core::{Entropy, Secret, Timestamp, entropy};
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;
use zeroize::Zeroizing;

use super::{KeyError, pem};

/// The public halves of keys whose private halves are printed in standards (RFC 8032, sections 7.1: tests 1 to 3; the
/// first one is that of RFC 8037 too), so that no sample configuration goes into production.
const SAMPLES: [&str; 3] = [
    "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw",
    "_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU",
];

/// An Ed25519 key that signs, named by its thumbprint (RFC 7638).
pub struct SigningKey {
    pair: Ed25519KeyPair,
    pub(super) seed: Zeroizing<[u8; 32]>,
    id: String,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}

impl SigningKey {
    /// A new one.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let seed = Zeroizing::new(entropy::bytes::<32>(entropy));
        Self::from_seed(seed)
    }

    /// Reads the first private key of a PEM text (`-----BEGIN PRIVATE KEY-----`, PKCS #8).
    ///
    /// # Errors
    /// [`KeyError::Malformed`], or [`KeyError::Sample`] for a key out of a book.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let blocks = pem::read(text).ok_or(KeyError::Malformed)?;
        let block = blocks.iter().find(|b| b.label == "PRIVATE KEY").ok_or(KeyError::Malformed)?;
        Self::from_pkcs8(&block.der)
    }

    /// The key alone, in PEM.
    #[must_use]
    pub fn to_pem(&self) -> Secret {
        let mut text = String::new();
        self.write_pem(&mut text);
        Secret::new(text)
    }

    /// Its thumbprint, which tokens carry as `kid`.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes.copy_from_slice(self.pair.sign(message).as_ref());
        bytes
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        // Checks the structure, and the public half where there is one (version 2).
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| KeyError::Malformed)?;
        // Both versions hold the seed at the same place, for the lengths before it are written in one byte each.
        let seed = der.get(16..48).ok_or(KeyError::Malformed)?;
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(seed);
        let key = Self::from_seed(bytes);
        if SAMPLES.contains(&URL_SAFE_NO_PAD.encode(key.public()).as_str()) {
            return Err(KeyError::Sample);
        }
        Ok(key)
    }

    pub(super) fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        #[expect(clippy::expect_used, reason = "fails for another length than 32 bytes only")]
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).expect("a seed has 32 bytes");
        let id = thumbprint(&public(&pair));
        Self { pair, seed, id }
    }

    fn public(&self) -> [u8; 32] {
        public(&self.pair)
    }

    fn write_pem(&self, into: &mut String) {
        let mut der = Zeroizing::new(pem::PKCS8_PREFIX.to_vec());
        der.extend_from_slice(&*self.seed);
        pem::write("PRIVATE KEY", &der, into);
    }
}

fn public(pair: &Ed25519KeyPair) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(pair.public_key().as_ref());
    bytes
}

/// RFC 7638 over the members that RFC 8037 requires, in their order.
fn thumbprint(public: &[u8; 32]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
}

/// A key that signs no more, and verifies what it signed until it has expired.
#[derive(Clone)]
struct Retired {
    id: String,
    public: [u8; 32],
    until: Timestamp,
}

/// The key that signs, and those that still verify.
pub struct KeyRing {
    signing: std::sync::Arc<SigningKey>,
    retired: Vec<Retired>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({}, {} retired)", self.signing.id, self.retired.len())
    }
}

impl KeyRing {
    /// With one key.
    #[must_use]
    pub fn new(signing: SigningKey) -> Self {
        Self { signing: signing.into(), retired: Vec::new() }
    }

    /// Reads what [`save`](Self::save) wrote, or a single PKCS #8 key in PEM.
    ///
    /// # Errors
    /// [`KeyError`]; on Unix also if others than the owner may read the file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(path)?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(KeyError::Exposed { mode });
            }
        }
        Self::from_pem(&Zeroizing::new(fs::read_to_string(path)?))
    }

    /// Reads the file, or makes a new key and writes it there if there is none. Of several processes that start at
    /// once one writes, and all use what it wrote.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn load_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::File(error)) if error.kind() == io::ErrorKind::NotFound => {}
            found => return found,
        }
        let ring = Self::new(SigningKey::generate(entropy));
        let written = ring.write_beside(path, entropy)?;
        // A link, unlike a rename, does not replace what another process put there meanwhile.
        let linked = fs::hard_link(&written, path);
        fs::remove_file(&written)?;
        match linked {
            Ok(()) => Ok(ring),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes all of it to a file that only its owner may read, whole or not at all.
    ///
    /// # Errors
    /// [`KeyError::File`].
    pub fn save(&self, path: &Path, entropy: &dyn Entropy) -> Result<(), KeyError> {
        let written = self.write_beside(path, entropy)?;
        fs::rename(&written, path).inspect_err(|_| {
            // What cannot be renamed must not be left lying about; the first failure is the one to tell.
            let _ = fs::remove_file(&written);
        })?;
        Ok(())
    }

    /// Reads a PEM text: the first private key signs; public keys, each after a line `Until: <ms>`, verify until then.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] or [`KeyError::Sample`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let mut signing = None;
        let mut retired = Vec::new();
        for block in pem::read(text).ok_or(KeyError::Malformed)? {
            match block.label.as_str() {
                "PRIVATE KEY" if signing.is_none() => signing = Some(SigningKey::from_pkcs8(&block.der)?),
                "PUBLIC KEY" => {
                    let public = block.der.strip_prefix(&pem::SPKI_PREFIX).ok_or(KeyError::Malformed)?;
                    let public: [u8; 32] = public.try_into().map_err(|_| KeyError::Malformed)?;
                    let until = block.comment.lines().find_map(|line| line.strip_prefix("Until: "));
                    let until = until.and_then(|ms| ms.trim().parse().ok()).ok_or(KeyError::Malformed)?;
                    let until = Timestamp::from_millis(until);
                    retired.push(Retired { id: thumbprint(&public), public, until });
                }
                _ => return Err(KeyError::Malformed),
            }
        }
        Ok(Self { signing: signing.ok_or(KeyError::Malformed)?.into(), retired })
    }

    /// What [`from_pem`](Self::from_pem) reads.
    #[must_use]
    pub fn to_pem(&self) -> Secret {
        let mut text = String::new();
        self.signing.write_pem(&mut text);
        for key in &self.retired {
            text.push_str("Until: ");
            text.push_str(&key.until.as_millis().to_string());
            text.push('\n');
            pem::write("PUBLIC KEY", &[&pem::SPKI_PREFIX[..], &key.public[..]].concat(), &mut text);
        }
        Secret::new(text)
    }

    /// The key that signs.
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The public key with this thumbprint, if it still verifies.
    pub(super) fn verifying(&self, id: &str, now: Timestamp) -> Option<[u8; 32]> {
        if self.signing.id == id {
            return Some(self.signing.public());
        }
        self.retired.iter().find(|key| key.id == id && now < key.until).map(|key| key.public)
    }

    /// With `next` signing, and the former key verifying until `until`.
    pub(super) fn rotated(&self, next: SigningKey, now: Timestamp, until: Timestamp) -> Self {
        let mut retired: Vec<_> = self.retired.iter().filter(|key| now < key.until).cloned().collect();
        let former = &self.signing;
        retired.push(Retired { id: former.id.clone(), public: former.public(), until });
        retired.retain(|key| key.id != next.id);
        Self { signing: next.into(), retired }
    }

    /// See [`Tokens::jwks`](super::Tokens::jwks).
    pub(super) fn jwks(&self, now: Timestamp) -> String {
        let live = self.retired.iter().filter(|key| now < key.until).map(|key| (&key.id, key.public));
        let keys: Vec<_> = std::iter::once((&self.signing.id, self.signing.public()))
            .chain(live)
            .map(|(id, public)| {
                json!({
                    "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
                    "kid": id, "x": URL_SAFE_NO_PAD.encode(public),
                })
            })
            .collect();
        json!({ "keys": keys }).to_string()
    }

    /// Writes a file of a name of its own beside `path`, down to the disk, and returns where.
    fn write_beside(&self, path: &Path, entropy: &dyn Entropy) -> Result<std::path::PathBuf, KeyError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{:016x}", u64::from_le_bytes(entropy::bytes(entropy))));
        let beside = path.with_file_name(name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(&beside)?;
        file.write_all(self.to_pem().expose().as_bytes())?;
        file.sync_all()?;
        Ok(beside)
    }
}
