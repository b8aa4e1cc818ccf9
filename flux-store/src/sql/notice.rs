//! Who is to be told of what.

use flux_core::notify::{NoticeClaim, WaitingConversation, Wrote};
use flux_core::{ConversationId, Seq, StoreError, Timestamp, UserId};

use super::{Columns, Id, SqlRow, corrupt};

/// What waits, from rows of a conversation, from where on, its head, and one who wrote: who, how many, the oldest and
/// the newest; NULLs where nobody did. Rows of one conversation stand together.
pub(crate) fn waiting<R: SqlRow>(rows: &[R]) -> Result<Vec<WaitingConversation>, StoreError> {
    let mut found: Vec<(ConversationId, Seq, Seq, Vec<Wrote>)> = Vec::new();
    for row in rows {
        let mut columns = Columns::of(row);
        let conversation = columns.id("conversations.conversation_id")?;
        let after = columns.seq("notice_marks.told_seq")?;
        let head = columns.seq("conversations.head_seq")?;
        if found.last().is_none_or(|(last, ..)| *last != conversation) {
            found.push((conversation, after, head, Vec::new()));
        }
        let (Some((.., wrote)), Some(sender)) =
            (found.last_mut(), columns.bytes_or_null("messages.sender_id")?)
        else {
            continue;
        };
        wrote.push(Wrote {
            user: UserId::read(sender).ok_or(corrupt("messages.sender_id"))?,
            count: u64::try_from(columns.int("messages")?).map_err(|_| corrupt("messages"))?,
            oldest: columns.time("messages.at_ms")?,
            newest: columns.time("messages.at_ms")?,
        });
    }
    let waiting =
        |(conversation, after, head, wrote)| WaitingConversation::new(conversation, after, head, wrote);
    Ok(found.into_iter().map(waiting).collect())
}

/// Reads user, turn, tries and since when it is due.
pub(crate) fn claim<R: SqlRow>(row: &R, now: Timestamp) -> Result<NoticeClaim, StoreError> {
    let mut columns = Columns::of(row);
    Ok(NoticeClaim {
        user: columns.id("notices.user_id")?,
        turn: u64::try_from(columns.int("notices.turn")?).map_err(|_| corrupt("notices.turn"))?,
        tries: u32::try_from(columns.int("notices.tries")?).map_err(|_| corrupt("notices.tries"))?,
        due_for: now.since(columns.time("notices.since_ms")?),
    })
}
