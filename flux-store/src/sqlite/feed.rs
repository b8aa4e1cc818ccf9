//! Feeds.

use async_trait::async_trait;
use flux_core::feed::{FeedChange, FeedEntry, FeedRange, FeedStore};
use flux_core::{Seq, StoreError, UserId};

use super::SqliteStore;
use super::rows::{Columns, Id, corrupt, limit as rows};
use super::statement::statements;
use super::writer::Tx;
use crate::sql;

statements! {
    NEXT = "INSERT INTO feed_heads (user_id, head_seq, floor_seq, changed) VALUES (?, 1, 0, ?) \
            ON CONFLICT (user_id) DO UPDATE SET head_seq = head_seq + 1, changed = excluded.changed \
            RETURNING head_seq";
    APPEND = "INSERT INTO feed_entries (user_id, seq, at_ms, change) VALUES (?, ?, ?, ?)";
    RANGE = "SELECT h.head_seq, h.floor_seq, e.seq, e.at_ms, e.change \
             FROM feed_heads AS h LEFT JOIN feed_entries AS e ON e.user_id = h.user_id AND e.seq > ?2 \
             WHERE h.user_id = ?1 ORDER BY e.seq LIMIT ?3";
    LONG = "SELECT user_id, head_seq FROM feed_heads WHERE head_seq - floor_seq > ? LIMIT ?";
    CUT = "DELETE FROM feed_entries WHERE user_id = ? AND seq <= ?";
    RAISE_FLOOR = "UPDATE feed_heads SET floor_seq = ? WHERE user_id = ?";
    CLEAR = "DELETE FROM feed_entries WHERE user_id = ?";
    FLOOR_TO_HEAD = "UPDATE feed_heads SET floor_seq = head_seq WHERE user_id = ?";
}

/// Appends to the feed of `user`, as part of the transaction that the entry tells of.
pub(super) async fn append(
    tx: &mut Tx,
    user: UserId,
    change: FeedChange,
) -> Result<(UserId, FeedEntry), StoreError> {
    let json = sql::feed_text(&change)?;
    let (at, stamp) = (tx.now(), tx.next_stamp());
    let row = tx.one(sqlx::query(NEXT).bind(user.blob()).bind(stamp)).await?;
    let seq = Columns::of(&row.ok_or(corrupt("feed_heads"))?).seq("feed_heads.head_seq")?;
    let entry = sqlx::query(APPEND).bind(user.blob()).bind(seq.as_i64()).bind(at.as_millis()).bind(json);
    tx.run(entry).await?;
    Ok((user, FeedEntry { seq, at, change }))
}

/// Empties the feed of a user who is gone; its seqs stay used.
pub(super) async fn clear(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    tx.run(sqlx::query(CLEAR).bind(user.blob())).await?;
    tx.run(sqlx::query(FLOOR_TO_HEAD).bind(user.blob())).await
}

#[async_trait]
impl FeedStore for SqliteStore {
    async fn feed(&self, user: UserId, after: Seq, limit: usize) -> Result<FeedRange, StoreError> {
        // The row of a feed without newer entries tells its head, so at least one row is asked for.
        let range = sqlx::query(RANGE).bind(user.blob()).bind(after.as_i64()).bind(rows(limit.max(1)));
        sql::feed_range(&self.readers.all(range).await?, limit)
    }

    async fn cut_feeds(&self, keep: usize, limit: usize) -> Result<usize, StoreError> {
        self.writer.write(move |tx| Box::pin(cut(tx, rows(keep), rows(limit)))).await
    }
}

async fn cut(tx: &mut Tx, keep: i64, limit: i64) -> Result<usize, StoreError> {
    let long = tx.all(sqlx::query(LONG).bind(keep).bind(limit)).await?;
    for row in &long {
        let mut columns = Columns::of(row);
        let user: UserId = columns.id("feed_heads.user_id")?;
        let floor = columns.int("feed_heads.head_seq")?.saturating_sub(keep);
        tx.run(sqlx::query(CUT).bind(user.blob()).bind(floor)).await?;
        tx.run(sqlx::query(RAISE_FLOOR).bind(floor).bind(user.blob())).await?;
    }
    Ok(long.len())
}
