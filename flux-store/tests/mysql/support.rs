//! A server for the tests: one for all of them, and others for those that break theirs.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use flux_core::Timestamp;
use flux_core::testing::contract::DurableHarness;
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_store::mysql::{MySqlConfig, MySqlStore, OpenError};
use flux_store::servers::{Durability, MariaDb, MariaDbConfig, ServerError};
use flux_store::system::SystemEntropy;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, MySqlConnection, Row};
use tokio::time::timeout;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// What a server was started as, or, where there is none on this machine, the end of this program: none of its tests can
/// run, and it says so; or it fails, where somebody relies on them.
pub(crate) fn had<T>(started: Result<T, ServerError>) -> T {
    match started {
        Ok(server) => server,
        Err(error @ ServerError::NotInstalled { .. }) => {
            let relied_on =
                ["CI", "FLUX_TEST_REQUIRE_SERVERS"].iter().any(|name| std::env::var_os(name).is_some());
            assert!(!relied_on, "{error}");
            // Not by a macro, whose output the harness keeps to itself.
            let _ = writeln!(std::io::stderr(), "\n\nSKIPPED: the tests of MySQL did not run: {error}\n");
            std::process::exit(0);
        }
        Err(error) => panic!("{error}: {:?}", error.source()),
    }
}

/// A folder among what the build makes, named after this process: those of processes that are gone are removed.
pub(crate) fn folder(name: &str) -> PathBuf {
    static CLEARED: OnceLock<()> = OnceLock::new();
    // Unit tests have none of their own.
    let all = option_env!("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let all = all.join("flux-mysql");
    CLEARED.get_or_init(|| {
        for entry in std::fs::read_dir(&all).into_iter().flatten().flatten() {
            let process = entry.file_name().to_string_lossy().to_string();
            if !Path::new("/proc").join(process).exists() {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    });
    let folder = all.join(std::process::id().to_string()).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The server that `FLUX_TEST_MYSQL_URL` names, or one that lives as long as this program.
fn server() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        if let Ok(url) = std::env::var("FLUX_TEST_MYSQL_URL") {
            return url;
        }
        let (sender, receiver) = mpsc::channel();
        // On a thread of its own, with a runtime that outlives those of the tests.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let config = MariaDbConfig::new(folder("shared"))
                    .with_durability(Durability::Throwaway)
                    .with_setting("--max-connections=2000");
                let started = MariaDb::start(config).await;
                let _ = sender
                    .send(started.as_ref().map(|server| server.url().expose().to_owned()).map_err(drop));
                if let Err(error) = started {
                    had::<()>(Err(error));
                }
                std::future::pending::<()>().await;
            });
        });
        match receiver.recv() {
            Ok(Ok(url)) => url,
            // The thread says why, and ends the program where that is in order.
            _ => loop {
                std::thread::park();
            },
        }
    })
}

/// The same server, another database.
fn url_of(server: &str, database: &str) -> String {
    let (base, parameters) = server.split_once('?').map_or((server, None), |(base, rest)| (base, Some(rest)));
    let (address, _) = base.rsplit_once('/').expect("a URL with a database");
    match parameters {
        Some(parameters) => format!("{address}/{database}?{parameters}"),
        None => format!("{address}/{database}"),
    }
}

/// A connection without a store.
pub(crate) async fn bare(url: &str) -> MySqlConnection {
    url.parse::<MySqlConnectOptions>().unwrap().connect().await.unwrap()
}

/// A database of its own on the server at `server`; its URL.
pub(crate) async fn database_at(server: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("flux_test_{}_{number}", std::process::id());
    let mut connection = bare(server).await;
    let create = format!("DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}");
    connection.execute(sqlx::raw_sql(AssertSqlSafe(create))).await.unwrap();
    connection.close().await.unwrap();
    url_of(server, &name)
}

/// A database of its own.
pub(crate) async fn database() -> String {
    database_at(server()).await
}

/// How the tests use a database.
pub(crate) fn config(url: &str) -> MySqlConfig {
    MySqlConfig::new(url).unwrap().allowing_unsafe_durability()
}

/// A store as programs have it: with the database's clock.
pub(crate) async fn open(config: MySqlConfig) -> Result<MySqlStore, OpenError> {
    MySqlStore::open(config, Arc::new(SystemEntropy)).await
}

/// An empty store with a clock that is moved by hand.
pub(crate) async fn fresh() -> DurableHarness {
    let url = database().await;
    let clock = ManualClock::new(NOW);
    let entropy = Arc::new(SeededEntropy::new(7));
    let store = MySqlStore::open_with_clock(config(&url), Arc::new(clock.clone()), entropy).await.unwrap();
    DurableHarness::new(Arc::new(store)).with_time(clock)
}

/// Longer than anything takes that does not hang.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A connection that somebody else has to the database that one looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// Its number.
    pub(crate) id: i64,
    /// Whether a statement runs on it.
    pub(crate) busy: bool,
}

/// Those connections. A list of all, and not a query over it: a server may stumble over the texts that others run.
pub(crate) async fn others(look: &mut MySqlConnection) -> Vec<Seen> {
    let own = look.fetch_one("SELECT CAST(CONNECTION_ID() AS SIGNED), DATABASE()").await.unwrap();
    let (own, database): (i64, String) = (own.try_get(0).unwrap(), own.try_get_unchecked(1).unwrap());
    let rows = look.fetch_all("SHOW PROCESSLIST").await.unwrap();
    let seen = rows.iter().filter_map(|row| {
        let id: i64 = row.try_get_unchecked("Id").unwrap();
        let (used, command): (Option<String>, String) =
            (row.try_get_unchecked("db").unwrap(), row.try_get_unchecked("Command").unwrap());
        (used.as_deref() == Some(database.as_str()) && id != own)
            .then_some(Seen { id, busy: command != "Sleep" })
    });
    seen.collect()
}

/// Waits until others have `open` transactions in this database, and `waiting` of them wait for a lock.
pub(crate) async fn until_transactions(look: &mut MySqlConnection, open: usize, waiting: usize) {
    let found = async {
        loop {
            let others: Vec<_> = others(look).await.iter().map(|seen| seen.id).collect();
            let row = look.fetch_one("SHOW ENGINE INNODB STATUS").await.unwrap();
            let status: &[u8] = row.try_get_unchecked("Status").unwrap();
            let status = String::from_utf8_lossy(status).into_owned();
            let seen: Vec<_> = status.split("---TRANSACTION ").filter_map(active).collect();
            let mine: Vec<_> = seen.into_iter().filter(|(id, _)| others.contains(id)).collect();
            if mine.len() == open && mine.iter().filter(|(_, waits)| *waits).count() == waiting {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, found).await.expect("so many transactions");
}

/// Which connection has a transaction, and whether it waits for a lock; from how the server tells of it to people.
fn active(told: &str) -> Option<(i64, bool)> {
    let (first, rest) = told.split_once('\n')?;
    let (_, rest) = first.contains("ACTIVE").then(|| rest.split_once(" thread id "))??;
    let id = rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()?;
    Some((id, told.contains("\nLOCK WAIT ")))
}
