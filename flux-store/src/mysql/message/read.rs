//! History, conversations and what changed.

use flux_core::message::{
    ChangePlace, ChangedConversations, ChangedLog, Conversation, History, HistoryFrom, Stamp,
};
use flux_core::{ConversationId, Seq, StoreError, UserId};

use crate::mysql::rows::Columns;
use crate::mysql::statement::{sql, statements};
use crate::mysql::store::{Inner, stamp_int};
use crate::sql::{self as rows, Id, conversations, limit as count};

/// Messages of a conversation for a member of it. The head comes with every row, also with the one row of NULLs that
/// stands for no message.
macro_rules! history {
    ($which:literal, $order:literal) => {
        concat!(
            "SELECT c.head_seq, t.seq, t.sender_id, t.message_id, t.text, t.at_ms FROM members AS m \
             STRAIGHT_JOIN conversations AS c ON c.conversation_id = m.conversation_id LEFT JOIN (\
               SELECT conversation_id, seq, sender_id, message_id, text, at_ms FROM messages FORCE INDEX (PRIMARY) \
               WHERE conversation_id = ? AND seq ",
            $which,
            " ? ORDER BY seq ",
            $order,
            " LIMIT ?) AS t ON t.conversation_id = m.conversation_id \
             WHERE m.user_id = ? AND m.conversation_id = ? ORDER BY t.seq ",
            $order
        )
    };
}

/// The columns that `conversations` reads, of a page of conversations, and the members of each.
macro_rules! conversations {
    ($page:literal) => {
        concat!(
            "SELECT page.conversation_id, page.low_id, page.high_id, page.policy, page.head_seq, \
                    page.last_message_ms, page.changed, m.user_id, m.delivered_seq, m.read_seq \
             FROM (SELECT c.* FROM members AS mine \
                   STRAIGHT_JOIN conversations AS c ON c.conversation_id = mine.conversation_id WHERE ",
            $page,
            ") AS page STRAIGHT_JOIN members AS m ON m.conversation_id = page.conversation_id \
             ORDER BY page.changed DESC, page.conversation_id DESC, m.user_id"
        )
    };
}

statements! {
    BEFORE = history!("<", "DESC");
    AFTER = history!(">", "ASC");
    ONE = conversations!("mine.user_id = ? AND mine.conversation_id = ? LIMIT 1");
    CHANGED = conversations!("mine.user_id = ? AND c.changed > ? AND (c.changed, c.conversation_id) < (?, ?) \
                              ORDER BY c.changed DESC, c.conversation_id DESC LIMIT ?");
    /// Where a page of changed logs ends, if there are more: two logs may bear one stamp, and are not torn apart.
    PAGE_END = "(SELECT changed FROM conversations FORCE INDEX (conversations_by_change) \
                 WHERE changed > ? ORDER BY changed LIMIT ?) \
                UNION ALL \
                (SELECT changed FROM feed_heads FORCE INDEX (feed_heads_by_change) \
                 WHERE changed > ? ORDER BY changed LIMIT ?) \
                ORDER BY changed LIMIT 1 OFFSET ?";
    LOGS = "(SELECT 0 AS kind, c.conversation_id AS id, c.head_seq, c.changed AS changed, m.user_id AS user_id, \
                    m.delivered_seq, m.read_seq, m.moved \
             FROM conversations AS c FORCE INDEX (conversations_by_change) \
             STRAIGHT_JOIN members AS m ON m.conversation_id = c.conversation_id \
             WHERE c.changed > ? AND c.changed <= ?) \
            UNION ALL \
            (SELECT 1, h.user_id, h.head_seq, h.changed, NULL, NULL, NULL, NULL \
             FROM feed_heads AS h FORCE INDEX (feed_heads_by_change) WHERE h.changed > ? AND h.changed <= ?) \
            ORDER BY changed, kind, id, user_id";
}

pub(super) async fn history(
    inner: &Inner,
    user: UserId,
    conversation: ConversationId,
    from: HistoryFrom,
    limit: usize,
) -> Result<Option<History>, StoreError> {
    let (text, bound) = match from {
        HistoryFrom::Before(seq) => (BEFORE, seq.map_or(i64::MAX, Seq::as_i64)),
        HistoryFrom::After(seq) => (AFTER, seq.as_i64()),
    };
    let read = sql(text).id(&conversation).int(bound).int(count(limit)).id(&user).id(&conversation);
    rows::history(&inner.all(read).await?, conversation, from, limit)
}

pub(super) async fn conversation(
    inner: &Inner,
    user: UserId,
    conversation: ConversationId,
) -> Result<Option<Conversation>, StoreError> {
    let read = sql(ONE).id(&user).id(&conversation);
    Ok(conversations(user, &inner.all(read).await?)?.pop())
}

pub(super) async fn changed_conversations(
    inner: &Inner,
    user: UserId,
    since: Option<Stamp>,
    below: Option<ChangePlace>,
    limit: usize,
) -> Result<ChangedConversations, StoreError> {
    let (changed, id) = match below {
        Some((stamp, id)) => (stamp_int(stamp), id.blob()),
        None => (i64::MAX, Vec::new()),
    };
    // One more than asked for tells whether there are more.
    let read = sql(CHANGED)
        .id(&user)
        .int(since.map_or(-1, stamp_int))
        .int(changed)
        .bytes(id)
        .int(count(limit.saturating_add(1)));
    let mut conversations = conversations(user, &inner.all(read).await?)?;
    let more = conversations.len() > limit;
    conversations.truncate(limit);
    Ok(ChangedConversations { conversations, more })
}

/// Two reads, and so two snapshots: what moves up between them is in a later page.
pub(super) async fn changed_logs(
    inner: &Inner,
    since: Stamp,
    limit: usize,
) -> Result<Vec<ChangedLog>, StoreError> {
    let (mut since, limit) = (stamp_int(since), limit.max(1));
    let half = count(limit);
    loop {
        let end = sql(PAGE_END).int(since).int(half).int(since).int(half).int(count(limit - 1));
        let end = inner.one(end).await?.map(|row| Columns::of(&row).stamp("changed")).transpose()?;
        let to = end.map_or(i64::MAX, stamp_int);
        let read = sql(LOGS).int(since).int(to).int(since).int(to);
        let logs = rows::changed_logs(&inner.all(read).await?)?;
        // An empty page would say that there are no more.
        if end.is_none() || !logs.is_empty() {
            return Ok(logs);
        }
        since = to;
    }
}
