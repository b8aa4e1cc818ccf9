//! Where a session got to, kept across restarts of the program.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::id::{ConversationId, Epoch, UserId};

/// How far a session has got with every log. With it the next start continues exactly where the application stopped
/// taking events; without it, at what the server knows to be delivered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedState {
    /// Whose session it was. Another user's session does not go on from here.
    pub user: UserId,
    /// The life of the server's store that the numbers belong to.
    pub epoch: Epoch,
    /// Where the last sync ended; opaque.
    pub sync_cursor: String,
    /// Every conversation.
    pub conversations: BTreeMap<ConversationId, Position>,
    /// The feed; `None` before it was first heard of.
    pub feed: Option<Position>,
}

impl SavedState {
    pub(crate) fn new(user: UserId, epoch: Epoch, sync_cursor: String) -> Self {
        Self { user, epoch, sync_cursor, conversations: BTreeMap::new(), feed: None }
    }
}

impl fmt::Debug for SavedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedState")
            .field("user", &self.user)
            .field("epoch", &self.epoch)
            .field("conversations", &self.conversations.len())
            .field("feed", &self.feed)
            .finish_non_exhaustive()
    }
}

/// How far a session has got with one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The application took all up to here.
    pub taken_seq: u64,
    /// The newest known.
    pub head_seq: u64,
}

/// Keeps a session's state.
///
/// # Contract
/// [`load`](Self::load) gives what the last [`save`](Self::save) that returned `Ok` was given, or a newer one that did
/// not return; never a mixture. One session uses a store.
#[async_trait]
pub trait StateStore: Send + Sync + 'static {
    /// What was saved last; `None` if nothing was.
    async fn load(&self) -> Result<Option<SavedState>, StoreError>;
    /// Replaces it.
    async fn save(&self, state: SavedState) -> Result<(), StoreError>;
}

#[cfg(feature = "native")]
pub use file::FileState;

#[cfg(feature = "native")]
mod file {
    use std::io;
    use std::path::{Path, PathBuf};

    use async_trait::async_trait;

    use super::{SavedState, StateStore};
    use crate::error::StoreError;
    use crate::files;

    /// Keeps a session's state in a file of JSON.
    #[derive(Debug)]
    pub struct FileState {
        path: PathBuf,
    }

    impl FileState {
        /// In this file, which need not exist.
        pub fn new(path: impl AsRef<Path>) -> Self {
            Self { path: path.as_ref().to_owned() }
        }
    }

    #[async_trait]
    impl StateStore for FileState {
        async fn load(&self) -> Result<Option<SavedState>, StoreError> {
            let path = self.path.clone();
            files::blocking(move || match std::fs::read(path) {
                Ok(text) => serde_json::from_slice(&text)
                    .map(Some)
                    .map_err(|error| StoreError::new("the state file holds something else").caused_by(error)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(StoreError::new("the state file cannot be read").caused_by(error)),
            })
            .await
        }

        async fn save(&self, state: SavedState) -> Result<(), StoreError> {
            let path = self.path.clone();
            files::blocking(move || {
                let broken = |error| StoreError::new("the state file cannot be written").caused_by(error);
                let text = serde_json::to_vec(&state).map_err(|error| broken(error.into()))?;
                files::replace(&path, &text).map(drop).map_err(broken)
            })
            .await
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::state::Position;

        #[tokio::test]
        async fn what_was_saved_last_is_loaded() {
            let folder = tempfile::tempdir().unwrap();
            let store = FileState::new(folder.path().join("state.json"));
            assert_eq!(store.load().await.unwrap(), None);
            let mut state = SavedState::new([9; 16].into(), String::from("e").into(), "cursor".into());
            state.conversations.insert([1; 16].into(), Position { taken_seq: 3, head_seq: 5 });
            store.save(state.clone()).await.unwrap();
            state.feed = Some(Position { taken_seq: 1, head_seq: 1 });
            store.save(state.clone()).await.unwrap();
            assert_eq!(store.load().await.unwrap(), Some(state));
        }
    }
}
