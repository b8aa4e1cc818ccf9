//! History, conversations and what changed: each read is one statement, and so one snapshot.

use std::sync::Arc;

use flux_core::message::{
    ChangePlace, ChangedConversations, ChangedLog, Conversation, ConversationKind, History, HistoryFrom,
    Message, MessageText, Stamp,
};
use flux_core::{ConversationId, LogId, Seq, StoreError, UserId};
use sqlx::sqlite::SqliteRow;

use super::facts::{cursor, direct};
use crate::sqlite::reader::Readers;
use crate::sqlite::rows::{Columns, Id, corrupt, int, limit as rows};
use crate::sqlite::statement::statements;

/// Messages of a conversation for a member of it. The head comes with every row, also with the one row of NULLs that
/// stands for no message.
macro_rules! history {
    ($which:literal) => {
        concat!(
            "SELECT c.head_seq, t.seq, t.sender_id, t.message_id, t.text, t.at_ms FROM members AS m \
             CROSS JOIN conversations AS c ON c.conversation_id = m.conversation_id \
             LEFT JOIN messages AS t ON t.conversation_id = m.conversation_id AND t.seq ",
            $which,
            " LIMIT ?4"
        )
    };
}

/// The columns that `conversations` reads, of `$place`, and the members of each.
macro_rules! conversations {
    ($page:literal) => {
        concat!(
            "WITH page AS MATERIALIZED (SELECT c.* FROM members AS mine \
               CROSS JOIN conversations AS c ON c.conversation_id = mine.conversation_id WHERE ",
            $page,
            ") SELECT page.conversation_id, page.low_id, page.high_id, page.policy, page.head_seq, \
                      page.last_message_ms, page.changed, m.user_id, m.delivered_seq, m.read_seq \
             FROM page CROSS JOIN members AS m ON m.conversation_id = page.conversation_id \
             ORDER BY page.changed DESC, page.conversation_id DESC, m.user_id"
        )
    };
}

statements! {
    BEFORE = history!("< ?3 WHERE m.user_id = ?1 AND m.conversation_id = ?2 ORDER BY t.seq DESC");
    AFTER = history!("> ?3 WHERE m.user_id = ?1 AND m.conversation_id = ?2 ORDER BY t.seq");
    ONE = conversations!("mine.user_id = ?1 AND mine.conversation_id = ?2");
    CHANGED = conversations!("mine.user_id = ?1 AND c.changed > ?2 AND (c.changed, c.conversation_id) < (?3, ?4) \
                              ORDER BY c.changed DESC, c.conversation_id DESC LIMIT ?5");
    LOGS = "WITH page(kind, id, head, changed) AS MATERIALIZED (SELECT * FROM (\
              SELECT 0 AS kind, conversation_id, head_seq, changed FROM conversations WHERE changed > ?1 \
              UNION ALL \
              SELECT 1, user_id, head_seq, changed FROM feed_heads WHERE changed > ?1 \
              ORDER BY changed LIMIT ?2)) \
            SELECT page.kind, page.id, page.head, page.changed, m.user_id, m.delivered_seq, m.read_seq, m.moved \
            FROM page LEFT JOIN members AS m ON page.kind = 0 AND m.conversation_id = page.id \
            ORDER BY page.changed, m.user_id";
}

pub(super) async fn history(
    readers: &Readers,
    user: UserId,
    conversation: ConversationId,
    from: HistoryFrom,
    limit: usize,
) -> Result<Option<History>, StoreError> {
    let (text, bound) = match from {
        HistoryFrom::Before(seq) => (BEFORE, seq.map_or(i64::MAX, Seq::as_i64)),
        HistoryFrom::After(seq) => (AFTER, seq.as_i64()),
    };
    // No row at all means no member, so at least one is asked for.
    let read =
        sqlx::query(text).bind(user.blob()).bind(conversation.blob()).bind(bound).bind(rows(limit.max(1)));
    let found = readers.all(read).await?;
    let Some(first) = found.first() else { return Ok(None) };
    let head = Columns::of(first).seq("conversations.head_seq")?;
    let mut messages = Vec::with_capacity(found.len());
    for row in found.iter().take(limit) {
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

pub(super) async fn conversation(
    readers: &Readers,
    user: UserId,
    conversation: ConversationId,
) -> Result<Option<Conversation>, StoreError> {
    let read = sqlx::query(ONE).bind(user.blob()).bind(conversation.blob());
    Ok(conversations(user, &readers.all(read).await?)?.pop())
}

pub(super) async fn changed_conversations(
    readers: &Readers,
    user: UserId,
    since: Option<Stamp>,
    below: Option<ChangePlace>,
    limit: usize,
) -> Result<ChangedConversations, StoreError> {
    let (changed, id) = match below {
        Some((Stamp(stamp), id)) => (int(stamp), id.blob()),
        None => (i64::MAX, Vec::new()),
    };
    // One more than asked for tells whether there are more.
    let read = sqlx::query(CHANGED)
        .bind(user.blob())
        .bind(since.map_or(-1, |Stamp(stamp)| int(stamp)))
        .bind(changed)
        .bind(id)
        .bind(rows(limit.saturating_add(1)));
    let mut conversations = conversations(user, &readers.all(read).await?)?;
    let more = conversations.len() > limit;
    conversations.truncate(limit);
    Ok(ChangedConversations { conversations, more })
}

/// Conversations as `user` sees them: one row per member, those of one conversation together.
fn conversations(user: UserId, found: &[SqliteRow]) -> Result<Vec<Conversation>, StoreError> {
    let mut seen: Vec<Conversation> = Vec::new();
    for row in found {
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

/// Every log that a transaction touches gets a stamp of its own, so no two stand at the same place.
pub(super) async fn changed_logs(
    readers: &Readers,
    Stamp(since): Stamp,
    limit: usize,
) -> Result<Vec<ChangedLog>, StoreError> {
    let found = readers.all(sqlx::query(LOGS).bind(int(since)).bind(rows(limit))).await?;
    let mut logs: Vec<(ChangedLog, Vec<UserId>)> = Vec::new();
    for row in &found {
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
