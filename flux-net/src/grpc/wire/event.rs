//! Events on their way to connections of another node.

use std::time::Duration;

use flux_core::LogId;
use flux_core::UserId;
use flux_core::routing::Event;
use flux_proto::v1::{self, peer_delivery::Event as Wire, peer_log_changed::Log};

use super::message::{read_cursor, read_message};
use super::people::read_end_reason;
use super::presence::read_presence;
use super::{Unreadable, feed, needed, read_id, read_seq};
use crate::wire::{self, end_reason, message, presence, whole_ms};

/// `None` for what this wire has no words for.
pub(super) fn event(event: &Event, users: &[UserId]) -> Option<Wire> {
    Some(match event {
        Event::Message(stored) => Wire::Message(message(stored)),
        Event::Receipt { conversation, cursor } => Wire::Receipt(v1::Receipt {
            conversation_id: conversation.to_string(),
            cursor: Some(wire::cursor(cursor)),
        }),
        Event::Presence(seen) => Wire::Presence(presence(seen)),
        Event::Typing { conversation, user, typing } => Wire::Typing(v1::Typing {
            conversation_id: conversation.to_string(),
            user_id: user.to_string(),
            typing: *typing,
        }),
        // A feed has one reader.
        Event::Feed(entry) => Wire::FeedEntry(feed::entry(*users.first()?, entry)),
        Event::SessionEnded(reason) => {
            Wire::SessionEnded(v1::SessionEnded { reason: end_reason(*reason).into() })
        }
        Event::Draining { retry_in, url } => Wire::Draining(v1::Draining {
            retry_in_ms: whole_ms(*retry_in),
            url: url.clone().unwrap_or_default(),
        }),
        Event::LogChanged { log, head } => Wire::LogChanged(v1::PeerLogChanged {
            log: Some(match log {
                LogId::Conversation(conversation) => Log::ConversationId(conversation.to_string()),
                LogId::Feed(reader) => Log::FeedUserId(reader.to_string()),
            }),
            head_seq: head.get(),
        }),
        _ => return None,
    })
}

pub(super) fn read_event(event: Wire) -> Result<Event, Unreadable> {
    Ok(match event {
        Wire::Message(stored) => Event::Message(read_message(stored)?),
        Wire::Receipt(receipt) => Event::Receipt {
            conversation: read_id(&receipt.conversation_id, "conversation_id")?,
            cursor: read_cursor(&needed(receipt.cursor, "cursor")?)?,
        },
        Wire::Presence(seen) => Event::Presence(read_presence(&seen)?),
        Wire::Typing(v1::Typing { conversation_id, user_id, typing }) => Event::Typing {
            conversation: read_id(&conversation_id, "conversation_id")?,
            user: read_id(&user_id, "user_id")?,
            typing,
        },
        Wire::FeedEntry(entry) => feed::read_entry(entry)?,
        Wire::SessionEnded(ended) => Event::SessionEnded(read_end_reason(ended.reason())),
        Wire::Draining(v1::Draining { retry_in_ms, url }) => Event::Draining {
            retry_in: Duration::from_millis(u64::from(retry_in_ms)),
            url: (!url.is_empty()).then_some(url),
        },
        Wire::LogChanged(v1::PeerLogChanged { log, head_seq }) => Event::LogChanged {
            log: match needed(log, "log")? {
                Log::ConversationId(text) => LogId::Conversation(read_id(&text, "conversation_id")?),
                Log::FeedUserId(text) => LogId::Feed(read_id(&text, "feed_user_id")?),
            },
            head: read_seq(head_seq, "head_seq")?,
        },
    })
}
