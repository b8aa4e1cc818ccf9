//! Who is to be told of what.

use flux_core::notify::{NoticeClaim, Wrote};
use flux_core::{StoreError, Timestamp, UserId};

use super::{Columns, Id, SqlRow, corrupt};

/// Reads who wrote, how many messages, and when the oldest and the newest was stored; `None` for NULLs.
pub(crate) fn wrote<R: SqlRow>(columns: &mut Columns<'_, R>) -> Result<Option<Wrote>, StoreError> {
    let Some(sender) = columns.bytes_or_null("messages.sender_id")? else { return Ok(None) };
    Ok(Some(Wrote {
        user: UserId::read(sender).ok_or(corrupt("messages.sender_id"))?,
        count: u64::try_from(columns.int("messages")?).map_err(|_| corrupt("messages"))?,
        oldest: columns.time("messages.at_ms")?,
        newest: columns.time("messages.at_ms")?,
    }))
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
