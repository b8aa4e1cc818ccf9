//! Feeds.

use flux_core::feed::{FeedChange, FeedEntry, FeedRange};
use flux_core::{Seq, StoreError};

use super::{Columns, SqlRow, corrupt};

/// What happened, as it is kept.
pub(crate) fn encode(change: &FeedChange) -> Result<String, StoreError> {
    serde_json::to_string(change).map_err(StoreError::unavailable)
}

/// What [`encode`] wrote.
pub(crate) fn decode(text: &str) -> Result<FeedChange, StoreError> {
    serde_json::from_str(text).map_err(|_| corrupt("feed_entries.change"))
}

/// A stretch of a feed, from rows of head, floor, and seq, time and change of an entry. One row without an entry tells
/// of a feed in which there is none to tell of; no row at all, of one that never had any.
pub(crate) fn range<R: SqlRow>(rows: &[R], limit: usize) -> Result<FeedRange, StoreError> {
    let mut found = FeedRange { entries: Vec::new(), head: Seq::ZERO, floor: Seq::ZERO };
    for row in rows {
        let mut columns = Columns::of(row);
        found.head = columns.seq("feed_heads.head_seq")?;
        found.floor = columns.seq("feed_heads.floor_seq")?;
        if let Some(seq) = columns.seq_or_null("feed_entries.seq")? {
            let at = columns.time("feed_entries.at_ms")?;
            let change = decode(&columns.text("feed_entries.change")?)?;
            found.entries.push(FeedEntry { seq, at, change });
        }
    }
    found.entries.truncate(limit);
    Ok(found)
}
