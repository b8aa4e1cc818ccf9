//! What goes wrong between a store and its server, and what comes of it.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use flux_core::account::AccountStore;
use flux_core::job::JobStore;
use flux_core::message::{HistoryFrom, MessageStore, Write, Written};
use flux_core::session::SessionStore;
use flux_core::{Seq, StoreError};
use flux_store::mysql::MySqlConfig;
use flux_store::servers::{MariaDb, MariaDbConfig};
use flux_store::system::SystemEntropy;
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection};
use tokio::time::timeout;

use crate::friends::{befriend, person};
use crate::proxy::{Cut, Proxy};
use crate::support::{
    PATIENCE, bare, config, database, database_at, folder, had, open, others, until_transactions,
};
use crate::world::{World, appended};

async fn run(connection: &mut MySqlConnection, text: &str) {
    let text = sqlx::raw_sql(AssertSqlSafe(text.to_owned()));
    connection.fetch_all(text).await.unwrap();
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_answered_as_what_it_was() {
    let url = database().await;
    let wire = Proxy::new(&url, Cut::AfterCommit).await;
    let world = World::at(&wire.url).await;
    for n in 0..5 {
        wire.cut(1);
        let (seq, repeated) = appended(&world.send(&n.to_string()).await.unwrap());
        assert_eq!((seq, repeated), (n + 1, false), "nobody had stored it before");
    }
    // Other transactions cannot be told by an id of the sender's.
    wire.cut(2);
    let carol = person(&*world.store, &SystemEntropy, "carol").await;
    wire.cut(1);
    assert!(world.store.sessions(carol.user).await.unwrap().len() == 1);
    befriend(&*world.store, &SystemEntropy, carol, world.bob).await;
    wire.cut(0);
    assert_eq!(wire.made(), 8);
    assert_eq!(world.texts().await, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn a_commit_that_did_not_arrive_is_done_again() {
    let url = database().await;
    let wire = Proxy::new(&url, Cut::BeforeCommit).await;
    let world = World::at(&wire.url).await;
    for n in 0..5 {
        wire.cut(1);
        let (seq, repeated) = appended(&world.send(&n.to_string()).await.unwrap());
        assert_eq!((seq, repeated), (n + 1, false));
    }
    assert_eq!(wire.made(), 5);
    assert_eq!(world.texts().await, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn a_commit_that_would_arrive_after_it_was_looked_for_is_done_once() {
    let url = database().await;
    let wire = Proxy::new(&url, Cut::Late).await;
    let world = World::at(&wire.url).await;
    wire.cut(1);
    assert_eq!(appended(&world.send("0").await.unwrap()), (1, false));
    // What has no id of the sender's would meet itself: the name would be taken.
    wire.cut(2);
    let carol = person(&*world.store, &SystemEntropy, "carol").await;
    assert_eq!((wire.made(), world.store.sessions(carol.user).await.unwrap().len()), (3, 1));
    wire.cut(1);
    befriend(&*world.store, &SystemEntropy, carol, world.bob).await;
    assert_eq!(wire.made(), 4);
    assert_eq!(world.texts().await, ["0"]);
}

#[tokio::test]
async fn who_waits_for_a_row_goes_on_when_it_is_free() {
    let world = World::new().await;
    let (mut other, mut look) = (bare(&world.url).await, bare(&world.url).await);
    run(&mut other, "START TRANSACTION; SELECT * FROM conversations FOR UPDATE").await;
    let sending = tokio::spawn({
        let world = world.clone();
        async move { world.send("after you").await }
    });
    until_transactions(&mut look, 2, 1).await;
    run(&mut other, "ROLLBACK").await;
    assert_eq!(appended(&sending.await.unwrap().unwrap()), (1, false));
}

#[tokio::test]
async fn a_row_that_stays_locked_is_given_up_in_time_and_nothing_stays_open() {
    let world = World::new().await;
    let (mut other, mut look) = (bare(&world.url).await, bare(&world.url).await);
    run(&mut other, "START TRANSACTION; SELECT * FROM conversations FOR UPDATE").await;
    let sent = timeout(Duration::from_secs(10), world.send("in vain")).await.expect("an answer in time");
    assert!(matches!(sent, Err(StoreError::Unavailable(_))), "{sent:?}");
    run(&mut other, "ROLLBACK").await;
    until_transactions(&mut look, 0, 0).await;
    assert_eq!(appended(&world.send("and on").await.unwrap()), (1, false));
    assert_eq!(world.texts().await, ["and on"]);
}

#[tokio::test]
async fn the_one_who_loses_a_deadlock_is_run_again() {
    let world = World::new().await;
    let carol = person(&*world.store, &SystemEntropy, "carol").await;
    let second = befriend(&*world.store, &SystemEntropy, world.alice, carol).await;
    let (low, high) = (world.conversation.min(second), world.conversation.max(second));
    let lock = |id: flux_core::ConversationId| {
        format!("SELECT * FROM conversations WHERE conversation_id = x'{}' FOR UPDATE", id.as_uuid().simple())
    };
    let (mut other, mut look) = (bare(&world.url).await, bare(&world.url).await);
    // Who has written more is spared.
    let weight = "START TRANSACTION; INSERT INTO username_skeletons \
                  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) \
                  SELECT CONCAT('weight', i), '', NULL FROM n";
    run(&mut other, weight).await;
    run(&mut other, &lock(high)).await;
    let sending = tokio::spawn({
        let world = world.clone();
        let mut batch = vec![world.message("one"), world.message("another")];
        if let Write::Append(append) = &mut batch[1] {
            append.conversation = second;
        }
        async move { world.store.commit(&batch).await }
    });
    until_transactions(&mut look, 2, 1).await;
    // Now each waits for the other, and the server ends one of the two.
    run(&mut other, &lock(low)).await;
    run(&mut other, "ROLLBACK").await;
    let written = sending.await.unwrap().unwrap();
    assert_eq!(written.iter().map(appended).collect::<Vec<_>>(), [(1, false), (1, false)]);
}

#[tokio::test]
async fn when_every_connection_is_taken_calls_are_refused_in_time_and_then_go_on() {
    let url = database().await;
    let world = World::at(&url).await;
    let settings = config(&url).with_connections(2).with_acquire_timeout(Duration::from_millis(100));
    let store = Arc::new(open(settings).await.unwrap());
    let (mut other, mut look) = (bare(&url).await, bare(&url).await);
    run(&mut other, "START TRANSACTION; SELECT * FROM accounts FOR UPDATE").await;
    let held = [world.alice.user, world.bob.user].map(|user| {
        let store = store.clone();
        tokio::spawn(async move { store.set_disabled(user, false).await })
    });
    until_transactions(&mut look, 3, 2).await;
    let calls = (0..50).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.jobs(1).await })
    });
    let calls: Vec<_> = calls.collect();
    for call in calls {
        let read = timeout(PATIENCE, call).await.unwrap().unwrap();
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    }
    let figures = store.pool_figures();
    assert_eq!((figures.size, figures.idle, figures.most), (2, 0, 2), "{figures:?}");
    assert_eq!((figures.timeouts, figures.waits), (50, 50), "{figures:?}");

    run(&mut other, "ROLLBACK").await;
    for held in held {
        held.await.unwrap().unwrap();
    }
    store.jobs(1).await.unwrap();
    assert_eq!(store.pool_figures().waiting, 0);
}

/// Waits for something a few times, and then goes away.
async fn for_a_while<T>(mut waiting: Pin<Box<dyn Future<Output = T> + Send + '_>>, polls: usize) {
    for _ in 0..polls {
        if poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context).is_ready())).await {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_nothing_open_and_nothing_to_wait_for() {
    let world = World::new().await;
    let mut look = bare(&world.url).await;
    world.send("first").await.unwrap();
    for polls in 0..40 {
        let batch = [world.message(&polls.to_string())];
        let from = HistoryFrom::After(Seq::ZERO);
        for_a_while(world.store.commit(&batch), polls).await;
        for_a_while(world.store.history(world.bob.user, world.conversation, from, 10), polls).await;
    }
    until_transactions(&mut look, 0, 0).await;
    assert_eq!(
        appended(&world.send("last").await.unwrap()).0,
        u64::try_from(world.texts().await.len()).unwrap()
    );
    assert_eq!(world.store.pool_figures().waiting, 0);
}

/// Sends messages until told to stop, each until it is acknowledged; what was acknowledged, by seq.
async fn load(
    store: Arc<flux_store::mysql::MySqlStore>,
    world: World,
    name: usize,
    stop: Arc<AtomicBool>,
) -> BTreeMap<u64, String> {
    let mut acknowledged = BTreeMap::new();
    let mut n = 0;
    while !stop.load(Ordering::SeqCst) {
        let texts: Vec<_> = (0..3).map(|k| format!("{name} {n} {k}")).collect();
        let batch: Vec<_> = texts.iter().map(|text| world.message(text)).collect();
        let written = loop {
            if let Ok(written) = store.commit(&batch).await {
                break written;
            }
        };
        for (text, written) in texts.into_iter().zip(&written) {
            let (seq, _) = appended(written);
            assert_eq!(acknowledged.insert(seq, text), None, "a seq is acknowledged once");
        }
        n += 1;
    }
    acknowledged
}

/// Whether the log holds what was acknowledged where it was, and nothing else.
async fn check(world: &World, acknowledged: Vec<BTreeMap<u64, String>>) {
    let mut all = BTreeMap::new();
    for (seq, text) in acknowledged.into_iter().flatten() {
        assert_eq!(all.insert(seq, text), None, "a seq is acknowledged once");
    }
    let texts: BTreeMap<u64, String> = (1..).zip(world.texts().await).collect();
    assert_eq!(texts, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_that_are_killed_at_random_lose_and_double_nothing() {
    let world = World::new().await;
    let other = Arc::new(open(config(&world.url)).await.unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|n| {
            let store = if n % 2 == 0 { world.store.clone() } else { other.clone() };
            tokio::spawn(load(store, world.clone(), n, stop.clone()))
        })
        .collect();
    let mut killer = bare(&world.url).await;
    let mut killed = 0;
    let killing = async {
        while killed < 60 {
            let busy: Vec<_> = others(&mut killer).await.into_iter().filter(|seen| seen.busy).collect();
            let Some(seen) = busy.get(killed % busy.len().max(1)) else { continue };
            let kill = sqlx::raw_sql(AssertSqlSafe(format!("KILL {}", seen.id)));
            // It may be gone already.
            killed += usize::from(killer.execute(kill).await.is_ok());
        }
    };
    timeout(PATIENCE, killing).await.expect("there is somebody to kill");
    stop.store(true, Ordering::SeqCst);
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.push(timeout(PATIENCE, writer).await.expect("it ends").unwrap());
    }
    check(&world, acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_is_killed_under_load_loses_and_doubles_nothing() {
    let mut server = had(MariaDb::start(MariaDbConfig::new(folder("killed"))).await);
    let url = database_at(server.url().expose()).await;
    // As safe as it has to be: without leave to forget.
    open(MySqlConfig::new(&url).unwrap()).await.unwrap().close().await;
    let world = World::at(&url).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> =
        (0..3).map(|n| tokio::spawn(load(world.store.clone(), world.clone(), n, stop.clone()))).collect();
    for round in 1..=3 {
        // So many more, and then the end.
        let enough = async {
            loop {
                let read = world.store.conversation(world.bob.user, world.conversation).await;
                if read.is_ok_and(|found| found.unwrap().head.get() >= 100 * round) {
                    return;
                }
            }
        };
        timeout(PATIENCE, enough).await.expect("messages are stored");
        server.kill().await.unwrap();
        let down = world.store.sessions(world.bob.user).await;
        assert!(matches!(down, Err(StoreError::Unavailable(_))), "{down:?}");
        server.start_again().await.unwrap();
    }
    stop.store(true, Ordering::SeqCst);
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.push(timeout(PATIENCE, writer).await.expect("it ends").unwrap());
    }
    check(&world, acknowledged).await;
    world.store.close().await;
    server.stop(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn while_the_server_stands_still_calls_end_in_time_and_then_go_on() {
    let server = had(MariaDb::start(MariaDbConfig::new(folder("paused"))).await);
    let world = World::at(&database_at(server.url().expose()).await).await;
    world.send("before").await.unwrap();
    server.pause().unwrap();
    let in_time = Duration::from_secs(8);
    let (write, read) = tokio::join!(
        timeout(in_time, world.send("during")),
        timeout(in_time, world.store.sessions(world.bob.user)),
    );
    assert!(matches!(write.expect("an answer in time"), Err(StoreError::Unavailable(_))));
    assert!(matches!(read.expect("an answer in time"), Err(StoreError::Unavailable(_))));
    server.resume().unwrap();
    let again = async {
        loop {
            if let Ok(written) = world.send("after").await {
                return matches!(written, Written::Appended { .. });
            }
        }
    };
    assert!(timeout(PATIENCE, again).await.expect("it goes on by itself"));
    let texts = world.texts().await;
    assert_eq!((texts.first().unwrap().as_str(), texts.last().unwrap().as_str()), ("before", "after"));
    bare(&world.url).await.close().await.unwrap();
}
