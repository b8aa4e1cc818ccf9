//! Who is to be told of what.

use std::time::Duration;

use async_trait::async_trait;
use flux_core::message::Stamp;
use flux_core::notify::{
    ChannelName, NOTICE_LOOK, NoticeClaim, NoticeMark, NoticeNext, NoticeStore, OWN_MESSAGES_LOOKED_AT,
    WaitingConversation, Wrote,
};
use flux_core::{ConversationId, Seq, StoreError, UserId};

use super::SqliteStore;
use super::rows::{Columns, Id, corrupt, int, limit as rows};
use super::statement::{many_statements, statements};
use super::writer::Tx;
use crate::sql;

statements! {
    PLACE = "SELECT place FROM notice_places WHERE channel = ?";
    BEGIN = "INSERT INTO notice_places (channel, place) VALUES (?, ?) ON CONFLICT DO NOTHING";
    MOVE = "INSERT INTO notice_places (channel, place) VALUES (?, ?) \
            ON CONFLICT DO UPDATE SET place = max(place, excluded.place)";
    IS_DUE = "SELECT 1 FROM notices WHERE channel = ? AND due_ms <= ? LIMIT 1";
    TAKE = "UPDATE notices SET due_ms = ?3, tries = tries + 1, turn = turn + 1 \
            WHERE channel = ?1 AND user_id IN (\
              SELECT user_id FROM notices WHERE channel = ?1 AND due_ms <= ?2 ORDER BY due_ms LIMIT ?4) \
            RETURNING user_id, turn, tries, since_ms";
    /// One row per conversation and other user who wrote; one with NULLs where nobody did.
    WAITING = "WITH page AS MATERIALIZED (\
                 SELECT k.conversation_id, c.head_seq, max(k.told_seq, m.delivered_seq) AS after_seq \
                 FROM notice_marks AS k \
                 CROSS JOIN members AS m ON m.user_id = k.user_id AND m.conversation_id = k.conversation_id \
                 CROSS JOIN conversations AS c ON c.conversation_id = k.conversation_id \
                 WHERE k.channel = ?1 AND k.user_id = ?2 AND k.noted_seq > k.told_seq \
                 ORDER BY k.conversation_id LIMIT ?3) \
               SELECT page.conversation_id, page.after_seq, page.head_seq, \
                      t.sender_id, count(t.seq), min(t.at_ms), max(t.at_ms) \
               FROM page LEFT JOIN messages AS t ON t.conversation_id = page.conversation_id \
                 AND t.seq > page.after_seq AND t.seq <= page.after_seq + ?4 AND t.sender_id <> ?2 \
               GROUP BY page.conversation_id, t.sender_id ORDER BY page.conversation_id, t.sender_id";
    CLAIMED = "SELECT 1 FROM notices WHERE channel = ? AND user_id = ? AND turn = ? AND due_ms IS NOT NULL";
    STILL = "SELECT 1 FROM notice_marks WHERE channel = ? AND user_id = ? AND noted_seq > told_seq LIMIT 1";
    /// Settled once: the turn is over.
    SETTLE = "UPDATE notices SET due_ms = ?3, since_ms = ?4, quiet_until_ms = ?4, tries = 0, turn = turn + 1 \
              WHERE channel = ?1 AND user_id = ?2";
    PUT_OFF = "UPDATE notices SET due_ms = ?, turn = turn + 1 WHERE channel = ? AND user_id = ?";
    FORGET = "DELETE FROM notices WHERE channel = ? AND user_id = ?";
    FORGET_MARKS = "DELETE FROM notice_marks WHERE channel = ? AND user_id = ?";
}

many_statements! {
    NOTE = "WITH here(channel, own) AS (VALUES (?,?)), new(conversation, upto) AS (VALUES ", "(?,?)",
           "), lacking AS MATERIALIZED (\
              SELECT m.user_id, m.conversation_id, new.upto, \
                     max(m.delivered_seq, COALESCE(k.told_seq, 0)) AS after_seq \
              FROM here CROSS JOIN new CROSS JOIN members AS m ON m.conversation_id = new.conversation \
              LEFT JOIN notice_marks AS k ON k.channel = here.channel AND k.user_id = m.user_id \
                AND k.conversation_id = m.conversation_id \
              WHERE m.delivered_seq < new.upto AND COALESCE(k.told_seq, 0) < new.upto \
                AND COALESCE(k.noted_seq, 0) < new.upto) \
            INSERT INTO notice_marks (channel, user_id, conversation_id, noted_seq, told_seq) \
            SELECT here.channel, lacking.user_id, lacking.conversation_id, lacking.upto, 0 \
            FROM here CROSS JOIN lacking \
            WHERE lacking.upto - lacking.after_seq > here.own OR EXISTS (\
              SELECT 1 FROM messages AS t WHERE t.conversation_id = lacking.conversation_id \
                AND t.seq > lacking.after_seq AND t.seq <= lacking.upto AND t.sender_id <> lacking.user_id) \
            ON CONFLICT DO UPDATE SET noted_seq = excluded.noted_seq \
            RETURNING user_id";
    DUE = "WITH here(channel, due) AS (VALUES (?,?)), new(user) AS (VALUES ", "(?)",
          ") INSERT INTO notices (channel, user_id, due_ms, since_ms, tries, turn, quiet_until_ms) \
             SELECT here.channel, new.user, here.due, here.due, 0, 0, 0 FROM here CROSS JOIN new \
             WHERE new.user IS NOT NULL \
             ON CONFLICT DO UPDATE SET due_ms = max(excluded.due_ms, quiet_until_ms), \
               since_ms = max(excluded.since_ms, quiet_until_ms), tries = 0 \
             WHERE due_ms IS NULL";
    TOLD = "WITH here(channel, user) AS (VALUES (?,?)), new(conversation, upto) AS (VALUES ", "(?,?)",
           ") INSERT INTO notice_marks (channel, user_id, conversation_id, noted_seq, told_seq) \
              SELECT here.channel, here.user, new.conversation, 0, new.upto FROM here CROSS JOIN new \
              WHERE new.conversation IS NOT NULL \
              ON CONFLICT DO UPDATE SET told_seq = max(told_seq, excluded.told_seq)";
}

#[async_trait]
impl NoticeStore for SqliteStore {
    async fn notice_place(&self, channel: &ChannelName) -> Result<Stamp, StoreError> {
        let place = || sqlx::query(PLACE).bind(channel.as_str().to_owned());
        if let Some(row) = self.readers.one(place()).await? {
            return Columns::of(&row).stamp("notice_places.place");
        }
        let (name, Stamp(horizon)) = (channel.as_str().to_owned(), self.writer.horizon());
        let begin = sqlx::query(BEGIN).bind(name).bind(int(horizon));
        self.writer.write(move |tx| Box::pin(tx.run(begin))).await?;
        let row = self.readers.one(place()).await?;
        Columns::of(&row.ok_or(corrupt("notice_places"))?).stamp("notice_places.place")
    }

    async fn move_notice_place(&self, channel: &ChannelName, Stamp(place): Stamp) -> Result<(), StoreError> {
        let moving = sqlx::query(MOVE).bind(channel.as_str().to_owned()).bind(int(place));
        self.writer.write(move |tx| Box::pin(tx.run(moving))).await
    }

    async fn note_waiting(
        &self,
        channel: &ChannelName,
        marks: &[NoticeMark],
        wait: Duration,
    ) -> Result<usize, StoreError> {
        if marks.is_empty() {
            return Ok(0);
        }
        let (channel, marks) = (channel.clone(), marks.to_vec());
        self.writer.write(move |tx| Box::pin(note(tx, channel, marks, wait))).await
    }

    async fn take_due(
        &self,
        channel: &ChannelName,
        limit: usize,
        hold: Duration,
    ) -> Result<Vec<NoticeClaim>, StoreError> {
        // Asked every second, so it does not write where there is nothing to take.
        let now = self.clock.now().as_millis();
        let is_due = sqlx::query(IS_DUE).bind(channel.as_str().to_owned()).bind(now);
        if self.readers.one(is_due).await?.is_none() {
            return Ok(Vec::new());
        }
        let channel = channel.clone();
        self.writer.write(move |tx| Box::pin(take(tx, channel, limit, hold))).await
    }

    async fn waiting(
        &self,
        channel: &ChannelName,
        user: UserId,
        limit: usize,
    ) -> Result<Vec<WaitingConversation>, StoreError> {
        let waiting = sqlx::query(WAITING)
            .bind(channel.as_str().to_owned())
            .bind(user.blob())
            .bind(rows(limit))
            .bind(int(NOTICE_LOOK));
        let mut found: Vec<(ConversationId, Seq, Seq, Vec<Wrote>)> = Vec::new();
        for row in self.readers.all(waiting).await? {
            let mut columns = Columns::of(&row);
            let conversation = columns.id("conversations.conversation_id")?;
            let after = columns.seq("notice_marks.told_seq")?;
            let head = columns.seq("conversations.head_seq")?;
            if found.last().is_none_or(|(last, ..)| *last != conversation) {
                found.push((conversation, after, head, Vec::new()));
            }
            if let Some((.., wrote)) = found.last_mut() {
                wrote.extend(sql::wrote(&mut columns)?);
            }
        }
        let waiting =
            |(conversation, after, head, wrote)| WaitingConversation::new(conversation, after, head, wrote);
        Ok(found.into_iter().map(waiting).collect())
    }

    async fn settle_notice(
        &self,
        channel: &ChannelName,
        claim: &NoticeClaim,
        told: &[NoticeMark],
        next: NoticeNext,
    ) -> Result<bool, StoreError> {
        let (channel, claim, told) = (channel.clone(), *claim, told.to_vec());
        self.writer.write(move |tx| Box::pin(settle(tx, channel, claim, told, next))).await
    }
}

async fn note(
    tx: &mut Tx,
    channel: ChannelName,
    marks: Vec<NoticeMark>,
    wait: Duration,
) -> Result<usize, StoreError> {
    let mut users: Vec<UserId> = Vec::new();
    let noting = NOTE.over(
        &marks,
        |values| {
            values.add(channel.as_str().to_owned());
            values.add(int(OWN_MESSAGES_LOOKED_AT));
        },
        |values, (conversation, upto)| {
            values.add(conversation.blob());
            values.add(upto.as_i64());
        },
    )?;
    for statement in noting {
        for row in tx.all(statement).await? {
            users.push(Columns::of(&row).id("notice_marks.user_id")?);
        }
    }
    users.sort_unstable();
    users.dedup();
    let due = tx.now().plus(wait).as_millis();
    let becoming = DUE.over(
        &users,
        |values| {
            values.add(channel.as_str().to_owned());
            values.add(due);
        },
        |values, user| values.add(user.blob()),
    )?;
    let mut became = 0;
    for statement in becoming {
        became += tx.count(statement).await?;
    }
    Ok(usize::try_from(became).unwrap_or(usize::MAX))
}

async fn take(
    tx: &mut Tx,
    channel: ChannelName,
    limit: usize,
    hold: Duration,
) -> Result<Vec<NoticeClaim>, StoreError> {
    let now = tx.now();
    let taking = sqlx::query(TAKE)
        .bind(channel.as_str().to_owned())
        .bind(now.as_millis())
        .bind(now.plus(hold).as_millis())
        .bind(rows(limit));
    let taken = tx.all(taking).await?;
    taken.iter().map(|row| sql::notice_claim(row, now)).collect()
}

async fn settle(
    tx: &mut Tx,
    channel: ChannelName,
    claim: NoticeClaim,
    told: Vec<NoticeMark>,
    next: NoticeNext,
) -> Result<bool, StoreError> {
    let (name, user) = (|| channel.as_str().to_owned(), || claim.user.blob());
    let claimed = sqlx::query(CLAIMED).bind(name()).bind(user()).bind(int(claim.turn));
    if tx.one(claimed).await?.is_none() {
        return Ok(false);
    }
    let telling = TOLD.over(
        &told,
        |values| {
            values.add(name());
            values.add(user());
        },
        |values, (conversation, upto)| {
            values.add(conversation.blob());
            values.add(upto.as_i64());
        },
    )?;
    for statement in telling {
        tx.run(statement).await?;
    }
    match next {
        NoticeNext::Done { quiet } => {
            let until = tx.now().plus(quiet).as_millis();
            let still = tx.one(sqlx::query(STILL).bind(name()).bind(user())).await?.is_some();
            let due = still.then_some(until);
            tx.run(sqlx::query(SETTLE).bind(name()).bind(user()).bind(due).bind(until)).await?;
        }
        NoticeNext::Retry { after } => {
            let due = tx.now().plus(after).as_millis();
            tx.run(sqlx::query(PUT_OFF).bind(due).bind(name()).bind(user())).await?;
        }
        NoticeNext::Forget => {
            tx.run(sqlx::query(FORGET).bind(name()).bind(user())).await?;
            tx.run(sqlx::query(FORGET_MARKS).bind(name()).bind(user())).await?;
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use flux_core::message::MessageStore as _;
    use flux_core::testing::{ManualClock, SeededEntropy};

    use super::*;
    use crate::sqlite::SqliteConfig;

    async fn open(path: &Path) -> SqliteStore {
        let (clock, chance) = (Arc::new(ManualClock::default()), Arc::new(SeededEntropy::new(1)));
        SqliteStore::open(SqliteConfig::new(path), clock, chance).await.unwrap()
    }

    #[tokio::test]
    async fn after_a_restart_nothing_is_stamped_as_if_a_channel_had_seen_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flux.db");
        let store = open(&path).await;
        // Stamps that nothing was ever stored with.
        let failed: Result<(), StoreError> = store
            .writer
            .write(|tx| {
                Box::pin(async {
                    tx.next_stamp();
                    tx.next_stamp();
                    Err(StoreError::unavailable("on purpose"))
                })
            })
            .await;
        failed.unwrap_err();
        let seen = store.horizon().await.unwrap();
        let channel = ChannelName::new("webhook").unwrap();
        let place = store.notice_place(&channel).await.unwrap();
        store.close().await;
        let store = open(&path).await;
        assert!(store.horizon().await.unwrap() >= seen, "what a client has as its cursor");
        let given = store.writer.write(|tx| Box::pin(async { Ok::<_, StoreError>(tx.next_stamp()) }));
        let given = given.await.unwrap();
        assert!(given > int(place.0) && given > int(seen.0), "{given} after {place:?} and {seen:?}");
        assert_eq!(store.notice_place(&channel).await.unwrap(), place);
    }
}
