//! What an operator may choose about the file, and why it may not open.

use std::path::PathBuf;
use std::time::Duration;

use flux_core::Cause;
use thiserror::Error;

/// When a commit counts as written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Every commit waits for the disk: what was acknowledged survives a power cut.
    #[default]
    Full,
    /// The disk is waited for now and then: what was acknowledged survives the end of the process, but not always a
    /// power cut. The file stays sound either way.
    Normal,
}

/// Where the file is and how it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteConfig {
    /// The file; made if there is none, in a folder that must exist. Beside it stand `-wal` and `-shm` files, and a
    /// `.lock` file that keeps a second process out.
    pub path: PathBuf,
    /// When a commit counts as written: [`Synchronous::Full`].
    pub synchronous: Synchronous,
    /// How long a call waits for its turn, and for another program that holds a lock on the file: 2 s.
    pub busy_timeout: Duration,
    /// How many reads may run at once: 4.
    pub readers: u32,
    /// Whether opening begins a new epoch, as has to be done once with a file that was restored from a copy: clients
    /// have seen entries that it does not hold, and start over when they see the new epoch. No.
    pub new_epoch: bool,
}

impl SqliteConfig {
    /// The file at `path`, everything else as it is by default.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            synchronous: Synchronous::default(),
            busy_timeout: Duration::from_secs(2),
            readers: 4,
            new_epoch: false,
        }
    }

    /// With another [`synchronous`](Self::synchronous).
    #[must_use]
    pub fn with_synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// With another [`busy_timeout`](Self::busy_timeout).
    #[must_use]
    pub fn with_busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// Beginning a [new epoch](Self::new_epoch).
    #[must_use]
    pub fn with_new_epoch(mut self) -> Self {
        self.new_epoch = true;
        self
    }

    /// With another number of [`readers`](Self::readers); at least one.
    #[must_use]
    pub fn with_readers(mut self, readers: u32) -> Self {
        self.readers = readers.max(1);
        self
    }
}

/// Why a file does not open as a store. Nothing in it was changed, except by migrations that succeeded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is no SQLite database, or one of another program.
    #[error("{} is not a Flux database", path.display())]
    NotFlux {
        /// The file.
        path: PathBuf,
    },
    /// A newer version of Flux has written it.
    #[error("{} has schema version {found}, and this program knows up to {known}", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// Another process, or another store of this one, uses it.
    #[error("{} is in use by another process", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It, or its folder, cannot be written.
    #[error("{} cannot be written", path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: Cause,
    },
    /// It is damaged, or something else is wrong with it.
    #[error("{} cannot be opened", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        #[source]
        cause: Cause,
    },
}
