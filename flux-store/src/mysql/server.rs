//! What a server must be like: its version, and the settings without which it would not keep its promises, or ours.

use std::collections::BTreeMap;

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Executor, Row};

use super::OpenError;

/// The database's clock: microseconds since the Unix epoch.
macro_rules! now_micros {
    () => {
        "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))"
    };
}
pub(super) use now_micros;

/// The same, for texts that are put together as the program runs.
pub(super) const NOW_MICROS: &str = now_micros!();

/// Whose server it is: they differ in how the time of a statement is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    MariaDb,
    MySql,
}

/// The oldest MariaDB that is taken, and the oldest MySQL.
const OLDEST: (Version, Version) = (Version(10, 11), Version(8, 0));
/// What one statement with the longest messages, or the longest page of a feed, may need.
const PACKET: u64 = 4 * 1024 * 1024;
/// Prepared statements that one connection may come to hold.
const PREPARED: u64 = 256;

const ASKED: &str = "'autocommit', 'binlog_format', 'character_set_client', 'character_set_results', \
                     'default_storage_engine', 'innodb_doublewrite', 'innodb_flush_log_at_trx_commit', 'log_bin', \
                     'max_allowed_packet', 'max_prepared_stmt_count', 'read_only', 'sql_mode', 'sync_binlog', \
                     'transaction_isolation', 'tx_isolation'";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32);

/// Reads what `VERSION()` says.
pub(super) fn flavour(version: &str) -> Result<Flavour, OpenError> {
    let refused = || OpenError::Version { found: version.to_owned() };
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    let found = match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Version(major, minor),
        _ => return Err(refused()),
    };
    let mariadb = version.to_ascii_lowercase().contains("mariadb");
    let (flavour, oldest) = if mariadb { (Flavour::MariaDb, OLDEST.0) } else { (Flavour::MySql, OLDEST.1) };
    if found < oldest { Err(refused()) } else { Ok(flavour) }
}

/// Reads the settings that are in force on `connection`, which has set what it sets itself.
pub(super) async fn settings(connection: &mut MySqlConnection) -> Result<Settings, sqlx::Error> {
    let ask = format!("SHOW VARIABLES WHERE Variable_name IN ({ASKED})");
    let rows = connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(ask))).await?;
    let mut settings = BTreeMap::new();
    for row in rows {
        let [name, value] = [row.try_get_unchecked::<String, _>(0)?, row.try_get_unchecked::<String, _>(1)?];
        settings.insert(name.to_ascii_lowercase(), value);
    }
    Ok(Settings(settings))
}

/// What a server says of itself.
#[derive(Debug, Default)]
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn on(&self, name: &str) -> bool {
        matches!(self.get(name).to_ascii_uppercase().as_str(), "ON" | "1")
    }

    /// Whether commits survive a power cut, unless `allow_unsafe`, and everything else is as the store needs it.
    pub(super) fn check(&self, allow_unsafe: bool) -> Result<(), OpenError> {
        if !allow_unsafe {
            self.check_durability()?;
        }
        let is = |name: &'static str, wanted: &'static str| {
            if self.get(name).eq_ignore_ascii_case(wanted) { Ok(()) } else { Err(self.refused(name, wanted)) }
        };
        is("autocommit", "ON")?;
        is("character_set_client", "utf8mb4")?;
        is("character_set_results", "utf8mb4")?;
        is("default_storage_engine", "InnoDB")?;
        // MariaDB called it something else before version 11.
        let isolation =
            if self.0.contains_key("tx_isolation") { "tx_isolation" } else { "transaction_isolation" };
        is(isolation, "READ-COMMITTED")?;
        if self.on("read_only") {
            return Err(self.refused("read_only", "OFF"));
        }
        if self.on("log_bin") && self.get("binlog_format").eq_ignore_ascii_case("STATEMENT") {
            return Err(self.refused("binlog_format", "ROW"));
        }
        if !self.get("sql_mode").split(',').any(|mode| mode.starts_with("STRICT_")) {
            return Err(self.refused("sql_mode", "STRICT_TRANS_TABLES among others"));
        }
        if self.number("max_allowed_packet") < PACKET {
            return Err(self.refused("max_allowed_packet", "at least 4M"));
        }
        Ok(())
    }

    fn check_durability(&self) -> Result<(), OpenError> {
        if self.get("innodb_flush_log_at_trx_commit") != "1" {
            return Err(self.risky("innodb_flush_log_at_trx_commit", "1"));
        }
        if self.on("log_bin") && self.get("sync_binlog") != "1" {
            return Err(self.risky("sync_binlog", "1"));
        }
        // MySQL also knows how to detect a torn page without being able to mend it.
        let doublewrite = self.get("innodb_doublewrite").to_ascii_uppercase();
        if !matches!(doublewrite.as_str(), "ON" | "1" | "DETECT_AND_RECOVER" | "FAST") {
            return Err(self.risky("innodb_doublewrite", "ON"));
        }
        Ok(())
    }

    /// Fewer prepared statements than `connections` may come to hold, if that is so.
    pub(super) fn too_few_prepared(&self, connections: usize) -> Option<u64> {
        let most = self.number("max_prepared_stmt_count");
        let needed = PREPARED.saturating_mul(u64::try_from(connections).unwrap_or(u64::MAX));
        (most < needed).then_some(most)
    }

    fn number(&self, name: &str) -> u64 {
        self.get(name).parse().unwrap_or(0)
    }

    fn refused(&self, name: &'static str, wanted: &'static str) -> OpenError {
        OpenError::Setting { name, found: self.get(name).to_owned(), wanted }
    }

    fn risky(&self, name: &'static str, wanted: &'static str) -> OpenError {
        OpenError::UnsafeDurability { name, found: self.get(name).to_owned(), wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_apart_and_old_ones_refused() {
        assert_eq!(flavour("10.11.19-MariaDB-0+deb12u1").unwrap(), Flavour::MariaDb);
        assert_eq!(flavour("11.8.2-MariaDB-log").unwrap(), Flavour::MariaDb);
        assert_eq!(flavour("8.0.39").unwrap(), Flavour::MySql);
        assert_eq!(flavour("9.7.0-commercial").unwrap(), Flavour::MySql);
        for old in ["10.6.18-MariaDB", "5.7.44-log", "PostgreSQL 17", ""] {
            assert!(matches!(flavour(old), Err(OpenError::Version { .. })), "{old}");
        }
    }

    fn good() -> Settings {
        let settings = [
            ("autocommit", "ON"),
            ("binlog_format", "MIXED"),
            ("character_set_client", "utf8mb4"),
            ("character_set_results", "utf8mb4"),
            ("default_storage_engine", "InnoDB"),
            ("innodb_doublewrite", "ON"),
            ("innodb_flush_log_at_trx_commit", "1"),
            ("log_bin", "OFF"),
            ("max_allowed_packet", "16777216"),
            ("max_prepared_stmt_count", "16382"),
            ("read_only", "OFF"),
            ("sql_mode", "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION"),
            ("sync_binlog", "0"),
            ("tx_isolation", "READ-COMMITTED"),
        ];
        Settings(settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    fn but(changes: &[(&str, &str)]) -> Settings {
        let mut settings = good();
        for (name, value) in changes {
            settings.0.insert((*name).to_owned(), (*value).to_owned());
        }
        settings
    }

    #[test]
    fn what_is_not_safe_is_refused_unless_that_is_allowed() {
        good().check(false).unwrap();
        for (changes, named) in [
            (&[("innodb_flush_log_at_trx_commit", "2")][..], "innodb_flush_log_at_trx_commit"),
            (&[("innodb_doublewrite", "OFF")], "innodb_doublewrite"),
            (&[("innodb_doublewrite", "DETECT_ONLY")], "innodb_doublewrite"),
            (&[("log_bin", "ON")], "sync_binlog"),
        ] {
            match but(changes).check(false) {
                Err(OpenError::UnsafeDurability { name, .. }) => assert_eq!(name, named),
                other => panic!("{changes:?}: {other:?}"),
            }
            but(changes).check(true).unwrap();
        }
        but(&[("log_bin", "ON"), ("sync_binlog", "1")]).check(false).unwrap();
    }

    #[test]
    fn what_cannot_work_is_refused_in_any_case() {
        for (changes, named) in [
            (&[("autocommit", "OFF")][..], "autocommit"),
            (&[("character_set_client", "latin1")], "character_set_client"),
            (&[("default_storage_engine", "MyISAM")], "default_storage_engine"),
            (&[("log_bin", "ON"), ("binlog_format", "STATEMENT")], "binlog_format"),
            (&[("max_allowed_packet", "1048576")], "max_allowed_packet"),
            (&[("read_only", "ON")], "read_only"),
            (&[("sql_mode", "NO_ENGINE_SUBSTITUTION")], "sql_mode"),
            (&[("tx_isolation", "REPEATABLE-READ")], "tx_isolation"),
        ] {
            match but(changes).check(true) {
                Err(OpenError::Setting { name, .. }) => assert_eq!(name, named),
                other => panic!("{changes:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn room_for_prepared_statements_is_counted() {
        assert_eq!(good().too_few_prepared(16), None);
        assert_eq!(good().too_few_prepared(100), Some(16_382));
    }
}
