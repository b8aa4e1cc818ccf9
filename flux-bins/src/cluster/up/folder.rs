//! The folder of a cluster: what is kept from one start to the next.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flux_core::{Entropy, Secret, entropy};

use crate::cluster::args::FILE;
use crate::compose::{self, DataDir, private_file};
use crate::config::Config;
use crate::failure::Failure;

/// Nobody else starts a cluster in it while this lives.
#[derive(Debug)]
pub(super) struct Folder {
    /// Where it is, from the root.
    pub(super) path: PathBuf,
    _held: DataDir,
}

impl Folder {
    /// Opens it, making it if there is none, for its owner alone.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let held = DataDir::open(path)?;
        let path = path.canonicalize()?;
        compose::make_private(&path.join(SECRETS))?;
        Ok(Self { path, _held: held })
    }

    /// A secret of 64 hexadecimal digits, made once and kept.
    pub(super) fn secret(&self, name: &str, entropy: &dyn Entropy) -> Result<Secret, Failure> {
        let path = self.secret_file(name);
        match fs::read_to_string(&path) {
            Ok(kept) => Ok(Secret::new(kept.trim())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let digits = entropy::bytes::<32>(entropy).map(|byte| format!("{byte:02x}")).concat();
                let secret = Secret::new(digits);
                self.keep(name, &secret)?;
                Ok(secret)
            }
            Err(error) => Err(Failure::new(format!("{} cannot be read: {error}", path.display()))),
        }
    }

    /// Writes the configuration for the processes, and returns where it is.
    pub(super) fn write(&self, config: &Config) -> Result<PathBuf, Failure> {
        let settings = config.written(|key, secret| self.keep(key, secret))?;
        let path = self.path.join(FILE);
        let text = format!(
            "# Written by `flux cluster up` at every start: changes here are lost. Give it yours with --config or --set.\n\
             {settings}"
        );
        replace(&path, text.as_bytes())?;
        Ok(path)
    }

    fn keep(&self, name: &str, secret: &Secret) -> io::Result<PathBuf> {
        let path = self.secret_file(name);
        let line = Secret::new(format!("{}\n", secret.expose()));
        replace(&path, line.expose().as_bytes())?;
        Ok(path)
    }

    fn secret_file(&self, name: &str) -> PathBuf {
        self.path.join(SECRETS).join(name)
    }
}

/// The keys that processes share: made here, before several of them would.
pub(super) fn make_keys(config: &Config, entropy: &dyn Entropy) -> Result<(), Failure> {
    compose::token_keys(&compose::token_file(config), entropy)?;
    compose::code_secret(&compose::code_file(config), entropy)?;
    Ok(())
}

/// Where secrets are, below it.
const SECRETS: &str = "secrets";

/// Whole or not at all, and readable by its owner alone.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let mut file = private_file().truncate(true).open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(fresh, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use flux_net::grpc::SharedSecret;
    use flux_store::system::SystemEntropy;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn secrets_are_made_once_kept_and_nobody_elses() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("cluster");
        let folder = Folder::open(&path).unwrap();
        let secret = folder.secret("services.secret", &SystemEntropy).unwrap();
        assert!(SharedSecret::new(&secret).is_ok());
        assert_ne!(folder.secret("mysql.password", &SystemEntropy).unwrap(), secret);
        drop(folder);
        let folder = Folder::open(&path).unwrap();
        assert_eq!(folder.secret("services.secret", &SystemEntropy).unwrap(), secret);

        let mut config = Config::default();
        config.data_dir.clone_from(&folder.path);
        config.services.secret = Some(secret.clone());
        make_keys(&config, &SystemEntropy).unwrap();
        let file = folder.write(&config).unwrap();
        assert!(!fs::read_to_string(&file).unwrap().contains(secret.expose()));
        for private in [&path, &path.join(SECRETS)] {
            assert_eq!(mode(private), 0o700);
        }
        for private in [&file, &folder.secret_file("services.secret"), &path.join("code-secret")] {
            assert_eq!(mode(private), 0o600);
        }
    }

    #[test]
    fn a_second_cluster_in_the_same_folder_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let _first = Folder::open(parent.path()).unwrap();
        let refused = Folder::open(parent.path()).unwrap_err();
        let told = refused.message().unwrap();
        assert!(told.contains("another flux") && told.contains("--data"), "{told}");
    }
}
