//! What the views of a store share, and reading: each read is one statement, so it sees one snapshot, and whatever was
//! committed before it began.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use flux_core::message::Stamp;
use flux_core::{Clock, Entropy, Epoch, StoreError, Timestamp};
use sqlx::mysql::MySqlRow;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use super::failure::{Failure, Fate};
use super::late::Late;
use super::pool::Pool;
use super::rows::Columns;
use super::server::now_micros;
use super::stamp::Horizon;
use super::statement::{Statement, sql, statements};
use crate::observe::SqlMeters;
use crate::sql::int;

statements! {
    /// And which life of the database this is.
    NOW = concat!("SELECT ", now_micros!(), " DIV 1000, (SELECT epoch FROM meta WHERE only_row = 1)");
    /// One look at the end of each index.
    GREATEST = "SELECT MAX(changed) FROM conversations UNION ALL SELECT MAX(changed) FROM feed_heads";
}

/// How long a call may take, with everything that is tried again.
pub(super) const DEADLINE: Duration = Duration::from_secs(5);

/// No answer within the deadline.
#[derive(Debug, Error)]
#[error("no answer from the database within the deadline")]
pub(super) struct TooLate;

/// Whose clock times come from.
pub(super) enum Time {
    /// The database's, which is the same for every process.
    Database,
    /// This one.
    Clock(Arc<dyn Clock>),
}

/// What the views of a store share.
pub(super) struct Inner {
    pub(super) pool: Arc<Pool>,
    pub(super) epoch: Epoch,
    /// Whether the database was found in another one.
    pub(super) over: AtomicBool,
    pub(super) horizon: Horizon,
    pub(super) late: Late,
    pub(super) time: Time,
    pub(super) entropy: Arc<dyn Entropy>,
    /// Numbers the transactions of this store.
    pub(super) numbers: AtomicU64,
    pub(super) meters: SqlMeters,
}

impl Inner {
    /// Whether the database is still in the epoch that it was opened in, as far as is known.
    pub(super) fn not_over(&self) -> Result<(), StoreError> {
        if self.over.load(Ordering::Acquire) { Err(StoreError::OtherEpoch) } else { Ok(()) }
    }

    /// Compares what was read. Once it was another one, everything is refused, reads too: what they answered would be
    /// taken for the old one's.
    pub(super) fn found_in(&self, epoch: Epoch) -> Result<(), StoreError> {
        if epoch != self.epoch {
            self.over.store(true, Ordering::Release);
        }
        self.not_over()
    }

    /// Every row.
    pub(super) async fn all(&self, statement: Statement) -> Result<Vec<MySqlRow>, StoreError> {
        self.not_over()?;
        let began = Instant::now();
        let rows = self.all_by(statement, began + DEADLINE).await;
        self.meters.read(began.elapsed());
        rows
    }

    async fn all_by(&self, statement: Statement, end: Instant) -> Result<Vec<MySqlRow>, StoreError> {
        let read = self.read(statement.clone());
        match timeout_at(end, read).await.map_err(|_| StoreError::unavailable(TooLate))? {
            Ok(rows) => Ok(rows),
            Err(Unread { again: false, error }) => Err(error),
            // Whatever took the connection may have taken all that were open; the next one is made anew.
            Err(_) => {
                let read = timeout_at(end, self.read(statement)).await;
                read.map_err(|_| StoreError::unavailable(TooLate))?.map_err(|unread| unread.error)
            }
        }
    }

    /// The first row, if there is one.
    pub(super) async fn one(&self, statement: Statement) -> Result<Option<MySqlRow>, StoreError> {
        Ok(self.all(statement).await?.into_iter().next())
    }

    async fn read(&self, statement: Statement) -> Result<Vec<MySqlRow>, Unread> {
        let never = |error| Unread { again: false, error };
        let mut lease =
            self.pool.acquire().await.map_err(|none| Unread { again: none.again, error: none.error })?;
        let query = statement.query().map_err(never)?;
        let connection = lease.open().map_err(never)?;
        match query.fetch_all(connection).await {
            Ok(rows) => {
                lease.done();
                Ok(rows)
            }
            Err(error) => {
                let failure = Failure::of(&error);
                let again = failure.fate() == Fate::Elsewhere;
                if again {
                    self.pool.lost();
                } else if failure.number().is_some() {
                    // The server has answered, and waits for the next statement.
                    lease.done();
                }
                Err(Unread { again, error: failure.into_store_error() })
            }
        }
    }

    /// The store's clock; and a look at the epoch.
    pub(super) async fn now(&self) -> Result<Timestamp, StoreError> {
        let row = self.one(sql(NOW)).await?.ok_or(crate::sql::corrupt("clock"))?;
        let mut columns = Columns::of(&row);
        let now = columns.time("clock")?;
        self.found_in(columns.id("meta.epoch")?)?;
        Ok(match &self.time {
            Time::Clock(clock) => clock.now(),
            Time::Database => now,
        })
    }

    /// A stamp such that whatever is not yet visible to a read that starts now gets a greater one.
    pub(super) async fn settled(&self) -> Result<Stamp, StoreError> {
        self.not_over()?;
        if self.horizon.wants_to_see() {
            let mut greatest = 0;
            for row in self.all(sql(GREATEST)).await? {
                greatest = greatest.max(Columns::of(&row).stamp_or_zero("changed")?.0);
            }
            self.horizon.saw(greatest);
        }
        Ok(self.horizon.stamp())
    }
}

/// Why a read did not succeed.
struct Unread {
    again: bool,
    error: StoreError,
}

/// A stamp as the database keeps it.
pub(super) fn stamp_int(Stamp(stamp): Stamp) -> i64 {
    int(stamp)
}
