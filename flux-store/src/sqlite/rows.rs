//! Rows of SQLite.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::sql::SqlRow;
pub(super) use crate::sql::{Id, account_columns, corrupt, int, limit, profile_columns, session_columns};

/// Reads a row from left to right.
pub(super) type Columns<'r> = crate::sql::Columns<'r, SqliteRow>;

impl SqlRow for SqliteRow {
    fn int(&self, at: usize) -> Result<Option<i64>, sqlx::Error> {
        self.try_get(at)
    }

    fn text(&self, at: usize) -> Result<Option<String>, sqlx::Error> {
        self.try_get(at)
    }

    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        self.try_get(at)
    }
}
