//! Opening the file: whose it is, who else has it, and whether it needs migrating.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flux_core::{Clock, Entropy, Epoch, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use super::reader::Readers;
use super::rows::{Columns, Id};
use super::statement::primary_code;
use super::writer::Writer;
use super::{OpenError, SqliteConfig, SqliteStore, Synchronous, migrations};
use crate::observe::SqlMeters;

const TABLES: &str = "SELECT COUNT(*) FROM sqlite_schema";
const OWNER: &str = "PRAGMA application_id";
/// "Flux" in ASCII.
const OWN: &str = "PRAGMA application_id = 1181513080";
const VERSION: &str = "SELECT MAX(version) FROM _sqlx_migrations";
const MIGRATED: &str = "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
const BEGIN: &str = "BEGIN IMMEDIATE";
const ROLLBACK: &str = "ROLLBACK";
const BEGIN_EPOCH: &str = "INSERT INTO meta (only_row, epoch) VALUES (1, ?) ON CONFLICT DO NOTHING";
const REPLACE_EPOCH: &str = "INSERT INTO meta (only_row, epoch) VALUES (1, ?) \
                              ON CONFLICT DO UPDATE SET epoch = excluded.epoch";
const EPOCH: &str = "SELECT epoch FROM meta WHERE only_row = 1";
const NEWEST_STAMP: &str = "SELECT MAX(COALESCE((SELECT MAX(changed) FROM conversations), 0), \
                               COALESCE((SELECT MAX(changed) FROM feed_heads), 0), \
                               COALESCE((SELECT MAX(place) FROM notice_places), 0))";

/// What [`OWN`] writes into the header of the file.
const APPLICATION_ID: i64 = 0x466C_7578;

/// How many pages the log may grow by before they go into the file: 16 MiB. Longer than SQLite takes by itself, since
/// a busy store rewrites the same pages over and over.
const CHECKPOINT_PAGES: &str = "4000";
/// What a connection keeps of the file in memory, in KiB (negative by SQLite's convention): 32 MiB.
const CACHE: &str = "-32768";
/// Every text of this adapter, in every length, fits.
const CACHED_TEXTS: usize = 512;
/// Rows on their way from SQLite's thread; fewer, and the two take turns.
const ROWS: usize = 1_024;

pub(super) async fn open(
    config: SqliteConfig,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<SqliteStore, OpenError> {
    let path = place(&config.path)?;
    let guard = lock(&path)?;
    let file = SqliteConnectOptions::new()
        .filename(&path)
        .busy_timeout(config.busy_timeout)
        .statement_cache_capacity(CACHED_TEXTS)
        .row_buffer_size(ROWS);
    prove(&file).await.map_err(|refused| refused.of(&path))?;
    let writing = file
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(match config.synchronous {
            Synchronous::Full => SqliteSynchronous::Full,
            Synchronous::Normal => SqliteSynchronous::Normal,
        })
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        // What is put aside while a statement runs needs no file.
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", CACHE);
    let (connection, epoch, stamp) = prepare(&writing, config.new_epoch, clock.as_ref(), entropy.as_ref())
        .await
        .map_err(|refused| refused.of(&path))?;
    let (wait, meters) = (config.busy_timeout, SqlMeters::new("sqlite"));
    Ok(SqliteStore {
        epoch,
        writer: Writer::new(writing, connection, stamp, guard, Arc::clone(&clock), wait, meters.clone()),
        readers: Readers::new(file, config.readers, wait, meters),
        entropy,
        clock,
    })
}

/// Makes the file if there is none, readable by its owner alone, and says where it really is, so that two ways to one
/// file are one lock.
fn place(path: &Path) -> Result<PathBuf, OpenError> {
    let mut new = OpenOptions::new();
    // Nothing but `create_new`: to open and close a file that SQLite has open in this process drops SQLite's locks.
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(not_writable(path, error)),
    }
    path.canonicalize().map_err(|error| not_writable(path, error))
}

/// Locks the file beside the database that stands for it. SQLite's own locks would not do: they let many processes in,
/// and stamps and waiting are counted in one.
fn lock(path: &Path) -> Result<File, OpenError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(&beside);
    let file = opened.map_err(|error| not_writable(&beside, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(not_writable(&beside, error)),
    }
}

fn not_writable(path: &Path, error: io::Error) -> OpenError {
    OpenError::NotWritable { path: path.to_owned(), cause: error.into() }
}

/// Why a file is not taken, before the path is added.
enum Refused {
    NotFlux,
    Newer(i64),
    Driver(sqlx::Error),
    Migration(sqlx::migrate::MigrateError),
    Store(StoreError),
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Refused {
    fn of(self, path: &Path) -> OpenError {
        let path = path.to_owned();
        match self {
            Self::NotFlux => OpenError::NotFlux { path },
            Self::Newer(found) => OpenError::NewerSchema { path, found, known: migrations::NEWEST },
            Self::Driver(error) => match primary_code(&error) {
                // SQLITE_BUSY and SQLITE_LOCKED: a program that is no Flux holds the file.
                Some(5 | 6) => OpenError::InUse { path },
                // SQLITE_PERM, SQLITE_READONLY and SQLITE_CANTOPEN.
                Some(3 | 8 | 14) => OpenError::NotWritable { path, cause: error.into() },
                // SQLITE_NOTADB.
                Some(26) => OpenError::NotFlux { path },
                _ => OpenError::Failed { path, cause: error.into() },
            },
            Self::Migration(error) => OpenError::Failed { path, cause: error.into() },
            Self::Store(error) => OpenError::Failed { path, cause: error.into() },
        }
    }
}

/// Proves that the file is empty or ours, of a version that is known, and writable, and marks it as ours, before
/// anything else is done to it.
async fn prove(file: &SqliteConnectOptions) -> Result<(), Refused> {
    let mut connection = file.connect().await?;
    let proven = examine(&mut connection).await;
    connection.close().await?;
    proven
}

async fn examine(connection: &mut SqliteConnection) -> Result<(), Refused> {
    let tables: i64 = sqlx::query_scalar(TABLES).fetch_one(&mut *connection).await?;
    let owner: i64 = sqlx::query_scalar(OWNER).fetch_one(&mut *connection).await?;
    match (tables, owner) {
        (_, APPLICATION_ID) => {}
        (0, 0) => {
            sqlx::query(OWN).execute(&mut *connection).await?;
        }
        _ => return Err(Refused::NotFlux),
    }
    let migrated: i64 = sqlx::query_scalar(MIGRATED).fetch_one(&mut *connection).await?;
    if migrated != 0 {
        let newest: Option<i64> = sqlx::query_scalar(VERSION).fetch_one(&mut *connection).await?;
        if let Some(found) = newest.filter(|found| *found > migrations::NEWEST) {
            return Err(Refused::Newer(found));
        }
    }
    sqlx::query(BEGIN).execute(&mut *connection).await?;
    sqlx::query(ROLLBACK).execute(&mut *connection).await?;
    Ok(())
}

/// The connection that writes, the epoch and the newest stamp.
async fn prepare(
    writing: &SqliteConnectOptions,
    new_epoch: bool,
    clock: &dyn Clock,
    entropy: &dyn Entropy,
) -> Result<(SqliteConnection, Epoch, u64), Refused> {
    let mut connection = writing.connect().await?;
    migrations::migrator().run_direct(None, &mut connection, false).await.map_err(Refused::Migration)?;
    let fresh = Epoch::generate(clock.now(), entropy);
    let text = if new_epoch { REPLACE_EPOCH } else { BEGIN_EPOCH };
    sqlx::query(text).bind(fresh.blob()).execute(&mut connection).await?;
    let row = sqlx::query(EPOCH).fetch_one(&mut connection).await?;
    let epoch = Columns::of(&row).id("meta.epoch")?;
    let row = sqlx::query(NEWEST_STAMP).fetch_one(&mut connection).await?;
    let stamp = Columns::of(&row).stamp("newest stamp")?;
    Ok((connection, epoch, stamp.0))
}

#[cfg(test)]
mod tests {
    use flux_core::testing::{ManualClock, SeededEntropy};

    use super::*;

    async fn opened(config: SqliteConfig) -> SqliteStore {
        open(config, Arc::new(ManualClock::default()), Arc::new(SeededEntropy::new(1))).await.unwrap()
    }

    /// What the connection that writes says of itself.
    async fn setting(store: &SqliteStore, text: &'static str) -> i64 {
        let ask = store.writer.write(move |tx| {
            Box::pin(async move { Columns::of(&tx.one(sqlx::query(text)).await?.unwrap()).int("setting") })
        });
        ask.await.unwrap()
    }

    #[tokio::test]
    async fn durability_is_in_force_on_the_connection_that_writes() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(SqliteConfig::new(folder.path().join("flux.db"))).await;
        assert_eq!(setting(&store, "PRAGMA synchronous").await, 2, "FULL");
        assert_eq!(setting(&store, "PRAGMA foreign_keys").await, 1);
        assert_eq!(setting(&store, "PRAGMA busy_timeout").await, 2_000);
        let wal = "SELECT COUNT(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'";
        assert_eq!(setting(&store, wal).await, 1);
    }

    #[tokio::test]
    async fn a_connection_that_replaces_a_lost_one_is_as_durable() {
        let folder = tempfile::tempdir().unwrap();
        let config = SqliteConfig::new(folder.path().join("flux.db"));
        let store = opened(config.with_synchronous(Synchronous::Normal)).await;
        let lost =
            store.writer.write::<(), StoreError, _>(|_| Box::pin(async { panic!("on purpose") })).await;
        assert!(matches!(lost, Err(StoreError::Unavailable(_))));
        assert_eq!(setting(&store, "PRAGMA synchronous").await, 1, "NORMAL, as it was asked for");
        assert_eq!(setting(&store, "PRAGMA foreign_keys").await, 1);
    }

    #[tokio::test]
    async fn a_new_epoch_begins_only_where_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let config = SqliteConfig::new(folder.path().join("flux.db"));
        let epoch = async |config: &SqliteConfig, seed| {
            let entropy = Arc::new(SeededEntropy::new(seed));
            let store = open(config.clone(), Arc::new(ManualClock::default()), entropy).await.unwrap();
            store.close().await;
            store.epoch
        };
        let first = epoch(&config, 1).await;
        assert_eq!(epoch(&config, 2).await, first);
        let second = epoch(&config.clone().with_new_epoch(), 3).await;
        assert_ne!(second, first);
        assert_eq!(epoch(&config, 4).await, second);
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(SqliteConfig::new(folder.path().join("flux.db"))).await;
        let write = store.readers.all(sqlx::query("DELETE FROM accounts")).await;
        assert!(matches!(write, Err(StoreError::Unavailable(_))), "{write:?}");
    }
}
