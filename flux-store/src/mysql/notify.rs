//! Who is to be told of what.
//!
//! Locks: the rows of users in `notices`, ascending, then those of their conversations in `notice_marks`; no others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::message::Stamp;
use flux_core::notify::{
    ChannelName, NoticeClaim, NoticeMark, NoticeNext, NoticeStore, OWN_MESSAGES_LOOKED_AT,
    WaitingConversation, Wrote,
};
use flux_core::{ConversationId, Seq, StoreError, UserId};

use super::MySqlStore;
use super::rows::Columns;
use super::statement::{Statement, many_statements, sql, statements};
use super::store::stamp_int;
use super::transaction::Tx;
use crate::sql::{corrupt, int, limit as rows, notice_claim, wrote};

statements! {
    PLACE = "SELECT place FROM notice_places WHERE channel = ?";
    BEGIN = "INSERT INTO notice_places (channel, place) VALUES (?, ?) ON DUPLICATE KEY UPDATE place = place";
    MOVE = "INSERT INTO notice_places (channel, place) VALUES (?, ?) \
            ON DUPLICATE KEY UPDATE place = GREATEST(place, VALUES(place))";
    IS_DUE = "SELECT 1 FROM notices FORCE INDEX (notices_by_due) WHERE channel = ? AND due_ms <= ? LIMIT 1";
    /// What others are taking is theirs.
    DUE = "SELECT user_id FROM notices FORCE INDEX (notices_by_due) WHERE channel = ? AND due_ms <= ? \
           ORDER BY due_ms LIMIT ? FOR UPDATE SKIP LOCKED";
    WAITING = "SELECT k.conversation_id, GREATEST(k.told_seq, m.delivered_seq), c.head_seq \
               FROM notice_marks AS k FORCE INDEX (PRIMARY) \
               STRAIGHT_JOIN members AS m ON m.conversation_id = k.conversation_id AND m.user_id = k.user_id \
               STRAIGHT_JOIN conversations AS c ON c.conversation_id = k.conversation_id \
               WHERE k.channel = ? AND k.user_id = ? AND k.noted_seq > k.told_seq ORDER BY k.conversation_id LIMIT ?";
    CLAIMED = "SELECT 1 FROM notices WHERE channel = ? AND user_id = ? AND turn = ? AND due_ms IS NOT NULL FOR UPDATE";
    STILL = "SELECT 1 FROM notice_marks FORCE INDEX (PRIMARY) \
             WHERE channel = ? AND user_id = ? AND noted_seq > told_seq LIMIT 1";
    /// Settled once: the turn is over.
    SETTLE = "UPDATE notices SET due_ms = ?, since_ms = ?, quiet_until_ms = ?, tries = 0, turn = turn + 1 \
              WHERE channel = ? AND user_id = ?";
    PUT_OFF = "UPDATE notices SET due_ms = ?, turn = turn + 1 WHERE channel = ? AND user_id = ?";
    FORGET = "DELETE FROM notices WHERE channel = ? AND user_id = ?";
    FORGET_MARKS = "DELETE FROM notice_marks WHERE channel = ? AND user_id = ?";
}

many_statements! {
    MEMBERS = "SELECT m.conversation_id, m.user_id, m.delivered_seq, COALESCE(k.told_seq, 0), COALESCE(k.noted_seq, 0) \
               FROM members AS m FORCE INDEX (PRIMARY) LEFT JOIN notice_marks AS k \
                 ON k.channel = ? AND k.user_id = m.user_id AND k.conversation_id = m.conversation_id \
               WHERE m.conversation_id IN (", "?", ")";
    /// The numbers of those stretches in which somebody else wrote.
    OTHERS = "", "(SELECT ? AS number FROM messages FORCE INDEX (PRIMARY) \
                   WHERE conversation_id = ? AND seq > ? AND seq <= ? AND sender_id <> ? LIMIT 1)", "";
    WROTE = "", "(SELECT ? AS number, sender_id, COUNT(*), MIN(at_ms), MAX(at_ms) FROM messages FORCE INDEX (PRIMARY) \
                  WHERE conversation_id = ? AND seq > ? AND seq <= ? AND sender_id <> ? GROUP BY sender_id)", "";
    /// Makes the rows that are missing, and locks all.
    LOCK = "INSERT INTO notices (channel, user_id, due_ms, since_ms, tries, turn, quiet_until_ms) VALUES ",
           "(?,?,NULL,0,0,0,0)", " ON DUPLICATE KEY UPDATE turn = turn";
    NOT_DUE = "SELECT user_id FROM notices FORCE INDEX (PRIMARY) WHERE due_ms IS NULL AND channel = ? AND user_id IN (",
              "?", ")";
    NOTE = "INSERT INTO notice_marks (channel, user_id, conversation_id, noted_seq, told_seq) VALUES ", "(?,?,?,?,0)",
           " ON DUPLICATE KEY UPDATE noted_seq = GREATEST(noted_seq, VALUES(noted_seq))";
    BECOME = "UPDATE notices FORCE INDEX (PRIMARY) SET due_ms = GREATEST(?, quiet_until_ms), \
                since_ms = GREATEST(?, quiet_until_ms), tries = 0 WHERE channel = ? AND user_id IN (", "?", ")";
    TAKE = "UPDATE notices FORCE INDEX (PRIMARY) SET due_ms = ?, tries = tries + 1, turn = turn + 1 \
            WHERE channel = ? AND user_id IN (", "?", ")";
    TAKEN = "SELECT user_id, turn, tries, since_ms FROM notices FORCE INDEX (PRIMARY) WHERE channel = ? AND user_id IN (",
            "?", ")";
    TOLD = "INSERT INTO notice_marks (channel, user_id, conversation_id, noted_seq, told_seq) VALUES ", "(?,?,?,0,?)",
           " ON DUPLICATE KEY UPDATE told_seq = GREATEST(told_seq, VALUES(told_seq))";
}

/// Stretches of messages that one statement looks at: each opens the table once more.
const STRETCHES: usize = 32;

/// Messages of one conversation that somebody lacks, without those they wrote.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    conversation: ConversationId,
    user: UserId,
    after: Seq,
    to: Seq,
}

impl Stretch {
    /// The arguments of one row of `OTHERS` and of `WROTE`.
    fn row(statement: Statement, (number, stretch): &(usize, &Self)) -> Statement {
        let row = statement.int(rows(*number)).id(&stretch.conversation);
        row.int(stretch.after.as_i64()).int(stretch.to.as_i64()).id(&stretch.user)
    }
}

#[async_trait]
impl NoticeStore for MySqlStore {
    async fn notice_place(&self, channel: &ChannelName) -> Result<Stamp, StoreError> {
        let place = || sql(PLACE).bytes(channel.as_str());
        if let Some(row) = self.inner.one(place()).await? {
            return Columns::of(&row).stamp("notice_places.place");
        }
        let begin = sql(BEGIN).bytes(channel.as_str()).int(stamp_int(self.inner.settled().await?));
        self.inner.write(move |tx| Box::pin(tx.run(begin.clone()))).await?;
        let row = self.inner.one(place()).await?;
        Columns::of(&row.ok_or(corrupt("notice_places"))?).stamp("notice_places.place")
    }

    async fn move_notice_place(&self, channel: &ChannelName, place: Stamp) -> Result<(), StoreError> {
        let moving = sql(MOVE).bytes(channel.as_str()).int(stamp_int(place));
        self.inner.write(move |tx| Box::pin(tx.run(moving.clone()))).await
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
        self.inner.write(move |tx| Box::pin(note(tx, channel.clone(), marks.clone(), wait))).await
    }

    async fn take_due(
        &self,
        channel: &ChannelName,
        limit: usize,
        hold: Duration,
    ) -> Result<Vec<NoticeClaim>, StoreError> {
        // Asked every second, so it does not write where there is nothing to take.
        let now = self.inner.now().await?.as_millis();
        if self.inner.one(sql(IS_DUE).bytes(channel.as_str()).int(now)).await?.is_none() {
            return Ok(Vec::new());
        }
        let channel = channel.clone();
        self.inner.write(move |tx| Box::pin(take(tx, channel.clone(), limit, hold))).await
    }

    async fn waiting(
        &self,
        channel: &ChannelName,
        user: UserId,
        limit: usize,
    ) -> Result<Vec<WaitingConversation>, StoreError> {
        let waiting = sql(WAITING).bytes(channel.as_str()).id(&user).int(rows(limit));
        let mut stretches = Vec::new();
        for row in self.inner.all(waiting).await? {
            let mut columns = Columns::of(&row);
            stretches.push(Stretch {
                conversation: columns.id("conversations.conversation_id")?,
                user,
                after: columns.seq("notice_marks.told_seq")?,
                to: columns.seq("conversations.head_seq")?,
            });
        }
        // Messages never change, so those up to a head are the same in every snapshot that is no older.
        let mut found: BTreeMap<usize, BTreeMap<UserId, Wrote>> = BTreeMap::new();
        let looked_at: Vec<_> = stretches.iter().map(Stretch::looked_at).collect();
        let numbered: Vec<_> = looked_at.iter().enumerate().collect();
        for numbered in numbered.chunks(STRETCHES) {
            for statement in WROTE.over(numbered, Stretch::row) {
                for row in self.inner.all(statement).await? {
                    let mut columns = Columns::of(&row);
                    let number = columns.count("number")?;
                    let wrote = wrote(&mut columns)?.ok_or(corrupt("messages.sender_id"))?;
                    found.entry(number).or_default().insert(wrote.user, wrote);
                }
            }
        }
        let waiting = stretches.into_iter().enumerate().map(|(number, stretch)| {
            let wrote = found.remove(&number).unwrap_or_default().into_values().collect();
            WaitingConversation::new(stretch.conversation, stretch.after, stretch.to, wrote)
        });
        Ok(waiting.collect())
    }

    async fn settle_notice(
        &self,
        channel: &ChannelName,
        claim: &NoticeClaim,
        told: &[NoticeMark],
        next: NoticeNext,
    ) -> Result<bool, StoreError> {
        let (channel, claim, told) = (channel.clone(), *claim, told.to_vec());
        self.inner.write(move |tx| Box::pin(settle(tx, channel.clone(), claim, told.clone(), next))).await
    }
}

impl Stretch {
    /// Its first messages, as many as are looked at.
    fn looked_at(&self) -> Self {
        Self { to: self.to.min(WaitingConversation::looked_at(self.after)), ..*self }
    }

    fn len(&self) -> u64 {
        self.to.get().saturating_sub(self.after.get())
    }
}

/// The members who lack messages of these conversations that they did not write themselves.
async fn lacking(
    tx: &mut Tx,
    channel: &ChannelName,
    marks: &[NoticeMark],
) -> Result<Vec<Stretch>, StoreError> {
    let mut upto: BTreeMap<ConversationId, Seq> = BTreeMap::new();
    for (conversation, seq) in marks {
        let known = upto.entry(*conversation).or_insert(*seq);
        *known = (*known).max(*seq);
    }
    let conversations: Vec<_> = upto.keys().copied().collect();
    let members = MEMBERS.after(&conversations, |it| it.bytes(channel.as_str()), Statement::id);
    let (mut long, mut short) = (Vec::new(), Vec::new());
    for row in tx.all_of(members).await? {
        let mut columns = Columns::of(&row);
        let conversation = columns.id("members.conversation_id")?;
        let user = columns.id("members.user_id")?;
        let delivered = columns.seq("members.delivered_seq")?;
        let told = columns.seq("notice_marks.told_seq")?;
        let noted = columns.seq("notice_marks.noted_seq")?;
        let to = *upto.get(&conversation).ok_or(corrupt("members.conversation_id"))?;
        if delivered < to && told < to && noted < to {
            let stretch = Stretch { conversation, user, after: delivered.max(told), to };
            if stretch.len() > OWN_MESSAGES_LOOKED_AT { long.push(stretch) } else { short.push(stretch) }
        }
    }
    let numbered: Vec<_> = short.iter().enumerate().collect();
    let mut others = BTreeSet::new();
    for numbered in numbered.chunks(STRETCHES) {
        for row in tx.all_of(OTHERS.over(numbered, Stretch::row)).await? {
            others.insert(Columns::of(&row).count("number")?);
        }
    }
    long.extend(others.into_iter().filter_map(|number| short.get(number)));
    Ok(long)
}

async fn note(
    tx: &mut Tx,
    channel: ChannelName,
    marks: Vec<NoticeMark>,
    wait: Duration,
) -> Result<usize, StoreError> {
    let name = channel.as_str();
    let lacking = lacking(tx, &channel, &marks).await?;
    let users: BTreeSet<UserId> = lacking.iter().map(|stretch| stretch.user).collect();
    let users: Vec<_> = users.into_iter().collect();
    tx.run_all(LOCK.over(&users, |it, user| it.bytes(name).id(user))).await?;
    let note = NOTE.over(&lacking, |it, stretch| {
        it.bytes(name).id(&stretch.user).id(&stretch.conversation).int(stretch.to.as_i64())
    });
    tx.run_all(note).await?;
    let not_due = NOT_DUE.after(&users, |it| it.bytes(name), Statement::id);
    let found = tx.all_of(not_due).await?;
    let becoming = found.iter().map(|row| Columns::of(row).id("notices.user_id"));
    let becoming: Vec<UserId> = becoming.collect::<Result<_, _>>()?;
    let due = tx.now().plus(wait).as_millis();
    let become_due = BECOME.after(&becoming, |it| it.int(due).int(due).bytes(name), Statement::id);
    tx.run_all(become_due).await?;
    Ok(becoming.len())
}

async fn take(
    tx: &mut Tx,
    channel: ChannelName,
    limit: usize,
    hold: Duration,
) -> Result<Vec<NoticeClaim>, StoreError> {
    let (name, now) = (channel.as_str(), tx.now());
    let due = tx.all(sql(DUE).bytes(name).int(now.as_millis()).int(rows(limit))).await?;
    let users = due.iter().map(|row| Columns::of(row).id("notices.user_id"));
    let users: Vec<UserId> = users.collect::<Result<_, _>>()?;
    let until = now.plus(hold).as_millis();
    let take = TAKE.after(&users, |it| it.int(until).bytes(name), Statement::id);
    tx.run_all(take).await?;
    let taken = TAKEN.after(&users, |it| it.bytes(name), Statement::id);
    let mut claims = BTreeMap::new();
    for row in tx.all_of(taken).await? {
        let claim = notice_claim(&row, now)?;
        claims.insert(claim.user, claim);
    }
    Ok(users.iter().filter_map(|user| claims.remove(user)).collect())
}

async fn settle(
    tx: &mut Tx,
    channel: ChannelName,
    claim: NoticeClaim,
    told: Vec<NoticeMark>,
    next: NoticeNext,
) -> Result<bool, StoreError> {
    let (name, user) = (channel.as_str(), claim.user);
    let claimed = sql(CLAIMED).bytes(name).id(&user).int(int(claim.turn));
    if tx.one(claimed).await?.is_none() {
        return Ok(false);
    }
    let telling = TOLD
        .over(&told, |it, (conversation, upto)| it.bytes(name).id(&user).id(conversation).int(upto.as_i64()));
    tx.run_all(telling).await?;
    match next {
        NoticeNext::Done { quiet } => {
            let until = tx.now().plus(quiet).as_millis();
            let still = tx.one(sql(STILL).bytes(name).id(&user)).await?.is_some();
            let settle = sql(SETTLE).int_or_null(still.then_some(until)).int(until).int(until);
            tx.run(settle.bytes(name).id(&user)).await?;
        }
        NoticeNext::Retry { after } => {
            let due = tx.now().plus(after).as_millis();
            tx.run(sql(PUT_OFF).int(due).bytes(name).id(&user)).await?;
        }
        NoticeNext::Forget => {
            tx.run(sql(FORGET).bytes(name).id(&user)).await?;
            tx.run(sql(FORGET_MARKS).bytes(name).id(&user)).await?;
        }
    }
    Ok(true)
}
