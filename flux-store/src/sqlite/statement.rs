//! SQL texts. There is a fixed set of them, so that each is prepared once per connection, and so that a test can look
//! at the query plan of every one.

use std::sync::OnceLock;

use flux_core::{Cause, StoreError};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Sqlite};

use super::rows::corrupt;
use super::writer::Tx;

/// One statement with its arguments.
pub(super) type Statement = Query<'static, Sqlite, SqliteArguments>;

/// Defines the texts of a module, and lists them for the test of query plans.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* const $name: &str = $sql;)*

        #[cfg(test)]
        pub(in crate::sqlite) const STATEMENTS: &[(&str, &str)] = &[
            $((concat!(module_path!(), "::", stringify!($name)), $name)),*
        ];
    };
}

/// Defines the texts of a module that take many rows at once, and lists them for the test of query plans.
macro_rules! many_statements {
    ($($(#[$doc:meta])* $name:ident = $head:expr, $row:literal, $tail:expr;)*) => {
        $($(#[$doc])* static $name: $crate::sqlite::statement::Many =
            $crate::sqlite::statement::Many::new($head, $row, $tail);)*

        #[cfg(test)]
        pub(in crate::sqlite) fn many() -> Vec<(&'static str, &'static str)> {
            let mut texts = Vec::new();
            $(texts.extend([0, 5].map(|exponent| {
                (concat!(module_path!(), "::", stringify!($name)), $name.text(exponent))
            }));)*
            texts
        }
    };
}
pub(super) use {many_statements, statements};

/// What the driver says, in the words of the core.
pub(super) fn failed(error: sqlx::Error) -> StoreError {
    // SQLITE_CORRUPT and SQLITE_NOTADB: the primary code is the low byte of the extended one.
    let broken = matches!(primary_code(&error), Some(11 | 26));
    if broken { corrupt("database file") } else { StoreError::unavailable(error) }
}

/// The primary result code, if the error is one of SQLite's own.
pub(super) fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let extended: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(extended & 0xFF)
}

/// How many rows one statement takes at most.
const MOST: usize = 1 << (SIZES - 1);
/// 1, 2, 4 … 256 rows.
const SIZES: usize = 9;

/// A statement over a list of rows, in texts for 1, 2, 4 … 256 of them: a longer list takes several, and what is left
/// over of the last one is NULL. So its tail must make nothing of a row of NULLs, as a comparison does.
pub(super) struct Many {
    head: &'static str,
    row: &'static str,
    tail: &'static str,
    texts: [OnceLock<String>; SIZES],
}

impl Many {
    pub(super) const fn new(head: &'static str, row: &'static str, tail: &'static str) -> Self {
        Self { head, row, tail, texts: [const { OnceLock::new() }; SIZES] }
    }

    /// The text for 2^`exponent` rows.
    pub(super) fn text(&'static self, exponent: usize) -> &'static str {
        self.texts[exponent].get_or_init(|| {
            let rows = vec![self.row; 1 << exponent];
            format!("{}{}{}", self.head, rows.join(","), self.tail)
        })
    }

    /// The statements for `rows`, each with the arguments that `first` adds once and `each` adds for every row.
    pub(super) fn over<R>(
        &'static self,
        rows: &[R],
        first: impl Fn(&mut Values),
        each: impl Fn(&mut Values, &R),
    ) -> Result<Vec<Statement>, StoreError> {
        let mut statements = Vec::with_capacity(rows.len().div_ceil(MOST));
        for chunk in rows.chunks(MOST) {
            let exponent = chunk.len().next_power_of_two().trailing_zeros() as usize;
            let mut values = Values::default();
            values.arguments.reserve(chunk.len() * self.row.matches('?').count() + 1, 0);
            first(&mut values);
            for row in chunk {
                each(&mut values, row);
            }
            statements.push(sqlx::query_with(self.text(exponent), values.finish()?));
        }
        Ok(statements)
    }

    /// Runs them for `rows` and returns what they found.
    pub(super) async fn fetch<R>(
        &'static self,
        tx: &mut Tx,
        rows: &[R],
        each: impl Fn(&mut Values, &R),
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let mut found = Vec::new();
        for statement in self.over(rows, |_| (), each)? {
            found.append(&mut tx.all(statement).await?);
        }
        Ok(found)
    }

    /// Runs them for `rows`.
    pub(super) async fn run<R>(
        &'static self,
        tx: &mut Tx,
        rows: &[R],
        each: impl Fn(&mut Values, &R),
    ) -> Result<(), StoreError> {
        for statement in self.over(rows, |_| (), each)? {
            tx.run(statement).await?;
        }
        Ok(())
    }
}

/// Arguments in the order of their placeholders.
#[derive(Default)]
pub(super) struct Values {
    arguments: SqliteArguments,
    failure: Option<Cause>,
}

impl Values {
    pub(super) fn add<'t, T: sqlx::Encode<'t, Sqlite> + sqlx::Type<Sqlite>>(&mut self, value: T) {
        if let Err(failure) = self.arguments.add(value) {
            self.failure.get_or_insert(failure);
        }
    }

    fn finish(self) -> Result<SqliteArguments, StoreError> {
        match self.failure {
            None => Ok(self.arguments),
            Some(failure) => Err(StoreError::unavailable(failure)),
        }
    }
}
