//! Messages, cursors and conversations.

use std::sync::Arc;

use flux_core::message::{
    ChangedLog, Conversation, ConversationKind, Cursor, DirectPolicy, History, HistoryFrom, Message,
    MessageKey, MessageText, StoredFacts,
};
use flux_core::{ConversationId, LogId, Pair, StoreError, UserId};

use super::{Columns, SqlRow, corrupt};

/// Reads the pair and who may write.
pub(crate) fn direct<R: SqlRow>(columns: &mut Columns<'_, R>) -> Result<(Pair, DirectPolicy), StoreError> {
    let (low, high) = (columns.id("conversations.low_id")?, columns.id("conversations.high_id")?);
    let pair = Pair::new(low, high).ok_or(corrupt("conversations.low_id"))?;
    let bits = u8::try_from(columns.int("conversations.policy")?).ok();
    let policy = bits.and_then(DirectPolicy::from_bits).ok_or(corrupt("conversations.policy"))?;
    Ok((pair, policy))
}

/// Reads the cursor of a member.
pub(crate) fn cursor<R: SqlRow>(columns: &mut Columns<'_, R>) -> Result<Cursor, StoreError> {
    Ok(Cursor {
        user: columns.id("members.user_id")?,
        delivered: columns.seq("members.delivered_seq")?,
        read: columns.seq("members.read_seq")?,
    })
}

/// Reads conversation, sender and id of a message, its seq, its time and its text.
pub(crate) fn stored<R: SqlRow>(row: &R) -> Result<(MessageKey, StoredFacts), StoreError> {
    let mut columns = Columns::of(row);
    let key = (
        columns.id("messages.conversation_id")?,
        columns.id("messages.sender_id")?,
        columns.id("messages.message_id")?,
    );
    let stored = StoredFacts {
        seq: columns.seq("messages.seq")?,
        at: columns.time("messages.at_ms")?,
        text: MessageText::from_store(columns.text("messages.text")?),
    };
    Ok((key, stored))
}

/// A stretch of a conversation, from rows of its head, and seq, sender, id, text and time of a message. No row at all
/// means no member; one without a message, that there is none in this direction.
pub(crate) fn history<R: SqlRow>(
    rows: &[R],
    conversation: ConversationId,
    from: HistoryFrom,
    limit: usize,
) -> Result<Option<History>, StoreError> {
    let Some(first) = rows.first() else { return Ok(None) };
    let head = Columns::of(first).seq("conversations.head_seq")?;
    let mut messages = Vec::with_capacity(rows.len());
    for row in rows.iter().take(limit) {
        let mut columns = Columns::of(row);
        columns.seq("conversations.head_seq")?;
        if let Some(seq) = columns.seq_or_null("messages.seq")? {
            messages.push(Message {
                conversation,
                seq,
                sender: columns.id("messages.sender_id")?,
                message: columns.id("messages.message_id")?,
                text: MessageText::from_store(columns.text("messages.text")?),
                at: columns.time("messages.at_ms")?,
            });
        }
    }
    if matches!(from, HistoryFrom::Before(_)) {
        messages.reverse();
    }
    Ok(Some(History { messages, head }))
}

/// Conversations as `user` sees them: one row per member, those of one conversation together.
pub(crate) fn conversations<R: SqlRow>(user: UserId, rows: &[R]) -> Result<Vec<Conversation>, StoreError> {
    let mut seen: Vec<Conversation> = Vec::new();
    for row in rows {
        let mut columns = Columns::of(row);
        let id: ConversationId = columns.id("conversations.conversation_id")?;
        let (pair, policy) = direct(&mut columns)?;
        let kind = ConversationKind::Direct(pair, policy);
        let head = columns.seq("conversations.head_seq")?;
        let last_message = columns.time_or_null("conversations.last_message_ms")?;
        let changed = columns.stamp("conversations.changed")?;
        let member = cursor(&mut columns)?;
        match seen.last_mut() {
            Some(last) if last.conversation == id => last.cursors.push(member),
            _ => seen.push(Conversation {
                conversation: id,
                head,
                last_message,
                cursors: vec![member],
                writable: kind.writable_by(user),
                changed,
            }),
        }
    }
    Ok(seen)
}

/// Logs that changed, from rows of its kind (0 conversation, 1 feed), its id, its head and its stamp, and the cursor of
/// a member and when that moved. Rows of one log stand together.
pub(crate) fn changed_logs<R: SqlRow>(rows: &[R]) -> Result<Vec<ChangedLog>, StoreError> {
    let mut logs: Vec<(ChangedLog, Vec<UserId>)> = Vec::new();
    for row in rows {
        let mut columns = Columns::of(row);
        let log = match columns.int("log")? {
            0 => LogId::Conversation(columns.id("conversations.conversation_id")?),
            1 => LogId::Feed(columns.id("feed_heads.user_id")?),
            _ => return Err(corrupt("log")),
        };
        let head = columns.seq("head_seq")?;
        let changed = columns.stamp("changed")?;
        if logs.last().is_none_or(|(last, _)| last.log != log) {
            let (readers, cursors) = (Arc::new([]), Vec::new());
            logs.push((ChangedLog { log, head, readers, changed, cursors }, Vec::new()));
        }
        let Some((last, readers)) = logs.last_mut() else { continue };
        match log {
            LogId::Feed(user) => readers.push(user),
            LogId::Conversation(_) => {
                let cursor = cursor(&mut columns)?;
                readers.push(cursor.user);
                last.cursors.push((cursor, columns.stamp("members.moved")?));
            }
        }
    }
    Ok(logs.into_iter().map(|(log, readers)| ChangedLog { readers: readers.into(), ..log }).collect())
}
