//! The schema, embedded: what a file needs to be one that this program writes.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Every version of the schema, oldest first: (version, what it brings, SQL). A version that was released is never
/// edited; a change is a new version.
const VERSIONS: [(i64, &str, &str); 2] = [
    (1, "durable", include_str!("migrations/0001_durable.sql")),
    (2, "notices", include_str!("migrations/0002_notices.sql")),
];

/// The version of the schema that this program writes.
pub(super) const NEWEST: i64 = VERSIONS[VERSIONS.len() - 1].0;

/// What brings a file to [`NEWEST`]; each version in a transaction of its own.
pub(super) fn migrator() -> Migrator {
    let migration = |(version, about, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, Cow::Borrowed(about), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(VERSIONS.map(migration).to_vec())
}
