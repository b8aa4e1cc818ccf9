//! The secrets that an installation makes for itself at its first start.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flux_core::entropy;
use flux_core::verification::CodeSecret;
use flux_core::{Entropy, Secret};
use flux_net::token::{KeyError, KeyRing};
use thiserror::Error;

use super::data_dir::private_file;

/// A secret cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// Others than its owner may read the file.
    #[error(
        "others than its owner can read {path} (mode {mode:o}), and whoever reads it can pass for any user: \
         chmod 600 {path}, and if somebody else may have read it, delete it and start again to get a new one",
        path = path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is not what Flux writes there: too short, a sample, or something else.
    #[error("{} holds {what}: delete it and start again to get a new one", path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// It cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

/// The keys that sign access tokens, made if there are none.
///
/// # Errors
/// [`SecretError`].
pub fn token_keys(path: &Path, entropy: &dyn Entropy) -> Result<KeyRing, SecretError> {
    KeyRing::load_or_create(path, entropy).map_err(|error| {
        let path = path.to_owned();
        match error {
            KeyError::Exposed { mode } => SecretError::Exposed { path, mode },
            KeyError::Sample => SecretError::Unfit { path, what: "a key out of a book, which everybody has" },
            KeyError::File(cause) => SecretError::File { path, cause },
            _ => SecretError::Unfit { path, what: "no Ed25519 private key in PEM" },
        }
    })
}

/// The key of verification codes, made if there is none. Of several processes that start at once one makes it, and all
/// use that.
///
/// # Errors
/// [`SecretError`].
pub fn code_secret(path: &Path, entropy: &dyn Entropy) -> Result<CodeSecret, SecretError> {
    let failed = |cause| SecretError::File { path: path.to_owned(), cause };
    let kept = match fs::read_to_string(path) {
        Ok(text) => Secret::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = entropy::bytes::<32>(entropy);
            if write(path, &key, entropy).map_err(failed)? {
                return Ok(CodeSecret::new(key));
            }
            Secret::new(fs::read_to_string(path).map_err(failed)?)
        }
        Err(error) => return Err(failed(error)),
    };
    owners_alone(path)?;
    let unfit = |what| SecretError::Unfit { path: path.to_owned(), what };
    let text = kept.expose().trim();
    if text.len() < 64 {
        return Err(unfit("fewer than 64 hexadecimal digits"));
    }
    let key = parse(text).ok_or_else(|| unfit("something else than 64 hexadecimal digits"))?;
    // Chance does not do this; people who fill in a placeholder do.
    let distinct = key.iter().collect::<std::collections::BTreeSet<_>>().len();
    if distinct < 8 {
        return Err(unfit("a key that can be guessed"));
    }
    Ok(CodeSecret::new(key))
}

/// Whole or not at all: a crash in between must not leave half a key. Whether it was written: what another process put
/// there meanwhile stays.
fn write(path: &Path, key: &[u8; 32], entropy: &dyn Entropy) -> io::Result<bool> {
    let digits = Secret::new(hex(key));
    let fresh = path.with_extension(hex(&entropy::bytes::<8>(entropy)));
    let mut file = private_file().create_new(true).open(&fresh)?;
    writeln!(file, "{}", digits.expose())?;
    file.sync_all()?;
    // A link, unlike a rename, does not replace.
    let linked = fs::hard_link(&fresh, path);
    fs::remove_file(&fresh)?;
    match linked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn parse(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}

fn owners_alone(path: &Path) -> Result<(), SecretError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let failed = |cause| SecretError::File { path: path.to_owned(), cause };
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(SecretError::Exposed { path: path.to_owned(), mode });
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use flux_store::system::SystemEntropy;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code-secret");
        code_secret(&path, &SystemEntropy).unwrap();
        let kept = fs::read(&path).unwrap();
        assert_eq!(kept.len(), 65);
        code_secret(&path, &SystemEntropy).unwrap();
        assert_eq!(fs::read(&path).unwrap(), kept);
    }

    #[test]
    fn a78_short_sample_and_broken_secrets_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code-secret");
        for (text, told) in [
            ("", "fewer than 64"),
            ("changeme", "fewer than 64"),
            (&*"0".repeat(64), "can be guessed"),
            (&*"deadbeef".repeat(8), "can be guessed"),
            (&*"x".repeat(64), "something else"),
            (&*"é".repeat(32), "something else"),
        ] {
            let mut file = private_file().truncate(true).open(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let refused = code_secret(&path, &SystemEntropy).unwrap_err().to_string();
            assert!(refused.contains(told) && refused.contains("delete it"), "{text}: {refused}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a78_a_secret_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let code = folder.path().join("code-secret");
        let keys = folder.path().join("token-keys.pem");
        code_secret(&code, &SystemEntropy).unwrap();
        token_keys(&keys, &SystemEntropy).unwrap();
        for path in [&code, &keys] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        for refused in [
            code_secret(&code, &SystemEntropy).err().unwrap(),
            token_keys(&keys, &SystemEntropy).err().unwrap(),
        ] {
            let told = refused.to_string();
            assert!(told.contains("mode 644") && told.contains("chmod 600"), "{told}");
        }
    }

    #[test]
    fn of_many_that_start_at_once_one_makes_the_key_and_all_use_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code-secret");
        let keys: Vec<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        code_secret(&path, &SystemEntropy).unwrap();
                        fs::read_to_string(&path).unwrap()
                    })
                })
                .collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left lying about");
    }
}
