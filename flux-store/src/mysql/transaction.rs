//! Writing: transactions that are run again where they lost against others, and whose outcome is found out where the
//! answer to a commit was lost.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use flux_core::message::{LONGEST_TRANSACTION, fence};
use flux_core::session::Actor;
use flux_core::{ActError, ConversationId, Epoch, SessionId, StoreError, Timestamp, UserId, entropy, faults};
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, Executor};
use thiserror::Error;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::failure::{Failure, Fate};
use super::late::{self, Touched};
use super::pool::{Lease, Slot, hex};
use super::rows::Columns;
use super::server::now_micros;
use super::stamp::LATE;
use super::statement::{Statement, sql, statements};
use super::store::{DEADLINE, Inner, Time, TooLate};
use crate::observe::metric;
use crate::sql::{int, session_facts};

/// One round trip: opens the transaction, and reads the database's clock, the greatest stamps that are visible and
/// which life of the database this is.
const BEGIN: &str = concat!(
    "START TRANSACTION; SELECT ",
    now_micros!(),
    ", (SELECT MAX(changed) FROM conversations), (SELECT MAX(changed) FROM feed_heads), \
     (SELECT epoch FROM meta WHERE only_row = 1)"
);
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";

statements! {
    /// Waits for whoever writes that row, and so for the end of a transaction that may still be open.
    COMMITTED = "SELECT committed FROM connections WHERE slot = ? FOR UPDATE";
    FENCE = "SELECT user_id, generation, ended_ms IS NOT NULL FROM sessions WHERE session_id = ? FOR UPDATE";
}

/// How often a transaction is tried at most.
const TRIES: u32 = 5;
/// The longest pause before the second try; it doubles with each.
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Debug, Error)]
#[error("the transaction took too long and was rolled back")]
struct TooLong;

#[derive(Debug, Error)]
#[error("the answer to a commit was lost, and whether it happened cannot be found out")]
struct InDoubt;

/// What a transaction does; it may be run several times.
pub(super) type Work<'t, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>;

impl Inner {
    /// Runs `work` in a transaction: commits if it is `Ok`, else nothing of it stays. It is run again where it lost
    /// against another transaction, or its connection. It goes on to its end even if the caller does not wait for it.
    pub(super) async fn write<T, E, W>(self: &Arc<Self>, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: for<'t> Fn(&'t mut Tx) -> Work<'t, T, E> + Send + Sync + 'static,
    {
        let inner = Arc::clone(self);
        match tokio::spawn(async move { transact(&inner, work).await }).await {
            Ok(done) => done,
            Err(ended) => Err(StoreError::unavailable(ended).into()),
        }
    }
}

/// What came of one try.
enum Tried<T, E> {
    Done(Result<T, E>),
    /// Nothing of it stays, and it may be run again; and why.
    Again(E, &'static str),
    /// COMMIT was sent and not answered: with this number, over this connection.
    InDoubt {
        value: T,
        slot: Slot,
        number: u64,
        touched: Touched,
    },
}

async fn transact<T, E, W>(inner: &Arc<Inner>, work: W) -> Result<T, E>
where
    E: From<StoreError>,
    W: for<'t> Fn(&'t mut Tx) -> Work<'t, T, E>,
{
    let end = Instant::now() + DEADLINE;
    let mut tries = 0;
    loop {
        tries += 1;
        let began = Instant::now();
        let tried = attempt(inner, &work, end).await;
        inner.meters.transaction(matches!(tried, Tried::Done(Ok(_))), began.elapsed());
        let (lost, reason) = match tried {
            Tried::Done(done) => return done,
            Tried::Again(error, reason) => (error, reason),
            Tried::InDoubt { value, slot, number, touched } => {
                let committed = resolve(inner, slot, number, end).await;
                if committed != Some(false) {
                    late::stamp_again(inner, touched);
                }
                match committed {
                    Some(true) => return Ok(value),
                    Some(false) => (StoreError::unavailable(InDoubt).into(), "in doubt"),
                    None => return Err(StoreError::unavailable(InDoubt).into()),
                }
            }
        };
        if tries >= TRIES || !pause(inner, tries, end).await {
            return Err(lost);
        }
        metric::RETRIES.counter_of(["mysql", reason]).increment(1);
    }
}

/// Why a transaction is run again, for operators.
const fn reason(fate: Fate) -> &'static str {
    match fate {
        Fate::Again => "conflict",
        Fate::Elsewhere => "connection",
        Fate::Never => "age",
    }
}

/// Waits a random while, so that those who met do not meet again; `false` if the deadline comes first.
async fn pause(inner: &Inner, tries: u32, end: Instant) -> bool {
    let longest = u32::try_from(PAUSE.as_micros()).unwrap_or(u32::MAX).saturating_mul(1 << tries.min(8));
    let span = Duration::from_micros(entropy::below(&*inner.entropy, longest).into());
    if Instant::now() + span >= end {
        return false;
    }
    sleep(span).await;
    true
}

async fn attempt<T, E, W>(inner: &Arc<Inner>, work: &W, end: Instant) -> Tried<T, E>
where
    E: From<StoreError>,
    W: for<'t> Fn(&'t mut Tx) -> Work<'t, T, E>,
{
    let late = || Tried::Done(Err(StoreError::unavailable(TooLate).into()));
    let mut tx = match timeout_at(end, begin(inner)).await {
        Ok(Ok(tx)) => tx,
        Ok(Err((error, true))) => return Tried::Again(error.into(), reason(Fate::Elsewhere)),
        Ok(Err((error, false))) => return Tried::Done(Err(error.into())),
        Err(_) => return late(),
    };
    // Dropping the transaction closes its connection, unless it has come to its end.
    match timeout_at(end, work(&mut tx)).await {
        Err(_) => late(),
        Ok(Ok(value)) => {
            if tx.began.elapsed() > LONGEST_TRANSACTION {
                tx.roll_back().await;
                return Tried::Again(StoreError::unavailable(TooLong).into(), reason(Fate::Never));
            }
            commit(inner, tx, value, end).await
        }
        Ok(Err(error)) => {
            let fate = tx.fate.unwrap_or(Fate::Never);
            if fate == Fate::Elsewhere {
                inner.pool.lost();
            } else {
                tx.roll_back().await;
            }
            if fate == Fate::Never { Tried::Done(Err(error)) } else { Tried::Again(error, reason(fate)) }
        }
    }
}

/// A transaction, or why there is none and whether to try again.
async fn begin(inner: &Arc<Inner>) -> Result<Tx, (StoreError, bool)> {
    inner.not_over().map_err(|error| (error, false))?;
    let mut lease = inner.pool.acquire().await.map_err(|none| (none.error, none.again))?;
    let number = inner.numbers.fetch_add(1, Ordering::Relaxed) + 1;
    let began = Instant::now();
    let connection = lease.open().map_err(|error| (error, false))?;
    let rows = connection.fetch_all(sqlx::raw_sql(BEGIN)).await.map_err(|error| {
        let failure = Failure::of(&error);
        let again = failure.fate() != Fate::Never;
        if again {
            inner.pool.lost();
        }
        (failure.into_store_error(), again)
    })?;
    let read = || {
        let row = rows.first().ok_or(crate::sql::corrupt("clock"))?;
        let mut columns = Columns::of(row);
        let micros = columns.int("clock")?;
        let greatest = columns.stamp_or_zero("changed")?.max(columns.stamp_or_zero("changed")?);
        Ok((micros, greatest.0, columns.id::<Epoch>("meta.epoch")?))
    };
    let (micros, greatest, epoch) = read().map_err(|error: StoreError| (error, false))?;
    inner.found_in(epoch).map_err(|error| (error, false))?;
    inner.horizon.saw(greatest);
    let now = match &inner.time {
        Time::Clock(clock) => clock.now(),
        Time::Database => Timestamp::from_millis(micros / 1_000),
    };
    Ok(Tx {
        lease,
        began,
        number,
        now,
        stamp: greatest.max(u64::try_from(micros).unwrap_or(0)),
        wrote: false,
        fate: None,
        touched: Touched::default(),
    })
}

/// Commits, and notes the number of the transaction with it: whoever loses the answer finds it there.
async fn commit<T, E>(inner: &Arc<Inner>, mut tx: Tx, value: T, end: Instant) -> Tried<T, E>
where
    E: From<StoreError>,
{
    let (slot, number, wrote) = (tx.lease.slot(), tx.number, tx.wrote);
    let text = if wrote {
        format!("UPDATE connections SET committed = {number} WHERE slot = x'{}'; {COMMIT}", hex(&slot))
    } else {
        COMMIT.to_owned()
    };
    let connection = match tx.lease.open() {
        Ok(connection) => connection,
        Err(error) => return Tried::Done(Err(error.into())),
    };
    faults::pass(faults::Instant::BeforeCommit);
    match timeout_at(end, connection.execute(sqlx::raw_sql(AssertSqlSafe(text)))).await {
        Ok(Ok(_)) => {
            faults::pass(faults::Instant::AfterCommit);
            tx.lease.done();
            if tx.began.elapsed() > LATE {
                late::stamp_again(inner, tx.touched);
            }
            Tried::Done(Ok(value))
        }
        // There was nothing to lose.
        _ if !wrote => Tried::Done(Ok(value)),
        Ok(Err(error)) if Failure::of(&error).fate() == Fate::Again => {
            tx.roll_back().await;
            Tried::Again(Failure::of(&error).into_store_error().into(), reason(Fate::Again))
        }
        Ok(Err(_)) | Err(_) => {
            inner.pool.lost();
            Tried::InDoubt { value, slot, number, touched: tx.touched }
        }
    }
}

/// Whether the transaction with this number was committed over this connection; `None` if that cannot be found out in
/// time. The connection is ended first: a commit that is still on its way, in a proxy or in the network, would come after
/// the look, and what was taken for undone would be done twice.
async fn resolve(inner: &Arc<Inner>, slot: Slot, number: u64, end: Instant) -> Option<bool> {
    let mut tries = 0;
    loop {
        tries += 1;
        let look = async {
            inner.end_slot(slot).await?;
            inner.one(sql(COMMITTED).bytes(slot)).await
        };
        if let Ok(found) = timeout_at(end, look).await.ok()? {
            // Without a row nothing can be said.
            return found.map(|row| Columns::of(&row).int("connections.committed").ok() == Some(int(number)));
        }
        if !pause(inner, tries, end).await {
            return None;
        }
    }
}

/// A transaction that is open.
pub(super) struct Tx {
    lease: Lease,
    began: Instant,
    number: u64,
    now: Timestamp,
    stamp: u64,
    wrote: bool,
    /// What is to be done about the statement that failed, if one did.
    fate: Option<Fate>,
    touched: Touched,
}

impl Tx {
    /// The store's clock, read when the transaction began.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    fn next_stamp(&mut self) -> i64 {
        self.stamp += 1;
        int(self.stamp)
    }

    /// A stamp for one conversation that changes, greater than all that were visible when the transaction began. That
    /// of its row may be greater still.
    pub(super) fn stamp_conversation(&mut self, conversation: ConversationId) -> i64 {
        self.touched.conversations.insert(conversation);
        self.next_stamp()
    }

    /// One stamp for all of these.
    pub(super) fn stamp_conversations(&mut self, conversations: &[ConversationId]) -> i64 {
        self.touched.conversations.extend(conversations);
        self.next_stamp()
    }

    /// One stamp for all of these feeds.
    pub(super) fn stamp_feeds(&mut self, users: &[UserId]) -> i64 {
        self.touched.feeds.extend(users);
        self.next_stamp()
    }

    /// These sessions end with this transaction.
    pub(super) fn ended(&mut self, sessions: impl IntoIterator<Item = SessionId>) {
        self.touched.sessions.extend(sessions);
    }

    /// Runs a statement that writes.
    pub(super) async fn run(&mut self, statement: Statement) -> Result<(), StoreError> {
        self.count(statement).await.map(|_| ())
    }

    /// Runs a statement that writes; how many rows it found to write to, whether it changed them or not.
    pub(super) async fn count(&mut self, statement: Statement) -> Result<u64, StoreError> {
        self.wrote = true;
        let query = statement.query()?;
        match query.execute(self.lease.open()?).await {
            Ok(done) => Ok(done.rows_affected()),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Every row that a statement finds.
    pub(super) async fn all(&mut self, statement: Statement) -> Result<Vec<MySqlRow>, StoreError> {
        let query = statement.query()?;
        match query.fetch_all(self.lease.open()?).await {
            Ok(rows) => Ok(rows),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// The rows that several statements find.
    pub(super) async fn all_of(&mut self, statements: Vec<Statement>) -> Result<Vec<MySqlRow>, StoreError> {
        let mut found = Vec::new();
        for statement in statements {
            found.append(&mut self.all(statement).await?);
        }
        Ok(found)
    }

    /// Runs several statements that write.
    pub(super) async fn run_all(&mut self, statements: Vec<Statement>) -> Result<(), StoreError> {
        for statement in statements {
            self.run(statement).await?;
        }
        Ok(())
    }

    /// The first row that a statement finds.
    pub(super) async fn one(&mut self, statement: Statement) -> Result<Option<MySqlRow>, StoreError> {
        Ok(self.all(statement).await?.into_iter().next())
    }

    /// Whether `actor` may write; see [`fence`]. Its session's row is locked: it does not end before this does.
    pub(super) async fn fence(&mut self, actor: Actor) -> Result<(), ActError> {
        let row = self.one(sql(FENCE).id(&actor.session)).await?;
        let facts = row.as_ref().map(|row| session_facts(&mut Columns::of(row))).transpose()?;
        Ok(fence(facts.as_ref(), actor)?)
    }

    fn failed(&mut self, error: &sqlx::Error) -> StoreError {
        let failure = Failure::of(error);
        self.fate = Some(failure.fate());
        failure.into_store_error()
    }

    /// Undoes everything, so that the connection can be used again. Where that fails it is closed, which comes to the
    /// same.
    async fn roll_back(&mut self) {
        let Ok(connection) = self.lease.open() else { return };
        if let Ok(Ok(_)) = timeout(Duration::from_secs(1), connection.execute(sqlx::raw_sql(ROLLBACK))).await
        {
            self.lease.done();
        }
    }
}
