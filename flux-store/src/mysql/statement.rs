//! SQL texts and their arguments. There is a fixed set of texts: each is prepared once per connection and stays so (to
//! let one go costs 40 ms over TCP), and a test can look at the query plan of every one.

use std::sync::OnceLock;

use flux_core::StoreError;
use sqlx::mysql::MySqlArguments;
use sqlx::query::Query;
use sqlx::{Arguments, MySql};

use crate::sql::Id;

/// Defines the texts of a module, and lists them for the test of query plans.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* const $name: &str = $sql;)*

        #[cfg(all(test, feature = "servers", feature = "system"))]
        pub(in crate::mysql) const STATEMENTS: &[(&str, &str)] = &[
            $((concat!(module_path!(), "::", stringify!($name)), $name)),*
        ];
    };
}

/// Defines the texts of a module that take many rows at once, and lists them for the test of query plans.
macro_rules! many_statements {
    ($($(#[$doc:meta])* $name:ident = $head:expr, $row:literal, $tail:expr;)*) => {
        $($(#[$doc])* static $name: $crate::mysql::statement::Many =
            $crate::mysql::statement::Many::new($head, $row, $tail);)*

        #[cfg(all(test, feature = "servers", feature = "system"))]
        pub(in crate::mysql) fn many() -> Vec<(&'static str, &'static str)> {
            let mut texts = Vec::new();
            $(texts.extend([0, 5].map(|exponent| {
                (concat!(module_path!(), "::", stringify!($name)), $name.text(exponent))
            }));)*
            texts
        }
    };
}
pub(super) use {many_statements, statements};

/// An argument.
#[derive(Debug, Clone)]
enum Value {
    Int(Option<i64>),
    Bytes(Option<Vec<u8>>),
    Text(Option<String>),
}

/// One statement with its arguments, in the order of their placeholders. It can be run again.
#[derive(Debug, Clone)]
#[must_use = "a statement does nothing until it is run"]
pub(super) struct Statement {
    text: &'static str,
    values: Vec<Value>,
}

/// `text`, without arguments yet.
pub(super) fn sql(text: &'static str) -> Statement {
    Statement { text, values: Vec::new() }
}

impl Statement {
    /// With one more argument.
    fn with(mut self, value: Value) -> Self {
        self.values.push(value);
        self
    }

    pub(super) fn id(self, id: &impl Id) -> Self {
        self.with(Value::Bytes(Some(id.blob())))
    }

    pub(super) fn int(self, number: i64) -> Self {
        self.with(Value::Int(Some(number)))
    }

    pub(super) fn int_or_null(self, number: Option<i64>) -> Self {
        self.with(Value::Int(number))
    }

    /// A text in a column of text.
    pub(super) fn text(self, text: &str) -> Self {
        self.with(Value::Text(Some(text.to_owned())))
    }

    pub(super) fn text_or_null(self, text: Option<&str>) -> Self {
        self.with(Value::Text(text.map(str::to_owned)))
    }

    /// Bytes, or a text in a column of bytes.
    pub(super) fn bytes(self, bytes: impl AsRef<[u8]>) -> Self {
        self.with(Value::Bytes(Some(bytes.as_ref().to_vec())))
    }

    pub(super) fn bytes_or_null(self, bytes: Option<&[u8]>) -> Self {
        self.with(Value::Bytes(bytes.map(<[u8]>::to_vec)))
    }

    /// For the driver.
    pub(super) fn query(self) -> Result<Query<'static, MySql, MySqlArguments>, StoreError> {
        let mut arguments = MySqlArguments::default();
        arguments.reserve(self.values.len(), 0);
        for value in self.values {
            let added = match value {
                Value::Int(number) => arguments.add(number),
                Value::Bytes(bytes) => arguments.add(bytes),
                Value::Text(text) => arguments.add(text),
            };
            added.map_err(StoreError::unavailable)?;
        }
        Ok(sqlx::query_with(self.text, arguments))
    }
}

/// How many rows one statement takes at most.
pub(super) const MOST: usize = 1 << (SIZES - 1);
/// 1, 2, 4 … 256 rows.
const SIZES: usize = 9;

/// How many rows fill the statements that a list of `rows` takes.
pub(super) const fn full(rows: usize) -> usize {
    match rows % MOST {
        0 => rows,
        over => rows - over + over.next_power_of_two(),
    }
}

/// A statement over a list of rows, in texts for 1, 2, 4 … 256 of them: a longer list takes several, and what is left
/// over of the last one repeats its last row. So it must not matter to the statement how often it has a row.
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
            // Rows that are read are put together by UNION ALL.
            let separator = if self.row.starts_with("(SELECT") { " UNION ALL " } else { "," };
            format!("{}{}{}", self.head, rows.join(separator), self.tail)
        })
    }

    /// The statements for `rows`; `each` adds the arguments of a row.
    pub(super) fn over<R>(
        &'static self,
        rows: &[R],
        each: impl Fn(Statement, &R) -> Statement,
    ) -> Vec<Statement> {
        self.after(rows, |statement| statement, each)
    }

    /// The same; `first` adds the arguments before the rows.
    pub(super) fn after<R>(
        &'static self,
        rows: &[R],
        first: impl Fn(Statement) -> Statement,
        each: impl Fn(Statement, &R) -> Statement,
    ) -> Vec<Statement> {
        let chunk = |chunk: &[R]| {
            let exponent = chunk.len().next_power_of_two().trailing_zeros() as usize;
            let padding = chunk.iter().rev().take(1).cycle().take((1 << exponent) - chunk.len());
            let rows = chunk.iter().chain(padding);
            rows.fold(first(sql(self.text(exponent))), &each)
        };
        rows.chunks(MOST).map(chunk).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static LIST: Many = Many::new("SELECT (", "?", ")");

    fn sizes(rows: usize) -> Vec<(usize, usize)> {
        let numbers: Vec<i64> = (0..).take(rows).collect();
        let statements = LIST.over(&numbers, |statement, number| statement.int(*number));
        let size = |it: &Statement| (it.text.matches('?').count(), it.values.len());
        statements.iter().map(size).collect()
    }

    #[test]
    fn a_list_is_padded_to_a_text_of_the_fixed_set() {
        assert_eq!(sizes(0), []);
        assert_eq!(sizes(1), [(1, 1)]);
        assert_eq!(sizes(3), [(4, 4)]);
        assert_eq!(sizes(256), [(256, 256)]);
        assert_eq!(sizes(600), [(256, 256), (256, 256), (128, 128)]);
    }

    #[test]
    fn a_full_list_has_nothing_left_over() {
        for rows in 0..2_000 {
            let room: usize = sizes(rows).iter().map(|(_, values)| values).sum();
            assert_eq!(full(rows), room, "{rows}");
        }
    }

    #[test]
    fn what_is_left_over_repeats_the_last_row() {
        let statements =
            LIST.after(&[7, 8, 9], |statement| statement.int(1), |statement, number| statement.int(*number));
        let values: Vec<_> = statements[0].values.iter().map(|value| format!("{value:?}")).collect();
        assert_eq!(values, [1, 7, 8, 9, 9].map(|n| format!("Int(Some({n}))")));
    }
}
