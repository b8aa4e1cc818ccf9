//! History, conversations and what changed: each read is one statement, and so one snapshot.

use flux_core::message::{
    ChangePlace, ChangedConversations, ChangedLog, Conversation, History, HistoryFrom, Stamp,
};
use flux_core::{ConversationId, Seq, StoreError, UserId};

use crate::sql::{self, conversations};
use crate::sqlite::reader::Readers;
use crate::sqlite::rows::{Id, int, limit as rows};
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
    sql::history(&readers.all(read).await?, conversation, from, limit)
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

/// Every log that a transaction touches gets a stamp of its own, so no two stand at the same place.
pub(super) async fn changed_logs(
    readers: &Readers,
    Stamp(since): Stamp,
    limit: usize,
) -> Result<Vec<ChangedLog>, StoreError> {
    let found = readers.all(sqlx::query(LOGS).bind(int(since)).bind(rows(limit))).await?;
    sql::changed_logs(&found)
}
