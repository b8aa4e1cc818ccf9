//! Rows of MySQL and MariaDB.

use sqlx::Row;
use sqlx::mysql::MySqlRow;

use crate::sql::SqlRow;

/// Reads a row from left to right.
pub(super) type Columns<'r> = crate::sql::Columns<'r, MySqlRow>;

impl SqlRow for MySqlRow {
    fn int(&self, at: usize) -> Result<Option<i64>, sqlx::Error> {
        self.try_get(at)
    }

    fn text(&self, at: usize) -> Result<Option<String>, sqlx::Error> {
        // Whether a text is one or bytes cannot be told by its flags: those of a binary collation look alike.
        let bytes: Option<&[u8]> = self.try_get_unchecked(at)?;
        let text = bytes.map(|bytes| String::from_utf8(bytes.to_vec())).transpose();
        text.map_err(|error| sqlx::Error::Decode(error.into()))
    }

    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, sqlx::Error> {
        self.try_get_unchecked(at)
    }
}
