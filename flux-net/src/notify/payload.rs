//! What is posted.

use flux_core::notify::{OfflineNotice, WaitingConversation, Wrote};
use flux_core::{ConversationId, Epoch, UserId};
use serde::Serialize;
use uuid::Uuid;

/// Everything that the receiver is told; docs/notifications.md describes it for those who write one.
#[derive(Serialize)]
pub(super) struct Payload {
    r#type: &'static str,
    id: Uuid,
    data: Data,
}

#[derive(Serialize)]
struct Data {
    epoch: Epoch,
    user_id: UserId,
    conversations: Vec<Conversation>,
    more: bool,
}

#[derive(Serialize)]
struct Conversation {
    #[serde(rename = "conversation_id")]
    id: ConversationId,
    after_seq: u64,
    to_seq: u64,
    count: u64,
    oldest_at_ms: Option<i64>,
    newest_at_ms: Option<i64>,
    senders: Vec<Sender>,
}

#[derive(Serialize)]
struct Sender {
    user_id: UserId,
    count: u64,
}

impl Payload {
    pub(super) fn of(notice: &OfflineNotice) -> Self {
        let data = Data {
            epoch: notice.epoch,
            user_id: notice.user,
            conversations: notice.conversations.iter().map(conversation).collect(),
            more: notice.more,
        };
        Self { r#type: "messages.waiting", id: notice.id.as_uuid(), data }
    }

    /// As JSON.
    pub(super) fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

fn conversation(waiting: &WaitingConversation) -> Conversation {
    let sender = |wrote: &Wrote| Sender { user_id: wrote.user, count: wrote.count };
    Conversation {
        id: waiting.conversation,
        after_seq: waiting.after.get(),
        to_seq: waiting.to.get(),
        count: waiting.count(),
        oldest_at_ms: waiting.oldest().map(flux_core::Timestamp::as_millis),
        newest_at_ms: waiting.newest().map(flux_core::Timestamp::as_millis),
        senders: waiting.wrote.iter().map(sender).collect(),
    }
}
