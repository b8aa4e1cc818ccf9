//! Feeds.

use std::collections::BTreeMap;

use async_trait::async_trait;
use flux_core::feed::{FeedChange, FeedEntry, FeedRange, FeedStore};
use flux_core::{Seq, StoreError, UserId};

use super::MySqlStore;
use super::rows::Columns;
use super::statement::{Statement, full, many_statements, sql, statements};
use super::transaction::Tx;
use crate::sql::{corrupt, feed_range, feed_text, int, limit as rows};

statements! {
    RANGE = "SELECT h.head_seq, h.floor_seq, e.seq, e.at_ms, e.`change` FROM feed_heads AS h LEFT JOIN (\
               SELECT user_id, seq, at_ms, `change` FROM feed_entries FORCE INDEX (PRIMARY) \
               WHERE user_id = ? AND seq > ? ORDER BY seq LIMIT ?) AS e ON e.user_id = h.user_id \
             WHERE h.user_id = ? ORDER BY e.seq";
    LONG = "SELECT user_id FROM feed_heads WHERE kept > ? LIMIT ?";
    CUT = "DELETE FROM feed_entries WHERE user_id = ? AND seq <= ?";
    RAISE_FLOOR = "UPDATE feed_heads SET floor_seq = GREATEST(floor_seq, ?) WHERE user_id = ?";
    CLEAR = "DELETE FROM feed_entries WHERE user_id = ?";
    FLOOR_TO_HEAD = "UPDATE feed_heads SET floor_seq = head_seq WHERE user_id = ?";
}

many_statements! {
    /// A row that is repeated adds nothing: the first one adds as many as there are, the others none.
    NEXT = "INSERT INTO feed_heads (user_id, head_seq, floor_seq, changed) VALUES ", "(?,?,0,?)",
           " ON DUPLICATE KEY UPDATE changed = GREATEST(changed + 1, VALUES(changed)), \
             head_seq = head_seq + VALUES(head_seq)";
    HEADS = "SELECT user_id, head_seq FROM feed_heads FORCE INDEX (PRIMARY) WHERE user_id IN (", "?", ")";
    /// A row that is repeated is the row that is there; any other that is there already is an error.
    APPEND = "INSERT INTO feed_entries (user_id, seq, at_ms, `change`) VALUES ", "(?,?,?,?)",
             " ON DUPLICATE KEY UPDATE seq = IF(feed_entries.at_ms = VALUES(at_ms) \
                 AND feed_entries.`change` = VALUES(`change`), feed_entries.seq, NULL)";
    LOCK = "SELECT user_id, head_seq FROM feed_heads FORCE INDEX (PRIMARY) WHERE user_id IN (", "?",
           ") ORDER BY user_id FOR UPDATE";
}

/// Feeds that one transaction cuts.
const AT_ONCE: usize = 32;

/// Appends to feeds, as part of the transaction that the entries tell of; gives the entries back in their order. The
/// last thing that a transaction locks: their heads, ascending by user. Three statements, however many entries.
pub(super) async fn append(
    tx: &mut Tx,
    changes: Vec<(UserId, FeedChange)>,
) -> Result<Vec<(UserId, FeedEntry)>, StoreError> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let mut counts: BTreeMap<UserId, u64> = BTreeMap::new();
    for (user, _) in &changes {
        *counts.entry(*user).or_default() += 1;
    }
    let mut next = raise(tx, &counts).await?;
    let at = tx.now();
    let mut entries = Vec::with_capacity(changes.len());
    for (user, change) in changes {
        let seq = next.get_mut(&user).ok_or(corrupt("feed_heads"))?;
        *seq = seq.next();
        entries.push((user, FeedEntry { seq: *seq, at, change }));
    }
    let texts = entries.iter().map(|(user, entry)| Ok((*user, entry.seq, feed_text(&entry.change)?)));
    let texts: Vec<_> = texts.collect::<Result<_, StoreError>>()?;
    let append = APPEND.over(&texts, |statement, (user, seq, text)| {
        statement.id(user).int(seq.as_i64()).int(at.as_millis()).text(text)
    });
    tx.run_all(append).await?;
    Ok(entries)
}

/// Raises the heads of these feeds by as much as stands beside each; gives the seqs that they had before.
async fn raise(tx: &mut Tx, counts: &BTreeMap<UserId, u64>) -> Result<BTreeMap<UserId, Seq>, StoreError> {
    let users: Vec<UserId> = counts.keys().copied().collect();
    let stamp = tx.stamp_feeds(&users);
    let mut rows: Vec<(UserId, u64)> = counts.iter().map(|(user, count)| (*user, *count)).collect();
    // What fills up the last statement must not add to a head once more.
    if let Some((last, _)) = rows.last().copied() {
        rows.resize(full(rows.len()), (last, 0));
    }
    let next = NEXT.over(&rows, |statement, (user, count)| statement.id(user).int(int(*count)).int(stamp));
    tx.run_all(next).await?;
    let mut before = BTreeMap::new();
    for row in tx.all_of(HEADS.over(&users, Statement::id)).await? {
        let mut columns = Columns::of(&row);
        let user: UserId = columns.id("feed_heads.user_id")?;
        let head = columns.seq("feed_heads.head_seq")?.get();
        let count = counts.get(&user).copied().unwrap_or(0);
        let seq = head.checked_sub(count).and_then(Seq::new).ok_or(corrupt("feed_heads.head_seq"))?;
        before.insert(user, seq);
    }
    Ok(before)
}

/// Empties the feed of a user who is gone; its seqs stay used.
pub(super) async fn clear(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    tx.run(sql(FLOOR_TO_HEAD).id(&user)).await?;
    tx.run(sql(CLEAR).id(&user)).await
}

#[async_trait]
impl FeedStore for MySqlStore {
    async fn feed(&self, user: UserId, after: Seq, limit: usize) -> Result<FeedRange, StoreError> {
        let range = sql(RANGE).id(&user).int(after.as_i64()).int(rows(limit)).id(&user);
        feed_range(&self.inner.all(range).await?, limit)
    }

    async fn cut_feeds(&self, keep: usize, limit: usize) -> Result<usize, StoreError> {
        let long = self.inner.all(sql(LONG).int(rows(keep)).int(rows(limit))).await?;
        let users: Vec<UserId> =
            long.iter().map(|row| Columns::of(row).id("feed_heads.user_id")).collect::<Result<_, _>>()?;
        let mut cut = 0;
        // A few at a time, so that nobody waits long for a feed that is being cut.
        for users in users.chunks(AT_ONCE) {
            let users = users.to_vec();
            cut += self.inner.write(move |tx| Box::pin(cut_to(tx, users.clone(), rows(keep)))).await?;
        }
        Ok(cut)
    }
}

async fn cut_to(tx: &mut Tx, mut users: Vec<UserId>, keep: i64) -> Result<usize, StoreError> {
    users.sort_unstable();
    let locked = tx.all_of(LOCK.over(&users, Statement::id)).await?;
    for row in &locked {
        let mut columns = Columns::of(row);
        let user: UserId = columns.id("feed_heads.user_id")?;
        let floor = columns.int("feed_heads.head_seq")?.saturating_sub(keep).max(0);
        tx.run(sql(CUT).id(&user).int(floor)).await?;
        tx.run(sql(RAISE_FLOOR).int(floor).id(&user)).await?;
    }
    Ok(locked.len())
}
