//! Messages and cursors.

use flux_core::message::{Cursor, Message, Sent};
use flux_proto::v1;

pub(crate) fn message(message: &Message) -> v1::Message {
    v1::Message {
        conversation_id: message.conversation.to_string(),
        seq: message.seq.get(),
        sender_id: message.sender.to_string(),
        message_id: message.message.to_string(),
        text: message.text.as_str().to_owned(),
        stored_ms: message.at.as_millis(),
    }
}

pub(crate) fn cursor(cursor: &Cursor) -> v1::Cursor {
    v1::Cursor {
        user_id: cursor.user.to_string(),
        delivered_seq: cursor.delivered.get(),
        read_seq: cursor.read.get(),
    }
}

pub(crate) fn sent(sent: &Sent) -> v1::Sent {
    v1::Sent {
        epoch: sent.epoch.to_string(),
        conversation_id: sent.conversation.to_string(),
        seq: sent.seq.get(),
        stored_ms: sent.at.as_millis(),
        repeated: sent.repeated,
    }
}
