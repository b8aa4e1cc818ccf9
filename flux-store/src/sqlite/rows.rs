//! Rows of SQLite.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::sql::SqlRow;
pub(super) use crate::sql::{Id, account_columns, corrupt, int, limit, profile_columns, session_columns};

/// Reads a row from left to right.
pub(super) type Columns<'r> = crate::sql::Columns<'r, SqliteRow>;

impl SqlRow for SqliteRow {
    fn int(&self, at: usize) -> Option<Option<i64>> {
        self.try_get(at).ok()
    }

    fn text(&self, at: usize) -> Option<Option<String>> {
        self.try_get(at).ok()
    }

    fn bytes(&self, at: usize) -> Option<Option<&[u8]>> {
        self.try_get(at).ok()
    }
}
