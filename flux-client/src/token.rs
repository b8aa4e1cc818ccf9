//! Access tokens: where a session gets them from, and how its refresh token is kept.

mod refresh;

use std::fmt;

use async_trait::async_trait;
pub(crate) use refresh::RefreshingTokens;
use serde::{Deserialize, Serialize};

use crate::error::{ClientError, StoreError};
use crate::id::{SessionId, UserId};
use crate::secret::Secret;

/// What proves a session for some minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken(pub(crate) Secret);

impl AccessToken {
    /// From its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Secret::from(text.into()))
    }
}

/// Where access tokens come from. A session asks before every connection attempt and every HTTP call.
#[async_trait]
pub trait TokenSource: Send + Sync + 'static {
    /// A token that is good for a while; never `refused`, which the server has just turned down.
    ///
    /// # Errors
    /// [`ClientError::SessionEnded`] ends the session here; after any other error it is asked again, after a while.
    async fn access_token(&self, refused: Option<&AccessToken>) -> Result<AccessToken, ClientError>;

    /// The session has ended, and what is kept of it is of no use any more.
    async fn forget(&self) {}
}

/// What is needed to [resume](crate::Client::resume) a session after a restart of the program. Whoever has it is logged
/// in: keep it where passwords are kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSession {
    /// Whose it is.
    pub user: UserId,
    /// Which one.
    pub session: SessionId,
    /// Good for one refresh; each brings the next one.
    pub refresh_token: Secret,
}

impl fmt::Debug for SavedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SavedSession")
            .field("user", &self.user)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// Keeps the [`SavedSession`] of one session.
///
/// # Contract
/// [`save`](Self::save) is called with every new refresh token before anything else is done with it, and returns when
/// the token is kept: a used token that comes back after a crash would look like a stolen one.
#[async_trait]
pub trait TokenStore: Send + Sync + 'static {
    /// What was saved last; `None` if nothing was, or it was cleared.
    async fn load(&self) -> Result<Option<SavedSession>, StoreError>;
    /// Replaces it.
    async fn save(&self, session: SavedSession) -> Result<(), StoreError>;
    /// Forgets it: the session has ended.
    async fn clear(&self) -> Result<(), StoreError>;
}

#[cfg(feature = "native")]
pub use file::FileTokens;

#[cfg(feature = "native")]
mod file {
    use std::io;
    use std::path::{Path, PathBuf};

    use async_trait::async_trait;

    use super::{SavedSession, TokenStore};
    use crate::error::StoreError;
    use crate::files;

    /// Keeps a session in a file that only its owner may read.
    #[derive(Debug)]
    pub struct FileTokens {
        path: PathBuf,
    }

    impl FileTokens {
        /// In this file, which need not exist.
        pub fn new(path: impl AsRef<Path>) -> Self {
            Self { path: path.as_ref().to_owned() }
        }
    }

    fn broken(error: io::Error) -> StoreError {
        StoreError::new("the session file cannot be used").caused_by(error)
    }

    #[async_trait]
    impl TokenStore for FileTokens {
        async fn load(&self) -> Result<Option<SavedSession>, StoreError> {
            let path = self.path.clone();
            files::blocking(move || match std::fs::read(path) {
                // The cause of a JSON error may quote what is read.
                Ok(text) => serde_json::from_slice(&text)
                    .map(Some)
                    .map_err(|_| StoreError::new("the session file holds something else")),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(broken(error)),
            })
            .await
        }

        async fn save(&self, session: SavedSession) -> Result<(), StoreError> {
            let path = self.path.clone();
            files::blocking(move || {
                let text = serde_json::to_vec(&session).map_err(|error| broken(error.into()))?;
                files::replace(&path, &text).map(drop).map_err(broken)
            })
            .await
        }

        async fn clear(&self) -> Result<(), StoreError> {
            let path = self.path.clone();
            files::blocking(move || match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(broken(error)),
                _ => Ok(()),
            })
            .await
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::secret::Secret;

        #[tokio::test]
        async fn a_session_is_kept_and_forgotten_and_is_nobody_elses_to_read() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("session.json");
            let store = FileTokens::new(&path);
            let saved = SavedSession {
                user: [1; 16].into(),
                session: [2; 16].into(),
                refresh_token: Secret::from("rt-1"),
            };
            store.save(saved.clone()).await.unwrap();
            assert_eq!(store.load().await.unwrap(), Some(saved.clone()));
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
            }
            assert!(!format!("{saved:?}").contains("rt-1"));
            store.clear().await.unwrap();
            store.clear().await.unwrap();
            assert_eq!(store.load().await.unwrap(), None);
        }
    }
}
