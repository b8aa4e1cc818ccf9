//! Messages, cursors, and who sends them.

use flux_core::message::{Cursor, Destination, InvalidText, Message, MessageText, Sent};
use flux_core::session::Actor;
use flux_core::{ErrorCode, Generation, MessageId, Timestamp};
use flux_proto::v1::{self, send::To};

use super::{Failure, Unreadable, needed, read_id, read_seq};

pub(super) fn read_message(message: v1::Message) -> Result<Message, Unreadable> {
    Ok(Message {
        conversation: read_id(&message.conversation_id, "conversation_id")?,
        seq: read_seq(message.seq, "seq")?,
        sender: read_id(&message.sender_id, "sender_id")?,
        message: read_id(&message.message_id, "message_id")?,
        // It was checked before it was stored.
        text: MessageText::from_store(message.text),
        at: Timestamp::from_millis(message.stored_ms),
    })
}

pub(super) fn read_cursor(cursor: &v1::Cursor) -> Result<Cursor, Unreadable> {
    Ok(Cursor {
        user: read_id(&cursor.user_id, "user_id")?,
        delivered: read_seq(cursor.delivered_seq, "delivered_seq")?,
        read: read_seq(cursor.read_seq, "read_seq")?,
    })
}

pub(in crate::grpc) fn actor(actor: &Actor) -> v1::Actor {
    v1::Actor {
        user_id: actor.user.to_string(),
        session_id: actor.session.to_string(),
        generation: actor.generation.map(Generation::get),
    }
}

pub(in crate::grpc) fn read_actor(actor: &v1::Actor) -> Result<Actor, Unreadable> {
    Ok(Actor {
        user: read_id(&actor.user_id, "user_id")?,
        session: read_id(&actor.session_id, "session_id")?,
        generation: actor.generation.map(Generation::new),
    })
}

pub(in crate::grpc) fn send(to: Destination, message: MessageId, text: &MessageText) -> v1::Send {
    let to = match to {
        Destination::Conversation(conversation) => To::ConversationId(conversation.to_string()),
        Destination::User(user) => To::UserId(user.to_string()),
    };
    v1::Send { to: Some(to), message_id: message.to_string(), text: text.as_str().to_owned() }
}

/// The text is checked again: what is stored is never more than one service's word.
pub(in crate::grpc) fn read_send(send: &v1::Send) -> Result<(Destination, MessageId, MessageText), Failure> {
    let to = match needed(send.to.as_ref(), "to")? {
        To::ConversationId(text) => Destination::Conversation(read_id(text, "conversation_id")?),
        To::UserId(text) => Destination::User(read_id(text, "user_id")?),
    };
    let message = read_id(&send.message_id, "message_id")?;
    let text = MessageText::new(&send.text).map_err(|error| {
        let code = match error {
            InvalidText::Empty => ErrorCode::MessageEmpty,
            InvalidText::TooLong { .. } | InvalidText::TooManyBytes { .. } => ErrorCode::MessageTooLong,
            _ => ErrorCode::TextNotAllowed,
        };
        Failure { field: "text".to_owned(), ..Failure::new(code) }
    })?;
    Ok((to, message, text))
}

pub(in crate::grpc) fn read_sent(sent: &v1::Sent) -> Result<Sent, Unreadable> {
    Ok(Sent {
        epoch: read_id(&sent.epoch, "epoch")?,
        conversation: read_id(&sent.conversation_id, "conversation_id")?,
        seq: read_seq(sent.seq, "seq")?,
        at: Timestamp::from_millis(sent.stored_ms),
        repeated: sent.repeated,
    })
}
