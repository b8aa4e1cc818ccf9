//! The folder that everything lies in.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The folder cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataDirError {
    /// Another process has it.
    #[error(
        "another flux uses the data folder {}: stop it, or give this one a folder of its own with --data", path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// It cannot be made or written to.
    #[error("the data folder {} cannot be used", path.display())]
    Failed {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

/// The folder of one process: database, keys, captured mail. While this lives, no other process gets it.
#[derive(Debug)]
#[must_use = "dropping it lets another process have the folder"]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Opens the folder, making it if there is none: for its owner alone, because whoever reads it reads every message.
    ///
    /// # Errors
    /// [`DataDirError`].
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let failed = |cause| DataDirError::Failed { path: path.to_owned(), cause };
        make_private(path).map_err(failed)?;
        warn_if_open_to_all(path);
        let lock = private_file().open(path.join("flux.lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The SQLite file.
    pub fn database(&self) -> PathBuf {
        database(&self.path)
    }

    /// The keys that sign access tokens.
    pub fn token_keys(&self) -> PathBuf {
        self.path.join("token-keys.pem")
    }

    /// The key of verification codes.
    pub fn code_secret(&self) -> PathBuf {
        self.path.join("code-secret")
    }
}

/// The SQLite file below a data folder.
pub(crate) fn database(data_dir: &Path) -> PathBuf {
    data_dir.join("flux.db")
}

/// Makes a folder that only its owner may look into, if there is none.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// A file that only its owner may read, made if there is none.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

fn warn_if_open_to_all(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = fs::metadata(path).is_ok_and(|folder| folder.permissions().mode() & 0o007 != 0);
        if open {
            let folder = path.display();
            tracing::warn!(
                "everybody on this machine can look into {folder}, where messages lie: chmod 700 {folder}"
            );
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_has_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("b");
        let held = DataDir::open(&path).unwrap();
        let refused = DataDir::open(&path).unwrap_err();
        assert!(refused.to_string().contains("--data"), "{refused}");
        drop(held);
        let _held = DataDir::open(&path).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o700);
            assert_eq!(mode(&path.join("flux.lock")), 0o600);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(DataDir::open(&file.join("data")), Err(DataDirError::Failed { .. })));
    }
}
