//! Reading: a few connections that cannot write. Every read is one statement, so it sees one snapshot, and whatever was
//! committed before it began.

use std::time::Duration;

use flux_core::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow};
use sqlx::{Pool, Sqlite};
use tokio::time::Instant;

use super::statement::{Statement, failed};
use super::writer::{DEADLINE, Late};
use crate::observe::SqlMeters;

pub(super) struct Readers {
    pool: Pool<Sqlite>,
    meters: SqlMeters,
}

impl Readers {
    /// At most `most` connections, made when they are needed; a read waits at most `wait` for one.
    pub(super) fn new(options: SqliteConnectOptions, most: u32, wait: Duration, meters: SqlMeters) -> Self {
        let pool = SqlitePoolOptions::new()
            .max_connections(most.max(1))
            .acquire_timeout(wait)
            // They are threads of this process; nothing goes stale in them.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options.read_only(true));
        Self { pool, meters }
    }

    /// Every row.
    pub(super) async fn all(&self, statement: Statement) -> Result<Vec<SqliteRow>, StoreError> {
        self.within(statement.fetch_all(&self.pool)).await
    }

    /// The first row, if there is one.
    pub(super) async fn one(&self, statement: Statement) -> Result<Option<SqliteRow>, StoreError> {
        self.within(statement.fetch_optional(&self.pool)).await
    }

    async fn within<T>(
        &self,
        reading: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let read = tokio::time::timeout(DEADLINE, reading).await;
        self.meters.read(began.elapsed());
        self.meters
            .connections(usize::try_from(self.pool.size()).unwrap_or(usize::MAX), self.pool.num_idle());
        if matches!(read, Ok(Err(sqlx::Error::PoolTimedOut))) {
            self.meters.busy();
        }
        read.map_err(|_| StoreError::unavailable(Late))?.map_err(failed)
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}
