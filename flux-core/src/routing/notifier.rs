//! The port that tells of messages for people who are not there.

use async_trait::async_trait;

use crate::error::StoreError;
use crate::id::{ConversationId, Seq, UserId};

/// A message that waits for somebody without a connection. It holds no text: what is told beyond that is up to the
/// adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineNotice {
    /// Who is to be told.
    pub user: UserId,
    /// Who wrote.
    pub sender: UserId,
    /// Where.
    pub conversation: ConversationId,
    /// Which message.
    pub seq: Seq,
}

/// Tells people who are not connected that a message waits.
///
/// # Contract
/// - `Ok` means that the notices are written down: the adapter tells of each at least once, whatever happens to the
///   process after. After an error the caller asks again.
/// - A notice that comes twice tells of the same message.
#[async_trait]
pub trait OfflineNotifier: Send + Sync + 'static {
    /// Takes notices.
    async fn notify(&self, notices: &[OfflineNotice]) -> Result<(), StoreError>;
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNotifier;

#[async_trait]
impl OfflineNotifier for NoNotifier {
    async fn notify(&self, _: &[OfflineNotice]) -> Result<(), StoreError> {
        Ok(())
    }
}
