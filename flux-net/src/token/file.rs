//! A file of keys that several processes share.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use flux_core::Timestamp;

use super::KeyRing;

/// How often the file is looked at while all keys are known: whoever signs learns of a new key within this. 5 s.
const LOOK: Duration = Duration::from_secs(5);

/// How often it is looked at for a token with an unknown key, so that a stream of bad tokens is no stream of reads. 1 s.
const LOOK_FOR_UNKNOWN: Duration = Duration::from_secs(1);

/// Looks whether another process has rotated the keys.
#[derive(Debug)]
pub(super) struct KeyFile {
    path: PathBuf,
    seen: Mutex<Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    /// What the file looked like when it was last read.
    version: Option<(SystemTime, u64)>,
    looked: Timestamp,
}

impl KeyFile {
    /// Of the file that was read just now.
    pub(super) fn new(path: &Path) -> Self {
        let seen = Seen { version: version(path), looked: Timestamp::from_millis(i64::MIN) };
        Self { path: path.to_owned(), seen: Mutex::new(seen) }
    }

    /// The keys, if they have changed; `None` if not, or if it is too early to look again.
    pub(super) fn changed(&self, now: Timestamp, for_unknown: bool) -> Option<KeyRing> {
        let pause = if for_unknown { LOOK_FOR_UNKNOWN } else { LOOK };
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            // A clock that went back must not stop the looking.
            if now >= seen.looked && now.since(seen.looked) < pause {
                return None;
            }
            seen.looked = now;
            let version = version(&self.path);
            if version == seen.version {
                return None;
            }
            seen.version = version;
        }
        match KeyRing::load(&self.path) {
            Ok(keys) => Some(keys),
            Err(error) => {
                tracing::warn!(%error, "the changed keys of access tokens cannot be read; the former ones stay");
                None
            }
        }
    }
}

fn version(path: &Path) -> Option<(SystemTime, u64)> {
    let file = fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}
