//! The port that notices leave through.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use super::{ChannelName, NoticeId, WaitingConversation};
use crate::error::Cause;
use crate::id::{Epoch, UserId};

/// Messages wait for somebody. It holds no text: what is told beyond that is up to the adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineNotice {
    /// Names what this says: a receiver that has seen it knows it all.
    pub id: NoticeId,
    /// The life of the store that the seqs belong to.
    pub epoch: Epoch,
    /// Who is to be told.
    pub user: UserId,
    /// What waits, at least one; in each somebody wrote.
    pub conversations: Vec<WaitingConversation>,
    /// Whether more conversations wait than are told with this; they follow with the next.
    pub more: bool,
}

/// A notice did not reach its receiver, or nobody knows whether it did.
#[derive(Debug, Error)]
pub enum NotTaken {
    /// It may be taken when it is tried again.
    #[error("notice not taken")]
    Later {
        /// When the receiver wants it, if it said so.
        after: Option<Duration>,
        /// What happened.
        #[source]
        cause: Cause,
    },
    /// It will never be taken, nor will another like it.
    #[error("notice refused for good")]
    Never(#[source] Cause),
}

impl NotTaken {
    /// It may be taken later.
    pub fn later(cause: impl Into<Cause>) -> Self {
        Self::Later { after: None, cause: cause.into() }
    }
}

/// Tells people who are away that messages wait.
///
/// # Contract
/// - `Ok` means that the receiver has the notice, on its own responsibility: it is not told again. To have nobody to
///   tell it to is `Ok` as well.
/// - After an error the same notice comes again, later, and from whichever process; perhaps it says more by then, under
///   another [id](OfflineNotice::id).
/// - A notice may come twice, for a process may end between the receiver's answer and the record of it.
#[async_trait]
pub trait OfflineNotifier: Send + Sync + 'static {
    /// Names the channel, always the same: what its receiver was told is kept under this name.
    fn channel(&self) -> &ChannelName;

    /// Hands a notice to the receiver and waits for its answer.
    async fn notify(&self, notice: &OfflineNotice) -> Result<(), NotTaken>;
}
