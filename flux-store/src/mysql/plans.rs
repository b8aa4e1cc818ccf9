//! No statement of a request walks through a whole table: what the server says it would do, for every text there is.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, Executor, Row};

use super::support::{bare, config, database, open};
use super::{account, feed, friend, job, late, message, node, notify, session, store, transaction};

/// What every placeholder stands for: 16 bytes, and a number.
const ANY: &str = "'1234567890123456'";
/// As many rows of each kind that a walk through all of them would be dearer than any index.
const ROWS: u32 = 900;

/// Texts that walk through an index, and may.
const WHOLE: [&str; 1] = [
    // The few jobs that are not finished, oldest first: that is all of the table.
    "job::JOBS",
];

/// Every text.
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
        node::STATEMENTS,
        notify::STATEMENTS,
        session::STATEMENTS,
        store::STATEMENTS,
        transaction::STATEMENTS,
    ]
    .concat();
    let many = [
        account::many(),
        feed::many(),
        friend::many(),
        job::many(),
        late::many(),
        message::commit_many(),
        message::facts_many(),
        notify::many(),
        session::many(),
    ];
    texts.extend(many.concat());
    texts
}

/// A database with a lot in it, and one row of each kind that every placeholder finds.
async fn filled() -> MySqlConnection {
    let url = database().await;
    open(config(&url)).await.unwrap().close().await;
    let mut connection = bare(&url).await;
    // Ids are digests of numbers, so that they are as scattered as real ones.
    let id = |number: &str| format!("UNHEX(LEFT(SHA2({number}, 256), 32))");
    let (me, you, any) = (id("i"), id("i + 1"), ANY);
    let (low, high) = (format!("LEAST({me}, {you})"), format!("GREATEST({me}, {you})"));
    let tables = [
        (
            "accounts (user_id, username_key, email_key, display_name, bio, state, created_ms, invisible)",
            vec![
                format!("{me}, CONCAT('user', i), CONCAT('mail', i), '', '', 0, i, 0"),
                format!("{any}, {any}, {any}, '', '', 0, 1, 0"),
            ],
        ),
        ("username_skeletons", vec![format!("{me}, {you}, NULL"), format!("{any}, {any}, NULL")]),
        (
            "sessions",
            vec![
                format!("{me}, {you}, '', 'web', i, i, 0, IF(i % 2, NULL, i), IF(i % 2, NULL, 'logout')"),
                format!("{any}, {any}, '', 'web', 1, 1, 0, NULL, NULL"),
            ],
        ),
        (
            "refresh_tokens",
            vec![format!("UNHEX(SHA2(i, 256)), {me}, i, NULL"), format!("{any}, {any}, 1, NULL")],
        ),
        ("friendships", vec![format!("{low}, {high}, i, '', ''"), format!("{any}, {you}, 1, '', ''")]),
        (
            "friend_requests",
            vec![
                format!("{me}, {me}, {you}, '', i, 'pending', 0, {low}, {high}"),
                format!("{any}, {any}, {any}, '', 1, 'pending', 0, {any}, {any}"),
            ],
        ),
        ("blocks", vec![format!("{me}, {you}, i"), format!("{any}, {any}, 1")]),
        (
            "conversations",
            vec![format!("{me}, {low}, {high}, 1, 9, 1, i"), format!("{any}, {any}, {any}, 1, 9, 1, 1")],
        ),
        ("members", vec![format!("{me}, {you}, 0, 0, 0"), format!("{any}, {any}, 0, 0, 0")]),
        ("messages", vec![format!("{me}, i, {you}, {me}, '', i"), format!("{any}, 1, {any}, {any}, '', 1")]),
        (
            "feed_heads (user_id, head_seq, floor_seq, changed)",
            vec![format!("{me}, 9, 0, i"), format!("{any}, 9, 0, 1")],
        ),
        ("feed_entries", vec![format!("{me}, i, i, '{{}}'"), format!("{any}, 1, 1, '{{}}'")]),
        (
            "jobs (job_id, kind, user_id, after_ms, after_id)",
            vec![format!("{me}, 0, {me}, 0, ''"), format!("{any}, 0, {any}, 0, ''")],
        ),
        ("notice_places", vec!["LEFT(SHA2(i, 256), 32), i".to_owned(), format!("{any}, 1")]),
        (
            "notices",
            vec![
                format!("LEFT(SHA2(i, 256), 32), {me}, i, 0, 0, 0, 0"),
                format!("{any}, {any}, 1, 0, 0, 0, 0"),
            ],
        ),
        (
            "notice_marks",
            vec![format!("LEFT(SHA2(i, 256), 32), {me}, {you}, 1, 0"), format!("{any}, {any}, {any}, 1, 0")],
        ),
        ("connections", vec![format!("{me}, {you}, 0, 9000000000000000 + i"), format!("{any}, {any}, 0, 1")]),
    ];
    for (table, rows) in tables {
        for (count, row) in [ROWS, 1].into_iter().zip(rows) {
            let fill = format!(
                "INSERT INTO {table} WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
                 SELECT {row} FROM n"
            );
            connection.execute(sqlx::raw_sql(AssertSqlSafe(fill))).await.unwrap();
        }
        let name = table.split(' ').next().unwrap();
        connection.fetch_all(sqlx::raw_sql(AssertSqlSafe(format!("ANALYZE TABLE {name}")))).await.unwrap();
    }
    connection
}

/// One step of a plan.
#[derive(Debug)]
struct Step {
    table: String,
    access: String,
    key: String,
    extra: String,
}

impl Step {
    fn read(row: &MySqlRow) -> Self {
        let column = |name: &str| {
            let text: Option<String> = row.try_get_unchecked(name).unwrap();
            text.unwrap_or_default()
        };
        Self { table: column("table"), access: column("type"), key: column("key"), extra: column("Extra") }
    }

    /// Whether it goes through all rows of a table, or all entries of an index.
    fn walks(&self) -> bool {
        // What the statement has found itself, and what the ends of indexes answer.
        let own = self.table.is_empty() || self.table.starts_with('<');
        !own && (matches!(self.access.as_str(), "ALL" | "index") || self.key.is_empty())
    }
}

/// What the server would do. Inserts of values read nothing.
async fn plan(connection: &mut MySqlConnection, text: &str) -> Vec<Step> {
    if text.starts_with("INSERT") || text.starts_with("SELECT TIMESTAMPDIFF") {
        return Vec::new();
    }
    let text = text.replace("LIMIT ?", "LIMIT 10").replace("OFFSET ?", "OFFSET 9").replace('?', ANY);
    let explain = sqlx::raw_sql(AssertSqlSafe(format!("EXPLAIN FORMAT=TRADITIONAL {text}")));
    connection.fetch_all(explain).await.unwrap().iter().map(Step::read).collect()
}

#[tokio::test]
async fn no_statement_walks_through_a_table() {
    let mut connection = filled().await;
    let mut bad = Vec::new();
    let mut looked_at = 0;
    for (name, text) in texts() {
        if WHOLE.iter().any(|whole| name.ends_with(whole)) {
            continue;
        }
        for step in plan(&mut connection, text).await {
            looked_at += 1;
            if step.walks() {
                bad.push(format!("{name}: {step:?}"));
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(looked_at > 100, "only {looked_at} steps were looked at");
}

#[tokio::test]
async fn pages_come_from_an_index_in_their_order() {
    let mut connection = filled().await;
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
        "session::UNUSED",
    ];
    let texts = texts();
    for list in lists {
        let (_, text) = texts.iter().find(|(name, _)| name.ends_with(list)).unwrap();
        let steps = plan(&mut connection, text).await;
        // A page that was found may be put in order once more, beside the one row that goes with it.
        let sorted = |step: &Step| step.extra.contains("filesort") && step.access != "const";
        assert!(!steps.iter().any(sorted), "{list}: {steps:#?}");
    }
}
