//! Messages, conversations and cursors.

use flux_core::message::{
    Conversation, Destination, History, HistoryFrom, InvalidText, MAX_PAGE, MessageText,
};
use flux_core::{ConversationId, ErrorCode, MessageId};
use flux_proto::v1::{self, read_history::From, send::To};

use super::field::{Invalid, id, limit, seq};
use super::{Ask, Send};
use crate::wire::{cursor, message, optional_ms};

impl TryFrom<v1::Send> for Send {
    type Error = Invalid;

    fn try_from(send: v1::Send) -> Result<Self, Invalid> {
        let to = match send.to.ok_or(Invalid::argument("to"))? {
            To::ConversationId(text) => Destination::Conversation(id(&text, "conversation_id")?),
            To::UserId(text) => Destination::User(id(&text, "user_id")?),
        };
        Ok(Self { to, message: message_id(&send.message_id)?, text: text(&send.text)? })
    }
}

fn message_id(text: &str) -> Result<MessageId, Invalid> {
    let message: MessageId = id(text, "message_id")?;
    if message.as_uuid().get_version_num() == 7 { Ok(message) } else { Err(Invalid::argument("message_id")) }
}

fn text(text: &str) -> Result<MessageText, Invalid> {
    MessageText::new(text).map_err(|error| {
        let code = match error {
            InvalidText::Empty => ErrorCode::MessageEmpty,
            InvalidText::TooLong { .. } | InvalidText::TooManyBytes { .. } => ErrorCode::MessageTooLong,
            _ => ErrorCode::TextNotAllowed,
        };
        Invalid { code, field: "text" }
    })
}

pub(super) fn read_history(read: &v1::ReadHistory) -> Result<Ask, Invalid> {
    let from = match read.from {
        None | Some(From::BeforeSeq(0)) => HistoryFrom::Before(None),
        Some(From::BeforeSeq(before)) => HistoryFrom::Before(Some(seq(before, "before_seq")?)),
        Some(From::AfterSeq(after)) => HistoryFrom::After(seq(after, "after_seq")?),
    };
    let conversation = id(&read.conversation_id, "conversation_id")?;
    Ok(Ask::History { conversation, from, limit: limit(read.limit, MAX_PAGE) })
}

pub(super) fn conversation(conversation: &Conversation) -> v1::Conversation {
    v1::Conversation {
        conversation_id: conversation.conversation.to_string(),
        head_seq: conversation.head.get(),
        cursors: conversation.cursors.iter().map(cursor).collect(),
        writable: conversation.writable,
        last_message_ms: optional_ms(conversation.last_message),
    }
}

pub(super) fn history(conversation: ConversationId, history: &History) -> v1::History {
    v1::History {
        conversation_id: conversation.to_string(),
        messages: history.messages.iter().map(message).collect(),
        head_seq: history.head.get(),
    }
}
