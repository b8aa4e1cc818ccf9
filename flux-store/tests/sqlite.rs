//! The durable ports on SQLite: the contract, and what is true of a file alone.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use flux_core::DurableStore;
use flux_core::account::{AccountStore, UsernamePrefix};
use flux_core::feed::FeedStore;
use flux_core::job::JobStore;
use flux_core::message::{MessageStore, Write, Written};
use flux_core::notify::{ChannelName, NoticeNext, NoticeStore, WaitingConversation};
use flux_core::session::SessionStore;
use flux_core::testing::contract::DurableHarness;
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Seq, StoreError};
use flux_store::sqlite::{OpenError, SqliteConfig, SqliteStore};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;

mod friends;

use friends::{Friends, NOW, person};

mod contract {
    use super::*;

    async fn fresh() -> DurableHarness {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::new(NOW);
        let store = open_with(&folder.path().join("flux.db"), clock.clone()).await.unwrap();
        DurableHarness::new(Arc::new(store)).with_time(clock).keeping(folder)
    }

    flux_core::durable_contract!(fresh);
}

async fn open_with(path: &Path, clock: ManualClock) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(SqliteConfig::new(path), Arc::new(clock), Arc::new(SeededEntropy::new(7))).await
}

async fn open(path: &Path) -> Result<SqliteStore, OpenError> {
    open_with(path, ManualClock::new(NOW)).await
}

/// The file without Flux.
async fn bare(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}

/// Two friends and their conversation, in a store of their own.
struct World {
    store: SqliteStore,
    chance: SeededEntropy,
    friends: Friends,
    folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("flux.db")).await.unwrap();
        Self::in_store(store, folder).await
    }

    async fn in_store(store: SqliteStore, folder: TempDir) -> Self {
        let chance = SeededEntropy::new(1);
        let friends = Friends::new(&store, &chance).await;
        Self { store, chance, friends, folder }
    }

    fn message(&self, text: &str) -> Write {
        self.friends.message(&self.chance, text)
    }

    async fn texts(&self) -> Vec<String> {
        self.friends.texts(&self.store).await
    }
}

#[tokio::test]
async fn reopening_keeps_everything_and_the_epoch() {
    let world = World::new().await;
    let sent = world.message("before");
    world.store.commit(std::slice::from_ref(&sent)).await.unwrap();
    let (epoch, horizon) = (world.store.epoch(), world.store.horizon().await.unwrap());
    let account = world.store.account(world.friends.alice.user).await.unwrap();
    let feed = world.store.feed(world.friends.bob.user, Seq::ZERO, 100).await.unwrap();
    world.store.close().await;

    let store = open(&world.folder.path().join("flux.db")).await.unwrap();
    assert!(store.durable());
    assert_eq!(store.epoch(), epoch);
    assert_eq!(store.horizon().await.unwrap(), horizon, "stamps go on where they were");
    assert_eq!(store.account(world.friends.alice.user).await.unwrap(), account);
    assert_eq!(store.feed(world.friends.bob.user, Seq::ZERO, 100).await.unwrap(), feed);
    let written = store.commit(&[sent, world.message("after")]).await.unwrap();
    assert!(matches!(written[0], Written::Appended { repeated: true, .. }), "{:?}", written[0]);
    assert_eq!(world.friends.texts(&store).await, ["before", "after"]);
    assert!(store.horizon().await.unwrap() > horizon);
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_sudden_end() {
    let world = World::new().await;
    world.store.commit(&[world.message("hello")]).await.unwrap();
    // What a process that is killed leaves behind: the file and its log, as they are.
    let folder = world.folder.path();
    std::fs::copy(folder.join("flux.db"), folder.join("left.db")).unwrap();
    std::fs::copy(folder.join("flux.db-wal"), folder.join("left.db-wal")).unwrap();
    let store = open(&folder.join("left.db")).await.unwrap();
    assert_eq!(store.epoch(), world.store.epoch());
    assert_eq!(world.friends.texts(&store).await, ["hello"]);
}

#[tokio::test]
async fn f03_who_was_noted_or_taken_before_a_sudden_end_is_told_after_it() {
    let world = World::new().await;
    let (store, folder) = (&world.store, world.folder.path());
    let channel = ChannelName::new("webhook").unwrap();
    let place = store.notice_place(&channel).await.unwrap();
    store.commit(&[world.message("are you there?")]).await.unwrap();
    let mark = [(world.friends.conversation, Seq::new(1).unwrap())];
    assert_eq!(store.note_waiting(&channel, &mark, Duration::ZERO).await.unwrap(), 1);
    let left = async |name: &str| {
        std::fs::copy(folder.join("flux.db"), folder.join(name)).unwrap();
        std::fs::copy(folder.join("flux.db-wal"), folder.join(format!("{name}-wal"))).unwrap();
        let clock = ManualClock::new(NOW.plus(Duration::from_mins(1)));
        open_with(&folder.join(name), clock).await.unwrap()
    };
    let noted = left("noted.db").await;
    let hold = Duration::from_mins(1);
    let taken = store.take_due(&channel, 10, hold).await.unwrap();
    let taken_from = left("taken.db").await;
    for store in [noted, taken_from] {
        let changed = store.changed_logs(place, 10).await.unwrap();
        assert!(!changed.is_empty(), "what is not noted yet would be found again");
        let claims = store.take_due(&channel, 10, hold).await.unwrap();
        assert_eq!(claims.iter().map(|claim| claim.user).collect::<Vec<_>>(), [world.friends.bob.user]);
        let waiting = store.waiting(&channel, world.friends.bob.user, 10).await.unwrap();
        assert_eq!(waiting.iter().map(WaitingConversation::count).collect::<Vec<_>>(), [1]);
    }
    let done = NoticeNext::Done { quiet: Duration::ZERO };
    assert!(store.settle_notice(&channel, &taken[0], &mark, done).await.unwrap());
    let told = left("told.db").await;
    assert_eq!(told.take_due(&channel, 10, hold).await.unwrap(), []);
    assert_eq!(told.note_waiting(&channel, &mark, Duration::ZERO).await.unwrap(), 0);
}

#[tokio::test]
async fn a_file_that_is_in_use_is_refused_until_it_is_closed() {
    let world = World::new().await;
    let path = world.folder.path().join("flux.db");
    assert!(matches!(open(&path).await, Err(OpenError::InUse { .. })));
    #[cfg(unix)]
    {
        let detour = world.folder.path().join("detour.db");
        std::os::unix::fs::symlink(&path, &detour).unwrap();
        assert!(matches!(open(&detour).await, Err(OpenError::InUse { .. })), "by another name");
    }
    // Neither attempt has taken anything from the one who has it.
    world.store.commit(&[world.message("still here")]).await.unwrap();
    world.store.close().await;
    let store = open(&path).await.unwrap();
    assert_eq!(world.friends.texts(&store).await, ["still here"]);
}

#[tokio::test]
async fn a_closed_store_answers_that_it_is_unavailable() {
    let world = World::new().await;
    world.store.close().await;
    let read = world.store.jobs(1).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    let write = world.store.commit(&[world.message("too late")]).await;
    assert!(matches!(write, Err(StoreError::Unavailable(_))), "{write:?}");
    world.store.close().await;
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flux.db");
    open(&path).await.unwrap().close().await;
    let mut connection = bare(&path).await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'from the future', TRUE, x'00', 0)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    match open(&path).await {
        Err(OpenError::NewerSchema { found: 9_999, known, .. }) => assert!(known < 9_999),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_of_another_program_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("foreign.db");
    let mut connection = bare(&foreign).await;
    sqlx::query("CREATE TABLE theirs (id INTEGER)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "no tables here, but long enough to be looked at\n".repeat(100)).unwrap();
    for path in [foreign, text] {
        let before = std::fs::read(&path).unwrap();
        let opened = open(&path).await;
        assert!(matches!(opened, Err(OpenError::NotFlux { .. })), "{opened:?}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no such folder").join("flux.db");
    match open(&missing).await {
        Err(OpenError::NotWritable { path, .. }) => assert_eq!(path, missing),
        other => panic!("{other:?}"),
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let world = World::new().await;
    for name in ["flux.db", "flux.db-wal", "flux.db-shm"] {
        let mode = std::fs::metadata(world.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[tokio::test]
async fn a61_text_that_looks_like_sql_is_text() {
    let world = World::new().await;
    let bodies = [
        "'; DROP TABLE messages; --",
        "\" OR 1=1 --",
        "\\' ; \\\" %_ ?1 ?2 :name @name $1",
        "100% _sure_ [a-z]* 'quoted' \"twice\"",
        "\u{bf}' OR x'27'",
        "NULL",
    ];
    let batch: Vec<_> = bodies.iter().map(|body| world.message(body)).collect();
    world.store.commit(&batch).await.unwrap();
    assert_eq!(world.texts().await, bodies);
}

#[tokio::test]
async fn a61_wildcards_in_a_search_are_letters() {
    let world = World::new().await;
    for name in ["under_score", "undermined", "underworld"] {
        person(&world.store, &world.chance, name).await;
    }
    let search = async |text: &str| -> Vec<String> {
        // What no username can start with finds nobody before any store is asked.
        let Some(prefix) = UsernamePrefix::new(text) else { return Vec::new() };
        let found = world.store.search_usernames(&prefix, 10).await.unwrap();
        found.iter().map(|profile| profile.username.as_ref().unwrap().as_str().to_owned()).collect()
    };
    assert_eq!(search("under").await, ["under_score", "undermined", "underworld"]);
    assert_eq!(search("under_").await, ["under_score"]);
    for none in ["un%", "__", "u_d", "[a-z]", "under*", "un'--"] {
        assert!(search(none).await.is_empty(), "{none}");
    }
}

#[tokio::test]
async fn what_flux_never_writes_is_corrupt() {
    let world = World::new().await;
    world.store.close().await;
    let path = world.folder.path().join("flux.db");
    let mut connection = bare(&path).await;
    for damage in [
        "UPDATE conversations SET policy = 99",
        "UPDATE sessions SET device_class = 'toaster'",
        "UPDATE feed_entries SET change = '{}'",
        "UPDATE accounts SET username = CAST(x'ff' AS TEXT) WHERE username = 'bob'",
    ] {
        sqlx::query(damage).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();

    let store = open(&path).await.unwrap();
    let alice = world.friends.alice.user;
    let read = store.conversation(alice, world.friends.conversation).await;
    assert!(matches!(read, Err(StoreError::Corrupt { what: "conversations.policy" })), "{read:?}");
    let read = store.sessions(alice).await;
    assert!(matches!(read, Err(StoreError::Corrupt { what: "sessions.device_class" })), "{read:?}");
    let read = store.feed(alice, Seq::ZERO, 1).await;
    assert!(matches!(read, Err(StoreError::Corrupt { what: "feed_entries.change" })), "{read:?}");
    let read = store.account(world.friends.bob.user).await;
    assert!(matches!(read, Err(StoreError::Corrupt { what: "accounts.username" })), "{read:?}");
    let write = store.commit(&[world.message("lost")]).await;
    assert!(matches!(write, Err(StoreError::Corrupt { what: "conversations.policy" })), "{write:?}");
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_transaction_open() {
    let world = World::new().await;
    for polls in 0..60 {
        let batch = [world.message(&polls.to_string())];
        let mut commit = world.store.commit(&batch);
        for _ in 0..polls {
            let ready = poll_fn(|context| Poll::Ready(commit.as_mut().poll(context).is_ready())).await;
            if ready {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let written = world.store.commit(&[world.message("last")]).await.unwrap();
    let Written::Appended { seq, .. } = &written[0] else { panic!("{written:?}") };
    let texts = world.texts().await;
    assert_eq!(texts.last().map(String::as_str), Some("last"));
    assert_eq!(u64::try_from(texts.len()).unwrap(), seq.get(), "each is there as a whole or not at all");
}

#[tokio::test]
async fn while_another_program_holds_the_file_writes_fail_in_time_and_then_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flux.db");
    let config = SqliteConfig::new(&path).with_busy_timeout(Duration::from_millis(50));
    let (clock, chance) = (Arc::new(ManualClock::new(NOW)), Arc::new(SeededEntropy::new(7)));
    let store = SqliteStore::open(config, clock, chance).await.unwrap();
    let world = World::in_store(store, folder).await;

    let mut other = bare(&path).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let batch = [world.message("hello")];
    let write = world.store.commit(&batch).await;
    assert!(matches!(write, Err(StoreError::Unavailable(_))), "{write:?}");
    assert!(world.texts().await.is_empty(), "and reading goes on");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    world.store.commit(&batch).await.unwrap();
    assert_eq!(world.texts().await, ["hello"]);
}
