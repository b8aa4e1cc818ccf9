//! Several stores over one database, as several processes have them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flux_core::message::{MessageStore, Stamp, Write, Written};
use flux_core::session::{SessionEndReason, SessionStore};
use flux_core::{LogId, NodeId, StoreError};
use flux_store::system::SystemEntropy;
use sqlx::Executor;

use crate::support::{NOW, bare, config, database, open};
use crate::world::{World, appended};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_ids_in_interleaved_batches_of_two_nodes_are_stored_once() {
    let world = World::new().await;
    let other = Arc::new(open(config(&world.url)).await.unwrap());
    for round in 0..20 {
        let batch: Vec<Write> = (0..40).map(|n| world.message(&format!("{round} {n}"))).collect();
        let backwards: Vec<Write> = batch.iter().rev().cloned().collect();
        let (one, two) = tokio::join!(
            tokio::spawn({
                let (store, batch) = (world.store.clone(), batch.clone());
                async move { store.commit(&batch).await.unwrap() }
            }),
            tokio::spawn({
                let (store, batch) = (other.clone(), backwards.clone());
                async move { store.commit(&batch).await.unwrap() }
            }),
        );
        let (one, mut two) = (one.unwrap(), two.unwrap());
        two.reverse();
        for (here, there) in one.iter().zip(&two) {
            let ((seq, repeated), (same, again)) = (appended(here), appended(there));
            assert_eq!(seq, same);
            assert_ne!(repeated, again, "one of the two has stored it");
        }
    }
    assert_eq!(world.texts().await.len(), 800);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_reads_on_a_third_node_from_horizon_to_horizon_misses_nothing() {
    let world = World::new().await;
    let (second, third) = (open(config(&world.url)).await.unwrap(), open(config(&world.url)).await.unwrap());
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn({
        let done = done.clone();
        async move {
            let (mut seen, mut since) = (BTreeMap::new(), Stamp::default());
            loop {
                let last_round = done.load(Ordering::SeqCst);
                let horizon = third.horizon().await.unwrap();
                assert!(horizon >= since, "a horizon does not sink");
                let mut place = since;
                loop {
                    let page = third.changed_logs(place, 3).await.unwrap();
                    let Some(last) = page.last() else { break };
                    place = last.changed;
                    seen.extend(page.iter().map(|log| (log.log, log.head.get())));
                }
                since = horizon;
                if last_round {
                    return seen;
                }
            }
        }
    });
    let second = Arc::new(second);
    let writers: Vec<_> = [world.store.clone(), second]
        .into_iter()
        .map(|store| {
            let writes: Vec<_> = (0..100).map(|n| world.message(&n.to_string())).collect();
            tokio::spawn(async move {
                for write in writes {
                    store.commit(&[write]).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::SeqCst);
    let seen = reader.await.unwrap();
    assert_eq!(seen.get(&LogId::Conversation(world.conversation)), Some(&200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_at_once_make_one_schema_and_one_epoch() {
    let url = database().await;
    let starting: Vec<_> = (0..6)
        .map(|_| {
            let config = config(&url);
            tokio::spawn(async move { open(config).await.unwrap().epoch() })
        })
        .collect();
    let mut epochs = BTreeSet::new();
    for start in starting {
        epochs.insert(start.await.unwrap());
    }
    assert_eq!(epochs.len(), 1);
}

#[tokio::test]
async fn reopening_keeps_everything() {
    let world = World::new().await;
    let sent = world.message("before");
    world.store.commit(std::slice::from_ref(&sent)).await.unwrap();
    world.store.close().await;
    let closed = world.send("too late").await;
    assert!(matches!(closed, Err(StoreError::Unavailable(_))), "{closed:?}");
    assert_eq!(world.store.pool_figures().size, 0);

    let store = Arc::new(open(config(&world.url).without_migrations()).await.unwrap());
    let world = World { store, ..world };
    let written = world.store.commit(&[sent, world.message("after")]).await.unwrap();
    assert_eq!(written.iter().map(appended).collect::<Vec<_>>(), [(1, true), (2, false)]);
    assert_eq!(world.texts().await, ["before", "after"]);
}

#[tokio::test]
async fn the_connections_of_a_node_are_ended_with_all_that_they_have_locked() {
    let world = World::new().await;
    let (lost, url) = (NodeId::generate(NOW, &SystemEntropy), &world.url);
    let node = open(config(url).with_node(lost)).await.unwrap();
    assert_eq!(node.node(), lost);
    // What a node that is paused in the middle of a transaction leaves behind on a server that does not end it.
    let mut paused = bare(url).await;
    let node_id = lost.as_uuid().simple();
    let register = format!(
        "DO GET_LOCK('flux 00112233445566778899aabbccddeeff', 0); \
         INSERT INTO connections VALUES (x'00112233445566778899aabbccddeeff', x'{node_id}', 0, 0); \
         START TRANSACTION; SELECT * FROM conversations FOR UPDATE;"
    );
    paused.fetch_all(sqlx::raw_sql(sqlx::AssertSqlSafe(register))).await.unwrap();

    let ended = world.store.end_connections_of(lost).await.unwrap();
    assert_eq!(ended, 1, "the store of that node has none open: it has done nothing yet");
    assert_eq!(appended(&world.send("not locked any more").await.unwrap()), (1, false));
    assert!(paused.execute("COMMIT").await.is_err());
    assert_eq!(world.store.end_connections_of(lost).await.unwrap(), 0, "they are ended once");

    // A node that goes on makes new connections.
    let written = node.commit(&[world.message("woken")]).await.unwrap();
    assert_eq!(appended(&written[0]), (2, false));
    assert_eq!(world.store.end_connections_of(lost).await.unwrap(), 1);
    let written = node.commit(&[world.message("woken again")]).await.unwrap();
    assert_eq!(appended(&written[0]), (3, false));
}

#[tokio::test]
async fn times_and_revocations_go_by_the_clock_of_the_database() {
    let world = World::new().await;
    let before = world.store.revocations(None).await.unwrap().read_at;
    world.store.end_session(world.bob.user, world.bob.session, SessionEndReason::Logout).await.unwrap();
    let other = open(config(&world.url)).await.unwrap();
    let after = other.revocations(Some(before)).await.unwrap();
    let [(at, ended)] = &after.ended[..] else { panic!("{after:?}") };
    assert!(before <= *at && *at <= after.read_at);
    assert_eq!(ended.session, world.bob.session);
    let record = other.session(world.bob.session).await.unwrap().unwrap();
    assert_eq!(record.ended, Some((*at, SessionEndReason::Logout)));
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
        "/*!50000 SELECT 1 */ #",
        "NULL",
        "ends with spaces   ",
    ];
    let batch: Vec<_> = bodies.iter().map(|body| world.message(body)).collect();
    let written = world.store.commit(&batch).await.unwrap();
    assert!(written.iter().all(|it| matches!(it, Written::Appended { repeated: false, .. })));
    assert_eq!(world.texts().await, bodies);
}
