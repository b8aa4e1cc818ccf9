//! Writing: one connection, one transaction at a time, each in a task of its own.

use std::fs::File;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flux_core::message::{LONGEST_TRANSACTION, Stamp, fence};
use flux_core::session::Actor;
use flux_core::{ActError, Clock, StoreError, Timestamp, faults};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection};
use thiserror::Error;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

use super::rows::{Columns, Id};
use super::statement::{Statement, failed, statements};
use crate::observe::SqlMeters;
use crate::sql::session_facts;

statements! {
    BEGIN = "BEGIN IMMEDIATE";
    COMMIT = "COMMIT";
    ROLLBACK = "ROLLBACK";
    FENCE = "SELECT user_id, generation, ended_ms IS NOT NULL FROM sessions WHERE session_id = ?";
}

/// How long a call may take once its turn has come.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);

/// No answer within the deadline.
#[derive(Debug, Error)]
#[error("no answer from the database file within the deadline")]
pub(super) struct Late;

#[derive(Debug, Error)]
#[error("too many writes are waiting for the database file")]
struct Busy;

#[derive(Debug, Error)]
#[error("the store is closed")]
struct Closed;

#[derive(Debug, Error)]
#[error("the transaction took too long and was rolled back")]
struct TooLong;

/// What a transaction does.
pub(super) type Work<'t, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>;

/// Runs the transactions, in the order they were asked for.
pub(super) struct Writer {
    desk: Arc<Mutex<Desk>>,
    clock: Arc<dyn Clock>,
    /// The newest stamp of a transaction that is over.
    horizon: Arc<AtomicU64>,
    wait: Duration,
    meters: SqlMeters,
}

/// What the one who writes holds.
struct Desk {
    options: SqliteConnectOptions,
    /// `None` while a transaction has it, and after one that could not be ended: then the next opens another.
    connection: Option<SqliteConnection>,
    /// The newest stamp that was given out.
    stamp: u64,
    /// The locked file that keeps other processes out; `None` once the store is closed.
    guard: Option<File>,
}

impl Writer {
    /// Over a connection made with `options`, giving out stamps after `stamp`.
    pub(super) fn new(
        options: SqliteConnectOptions,
        connection: SqliteConnection,
        stamp: u64,
        guard: File,
        clock: Arc<dyn Clock>,
        wait: Duration,
        meters: SqlMeters,
    ) -> Self {
        let desk = Desk { options, connection: Some(connection), stamp, guard: Some(guard) };
        let horizon = Arc::new(AtomicU64::new(stamp));
        Self { desk: Arc::new(Mutex::new(desk)), clock, horizon, wait, meters }
    }

    /// A stamp such that whatever a read that starts now does not see gets a greater one.
    pub(super) fn horizon(&self) -> Stamp {
        Stamp(self.horizon.load(Ordering::Acquire))
    }

    /// Runs `work` in a transaction: commits if it is `Ok`, else nothing of it stays. It goes on to its end even if the
    /// caller does not wait for it.
    pub(super) async fn write<T, E, W>(&self, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T, E> + Send + 'static,
    {
        let asked = Instant::now();
        let turn = tokio::time::timeout(self.wait, Arc::clone(&self.desk).lock_owned());
        let desk = turn.await.map_err(|_| {
            self.meters.busy();
            StoreError::unavailable(Busy)
        })?;
        self.meters.waited(asked.elapsed());
        if desk.guard.is_none() {
            return Err(StoreError::unavailable(Closed).into());
        }
        let (clock, horizon) = (Arc::clone(&self.clock), Arc::clone(&self.horizon));
        let meters = self.meters.clone();
        let task = tokio::spawn(async move {
            let began = Instant::now();
            let done = transact(desk, clock, horizon, work).await;
            meters.transaction(done.is_ok(), began.elapsed());
            done
        });
        match tokio::time::timeout(DEADLINE, task).await {
            Ok(Ok(done)) => done,
            Ok(Err(ended)) => Err(StoreError::unavailable(ended).into()),
            Err(_) => Err(StoreError::unavailable(Late).into()),
        }
    }

    /// Closes the connection once the transaction that runs is over, and lets other processes in.
    pub(super) async fn close(&self) {
        let mut desk = self.desk.lock().await;
        if let Some(connection) = desk.connection.take() {
            // It has nothing left to write; what fails here, the next opening repairs.
            let _ = connection.close().await;
        }
        desk.guard = None;
    }
}

/// One transaction. The connection is taken from the desk and put back when the transaction is over: should this
/// future end half-way, the connection is closed with it, which rolls back.
async fn transact<T, E, W>(
    mut desk: OwnedMutexGuard<Desk>,
    clock: Arc<dyn Clock>,
    horizon: Arc<AtomicU64>,
    work: W,
) -> Result<T, E>
where
    E: From<StoreError>,
    W: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T, E>,
{
    let connection = match desk.connection.take() {
        Some(connection) => connection,
        None => desk.options.connect().await.map_err(failed)?,
    };
    let mut tx = Tx { connection, now: clock.now(), stamp: desk.stamp };
    tx.run(sqlx::query(BEGIN)).await?;
    // Others may have held the file until now.
    tx.now = clock.now();
    let began = clock.monotonic();
    let done = match work(&mut tx).await {
        // Readers by time rely on it: see `LONGEST_TRANSACTION`.
        Ok(_) if clock.monotonic().saturating_sub(began) > LONGEST_TRANSACTION => {
            Err(StoreError::unavailable(TooLong).into())
        }
        Ok(value) => {
            faults::pass(faults::Instant::BeforeCommit);
            let committed = tx.run(sqlx::query(COMMIT)).await;
            faults::pass(faults::Instant::AfterCommit);
            committed.map(|()| value).map_err(E::from)
        }
        Err(error) => Err(error),
    };
    // Given out once is given out, even if the commit failed: whether it did is not always known. The horizon is only of
    // what is surely in the file, so that it is not above what is found there when it is opened again.
    let stamped = tx.stamp > desk.stamp;
    desk.stamp = tx.stamp;
    if done.is_ok() || tx.run(sqlx::query(ROLLBACK)).await.is_ok() {
        desk.connection = Some(tx.connection);
    }
    if done.is_ok() && stamped {
        horizon.store(desk.stamp, Ordering::Release);
    }
    done
}

/// A transaction that is open.
pub(super) struct Tx {
    connection: SqliteConnection,
    now: Timestamp,
    stamp: u64,
}

impl Tx {
    /// The store's clock, read when the transaction began.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// A stamp for one log that changes; greater than all before it.
    pub(super) fn next_stamp(&mut self) -> i64 {
        self.stamp += 1;
        super::rows::int(self.stamp)
    }

    /// Runs a statement.
    pub(super) async fn run(&mut self, statement: Statement) -> Result<(), StoreError> {
        self.count(statement).await.map(|_| ())
    }

    /// Runs a statement; how many rows it changed.
    pub(super) async fn count(&mut self, statement: Statement) -> Result<u64, StoreError> {
        let done = statement.execute(&mut self.connection).await.map_err(failed)?;
        Ok(done.rows_affected())
    }

    /// Every row that a statement finds.
    pub(super) async fn all(&mut self, statement: Statement) -> Result<Vec<SqliteRow>, StoreError> {
        statement.fetch_all(&mut self.connection).await.map_err(failed)
    }

    /// The first row that a statement finds.
    pub(super) async fn one(&mut self, statement: Statement) -> Result<Option<SqliteRow>, StoreError> {
        statement.fetch_optional(&mut self.connection).await.map_err(failed)
    }

    /// Whether `actor` may write; see [`fence`].
    pub(super) async fn fence(&mut self, actor: Actor) -> Result<(), ActError> {
        let row = self.one(sqlx::query(FENCE).bind(actor.session.blob())).await?;
        let facts = row.as_ref().map(|row| session_facts(&mut Columns::of(row))).transpose()?;
        Ok(fence(facts.as_ref(), actor)?)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use flux_core::account::AccountStore;
    use flux_core::message::MessageStore;
    use flux_core::testing::{ManualClock, SeededEntropy};
    use flux_core::{Timestamp, UserId};

    use super::*;
    use crate::sqlite::{SqliteConfig, SqliteStore};

    const INSERT: &str = "INSERT INTO accounts (user_id, display_name, bio, state, created_ms, invisible) \
                          VALUES (?, '', '', 2, 0, 0)";

    struct World {
        store: SqliteStore,
        clock: ManualClock,
        user: UserId,
        _folder: tempfile::TempDir,
    }

    impl World {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let (clock, chance) = (ManualClock::default(), SeededEntropy::new(1));
            let user = UserId::generate(Timestamp::default(), &chance);
            let config = SqliteConfig::new(folder.path().join("flux.db"));
            let store = SqliteStore::open(config, Arc::new(clock.clone()), Arc::new(chance)).await.unwrap();
            Self { store, clock, user, _folder: folder }
        }

        /// Writes an account and stamps a log; during that, `span` passes.
        async fn write(&self, span: Duration) -> Result<i64, StoreError> {
            let (user, clock) = (self.user, self.clock.clone());
            self.store.writer.write(move |tx| Box::pin(insert(tx, user, clock, span))).await
        }

        async fn written(&self) -> bool {
            self.store.account(self.user).await.unwrap().is_some()
        }
    }

    async fn insert(
        tx: &mut Tx,
        user: UserId,
        clock: ManualClock,
        span: Duration,
    ) -> Result<i64, StoreError> {
        tx.run(sqlx::query(INSERT).bind(user.blob())).await?;
        clock.advance(span);
        Ok(tx.next_stamp())
    }

    #[tokio::test]
    async fn a_transaction_that_takes_too_long_is_rolled_back() {
        let world = World::new().await;
        let late = world.write(LONGEST_TRANSACTION + Duration::from_millis(1)).await;
        assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
        assert!(!world.written().await);
        world.write(LONGEST_TRANSACTION).await.unwrap();
        assert!(world.written().await);
    }

    #[tokio::test]
    async fn a_stamp_of_a_transaction_that_failed_is_not_given_out_again() {
        let world = World::new().await;
        world.write(Duration::from_mins(1)).await.unwrap_err();
        assert_eq!(world.store.horizon().await.unwrap(), Stamp(0), "nothing of it is in the file");
        assert_eq!(world.write(Duration::ZERO).await.unwrap(), 2);
        assert_eq!(world.store.horizon().await.unwrap(), Stamp(2));
    }
}
