//! Reading: a few connections that cannot write. Every read is one statement, so it sees one snapshot, and whatever was
//! committed before it began.

use std::time::Duration;

use flux_core::StoreError;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow};
use sqlx::{Pool, Sqlite};

use super::statement::{Statement, failed};
use super::writer::{DEADLINE, Late};

pub(super) struct Readers {
    pool: Pool<Sqlite>,
}

impl Readers {
    /// At most `most` connections, made when they are needed; a read waits at most `wait` for one.
    pub(super) fn new(options: SqliteConnectOptions, most: u32, wait: Duration) -> Self {
        let pool = SqlitePoolOptions::new()
            .max_connections(most.max(1))
            .acquire_timeout(wait)
            // They are threads of this process; nothing goes stale in them.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options.read_only(true));
        Self { pool }
    }

    /// Every row.
    pub(super) async fn all(&self, statement: Statement) -> Result<Vec<SqliteRow>, StoreError> {
        let reading = statement.fetch_all(&self.pool);
        tokio::time::timeout(DEADLINE, reading)
            .await
            .map_err(|_| StoreError::unavailable(Late))?
            .map_err(failed)
    }

    /// The first row, if there is one.
    pub(super) async fn one(&self, statement: Statement) -> Result<Option<SqliteRow>, StoreError> {
        let reading = statement.fetch_optional(&self.pool);
        tokio::time::timeout(DEADLINE, reading)
            .await
            .map_err(|_| StoreError::unavailable(Late))?
            .map_err(failed)
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}
