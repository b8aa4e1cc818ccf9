//! What the server pushes.

use flux_core::routing::Event;
use flux_core::{LogId, Timestamp};
use flux_proto::v1::{self, event::Event as Wire, log_ref::Log, server_frame::Frame};

use super::feed;
use crate::wire;

/// The frame of an event; `None` for what a newer core may push and this wire has no words for.
pub(crate) fn event(event: &Event) -> Option<v1::ServerFrame> {
    Some(frame(match event {
        Event::Message(stored) => Wire::Message(wire::message(stored)),
        Event::Receipt { conversation, cursor } => Wire::Receipt(v1::Receipt {
            conversation_id: conversation.to_string(),
            cursor: Some(wire::cursor(cursor)),
        }),
        Event::Presence(seen) => Wire::Presence(wire::presence(seen)),
        Event::Typing { conversation, user, typing } => Wire::Typing(v1::Typing {
            conversation_id: conversation.to_string(),
            user_id: user.to_string(),
            typing: *typing,
        }),
        Event::Feed(entry) => Wire::FeedEntry(feed::entry(entry)),
        Event::SessionEnded(reason) => {
            Wire::SessionEnded(v1::SessionEnded { reason: wire::end_reason(*reason).into() })
        }
        Event::Draining { retry_in, url } => Wire::Draining(v1::Draining {
            retry_in_ms: wire::whole_ms(*retry_in),
            url: url.clone().unwrap_or_default(),
        }),
        Event::LogChanged { log, head } => {
            Wire::LogChanged(v1::LogChanged { log: Some(log_ref(*log)), head_seq: head.get() })
        }
        _ => return None,
    }))
}

/// The server's sign of life.
pub(crate) fn heartbeat(now: Timestamp) -> v1::ServerFrame {
    frame(Wire::Heartbeat(v1::Heartbeat { server_ms: now.as_millis() }))
}

fn frame(event: Wire) -> v1::ServerFrame {
    v1::ServerFrame { frame: Some(Frame::Event(v1::Event { event: Some(event) })) }
}

/// A feed is named without its reader: nobody is told of another one's.
fn log_ref(log: LogId) -> v1::LogRef {
    let log = match log {
        LogId::Conversation(conversation) => Log::ConversationId(conversation.to_string()),
        LogId::Feed(_) => Log::Feed(v1::OwnFeed {}),
    };
    v1::LogRef { log: Some(log) }
}
