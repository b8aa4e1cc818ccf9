//! The schema, embedded: what a database needs to be one that this program writes.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Executor, Row};
use tokio::time::timeout;

use super::open::Refused;

/// Marks a database as ours, and says which versions of the schema it has had. A version says from which version on a
/// program can use it, so that programs of two versions may run side by side.
const MARK: &str = "CREATE TABLE IF NOT EXISTS flux_schema (\
                      version INT NOT NULL PRIMARY KEY, readable_from INT NOT NULL\
                    ) ENGINE=InnoDB";
const TABLES: &str = "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
                      WHERE table_schema = DATABASE() ORDER BY table_name = 'flux_schema' DESC, table_name LIMIT 1";
const VERSION: &str = "SELECT version, readable_from FROM flux_schema ORDER BY version DESC LIMIT 1";
const RECORD: &str = "INSERT INTO flux_schema (version, readable_from) VALUES (?, ?)";
const LOCK: &str = "SELECT GET_LOCK(CONCAT('flux ', SHA2(DATABASE(), 224)), 30)";
const UNLOCK: &str = "DO RELEASE_LOCK(CONCAT('flux ', SHA2(DATABASE(), 224)))";
const COLUMNS: &str = "SELECT CAST(CONCAT(table_name, '.', column_name) AS CHAR), CAST(collation_name AS CHAR) \
                       FROM information_schema.columns WHERE table_schema = DATABASE()";

/// Longer than any migration of this program takes.
const PATIENCE: Duration = Duration::from_mins(2);

/// Every version of the schema, oldest first: (version, from which version on a program can use it, SQL). A version that
/// was released is never edited; a change is a new version, and what is taken away goes two versions after it was last
/// used.
const VERSIONS: [(i32, i32, &str); 1] = [(1, 1, include_str!("migrations/0001_durable.sql"))];

/// The version of the schema that this program writes.
pub(super) const NEWEST: i32 = VERSIONS[VERSIONS.len() - 1].0;

/// The statements of a version.
fn statements(sql: &'static str) -> impl Iterator<Item = &'static str> {
    sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty())
}

/// Which version of the schema there is; `None` in a database without tables.
pub(super) async fn version(connection: &mut MySqlConnection) -> Result<Option<i32>, Refused> {
    let Some(row) = connection.fetch_optional(TABLES).await? else { return Ok(None) };
    let table: String = row.try_get_unchecked(0)?;
    if table != "flux_schema" {
        return Err(Refused::NotFlux(table));
    }
    let Some(row) = connection.fetch_optional(VERSION).await? else { return Ok(None) };
    let (found, readable_from): (i32, i32) = (row.try_get(0)?, row.try_get(1)?);
    if readable_from > NEWEST { Err(Refused::Newer(found)) } else { Ok(Some(found)) }
}

/// Brings the database to [`NEWEST`], if it is not there yet and `allowed`. Of many processes that do so at once one
/// does, and the others wait for it.
pub(super) async fn run(connection: &mut MySqlConnection, allowed: bool) -> Result<(), Refused> {
    match version(connection).await? {
        Some(found) if found >= NEWEST => return Ok(()),
        None if !allowed => return Err(Refused::NoSchema),
        Some(found) if !allowed => return Err(Refused::Old(found)),
        _ => {}
    }
    let locked: Option<i64> = connection.fetch_one(LOCK).await?.try_get(0)?;
    if locked != Some(1) {
        return Err(Refused::Migrating);
    }
    let migrated = timeout(PATIENCE, migrate(connection)).await;
    let migrated = migrated.unwrap_or(Err(Refused::Migrating));
    // The lock goes with the connection, too.
    connection.execute(UNLOCK).await?;
    migrated
}

async fn migrate(connection: &mut MySqlConnection) -> Result<(), Refused> {
    // Another process may have done it while this one waited.
    let found = version(connection).await?.unwrap_or(0);
    connection.execute(MARK).await?;
    for (version, readable_from, sql) in VERSIONS.into_iter().filter(|(version, ..)| *version > found) {
        for statement in statements(sql) {
            connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await?;
        }
        sqlx::query(RECORD).bind(version).bind(readable_from).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Every column that the versions make, with its table.
fn columns() -> impl Iterator<Item = (&'static str, &'static str)> {
    VERSIONS.into_iter().flat_map(|(.., sql)| statements(sql)).flat_map(|statement| {
        let table = statement.split_once("CREATE TABLE IF NOT EXISTS ").map_or("", |(_, rest)| rest);
        let (table, body) = table.split_once(" (").unwrap_or_default();
        // Names are in small letters; what else begins a line is a key, a comment or the end.
        body.lines().filter_map(move |line| {
            let name = line.split_whitespace().next()?.trim_matches('`');
            name.starts_with(|c: char| c.is_ascii_lowercase()).then_some((table, name))
        })
    })
}

/// Whether every table and column is there, as somebody may have dropped one or restored only some, and whether every
/// column of text keeps it as it is.
pub(super) async fn check_columns(connection: &mut MySqlConnection) -> Result<(), Refused> {
    let mut found = HashSet::new();
    let mut collated = None;
    for row in connection.fetch_all(COLUMNS).await? {
        let column: String = row.try_get_unchecked(0)?;
        let collation: Option<String> = row.try_get_unchecked(1)?;
        if let Some(other) = collation.filter(|collation| collation != "utf8mb4_bin") {
            collated.get_or_insert((column.clone(), other));
        }
        found.insert(column);
    }
    let lacks = lacking(&found);
    if !lacks.is_empty() {
        return Err(Refused::Incomplete(lacks.join(", ")));
    }
    match collated {
        None => Ok(()),
        Some((column, collation)) => Err(Refused::Collation(column, collation)),
    }
}

/// What is not among the columns that were `found`, each named with its table; a table of which there is none, by itself.
fn lacking(found: &HashSet<String>) -> Vec<String> {
    let tables: HashSet<&str> =
        found.iter().filter_map(|column| column.split_once('.')).map(|(table, _)| table).collect();
    let mut lacks: Vec<_> = columns()
        .filter_map(|(table, column)| {
            let name = format!("{table}.{column}");
            if tables.contains(table) {
                (!found.contains(&name)).then_some(name)
            } else {
                Some(table.to_owned())
            }
        })
        .collect();
    lacks.dedup();
    lacks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_ascend_and_their_statements_stand_alone() {
        assert!(VERSIONS.is_sorted_by_key(|(version, ..)| *version));
        for (_, _, sql) in VERSIONS {
            let found: Vec<_> = statements(sql).collect();
            assert!(!found.is_empty());
            for statement in found {
                let code: String =
                    statement.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
                assert!(code.starts_with("CREATE TABLE IF NOT EXISTS "), "may not be repeated: {code}");
                assert!(!code.contains(';'), "more than one: {code}");
                assert!(!code.contains("CHAR(") || code.contains("COLLATE utf8mb4_bin"), "{code}");
            }
        }
    }

    #[test]
    fn what_a_database_lacks_is_named_by_the_table_or_by_the_column() {
        let whole: HashSet<_> = columns().map(|(table, column)| format!("{table}.{column}")).collect();
        let made = VERSIONS.into_iter().flat_map(|(.., sql)| statements(sql)).count();
        assert_eq!(columns().map(|(table, _)| table).collect::<HashSet<_>>().len(), made);
        // The first, one whose name is quoted, one in the middle.
        for column in ["meta.only_row", "feed_entries.change", "accounts.bio"] {
            let mut found = whole.clone();
            assert!(found.remove(column), "{column}");
            assert_eq!(lacking(&found), [column]);
        }
        let found = whole.iter().filter(|column| !column.starts_with("messages.")).cloned().collect();
        assert_eq!(lacking(&found), ["messages"]);
        assert!(lacking(&whole).is_empty());
    }
}
