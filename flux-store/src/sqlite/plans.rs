//! No statement of a request walks through a whole table: what SQLite says it would do, for every text there is.

use std::sync::Arc;

use flux_core::testing::{ManualClock, SeededEntropy};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

use super::{SqliteConfig, SqliteStore, account, feed, friend, job, message, notify, session, writer};

/// What may be walked through: rows that the statement itself brings along, and the page that it has just found.
const BROUGHT_ALONG: [&str; 10] =
    ["wanted", "new", "seen", "me", "other", "page", "mine", "here", "lacking", "(subquery"];

async fn file() -> (tempfile::TempDir, SqliteConnection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flux.db");
    let (clock, entropy) = (Arc::new(ManualClock::default()), Arc::new(SeededEntropy::new(1)));
    let store = SqliteStore::open(SqliteConfig::new(&path), clock, entropy).await.unwrap();
    store.close().await;
    (folder, SqliteConnectOptions::new().filename(&path).connect().await.unwrap())
}

/// The steps of a statement.
async fn plan(connection: &mut SqliteConnection, text: &str) -> Vec<String> {
    let explain = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}")));
    let rows = explain.fetch_all(connection).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(3)).collect()
}

/// Every text that runs on behalf of a request.
fn texts() -> Vec<(&'static str, &'static str)> {
    let mut texts: Vec<(&str, &str)> = [
        account::STATEMENTS,
        feed::STATEMENTS,
        friend::FACTS,
        friend::LISTS,
        friend::WRITES,
        job::STATEMENTS,
        job::DELETION,
        message::STATEMENTS,
        notify::STATEMENTS,
        session::STATEMENTS,
        writer::STATEMENTS,
    ]
    .concat();
    texts.extend(account::many());
    texts.extend(friend::many());
    texts.extend(message::commit_many());
    texts.extend(notify::many());
    texts.extend(message::facts_many());
    texts
}

#[tokio::test]
async fn no_statement_scans_a_table() {
    let (_folder, mut connection) = file().await;
    let mut bad = Vec::new();
    for (name, text) in texts() {
        // The few jobs that are not finished, oldest first: that is all of the table.
        if name.ends_with("job::JOBS") {
            continue;
        }
        for step in plan(&mut connection, text).await {
            let scanned = step.strip_prefix("SCAN ").filter(|rest| {
                !rest.contains("CONSTANT ROW")
                    && !rest.contains("VALUES CLAUSE")
                    && !BROUGHT_ALONG.iter().any(|name| rest.starts_with(name))
            });
            if scanned.is_some() || step.contains("AUTOMATIC") {
                bad.push(format!("{name}: {step}"));
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}

#[tokio::test]
async fn pages_come_from_an_index_in_their_order() {
    let (_folder, mut connection) = file().await;
    let lists = [
        "account::SEARCH",
        "account::SEARCH_TO_THE_END",
        "feed::RANGE",
        "friend::list::SENT",
        "friend::list::RECEIVED",
        "friend::list::BLOCKS",
        "message::read::BEFORE",
        "message::read::AFTER",
        "session::OPEN_OF_USER",
        "session::ENDED_SINCE",
    ];
    for list in lists {
        let texts = texts();
        let (_, text) = texts.iter().find(|(name, _)| name.ends_with(list)).unwrap();
        let steps = plan(&mut connection, text).await;
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{list}: {steps:#?}");
    }
}
