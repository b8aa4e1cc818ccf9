//! The lives of a database: who begins one, and what becomes of the stores that knew the one before; and what operators
//! are told of it.

use std::sync::Arc;

use flux_core::account::Ended;
use flux_core::feed::FeedEntry;
use flux_core::message::{HistoryFrom, MessageStore};
use flux_core::session::{Announcer, EndedSession, RevocationWatch, SessionStore, WatchSettings};
use flux_core::{StoreError, UserId};
use flux_store::mysql::{MySqlConfig, OpenError, begin_epoch, describe};
use flux_store::servers::{Durability, MariaDb, MariaDbConfig};
use flux_store::system::{SystemClock, SystemEntropy};
use sqlx::Executor;
use tokio::time::timeout;

use crate::support::{PATIENCE, bare, config, database, folder, had, open};
use crate::world::World;

async fn begin(config: &MySqlConfig) -> Result<flux_store::mysql::EpochBegun, OpenError> {
    begin_epoch(config, &SystemEntropy).await
}

#[tokio::test]
async fn a_new_epoch_begins_only_where_it_is_asked_for() {
    let world = World::new().await;
    let first = world.store.epoch();
    assert_eq!(open(config(&world.url)).await.unwrap().epoch(), first);
    world.send("in the first").await.unwrap();

    let begun = begin(&config(&world.url)).await.unwrap();
    assert_eq!(begun.former, Some(first));
    assert_ne!(begun.epoch, first);
    let renewed = open(config(&world.url).with_new_epoch()).await.unwrap();
    assert!(![first, begun.epoch].contains(&renewed.epoch()));
    let world = World { store: Arc::new(open(config(&world.url)).await.unwrap()), ..world };
    assert_eq!(world.store.epoch(), renewed.epoch());
    assert_eq!(world.texts().await, ["in the first"], "nothing but the epoch is another one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_begin_one_at_once_the_second_ends_that_of_the_first() {
    let url = database().await;
    let first = open(config(&url)).await.unwrap().epoch();
    let config = config(&url);
    let (one, other) = tokio::join!(begin(&config), begin(&config));
    let (one, other) = (one.unwrap(), other.unwrap());
    let (earlier, later) = if one.former == Some(first) { (one, other) } else { (other, one) };
    assert_eq!((earlier.former, later.former), (Some(first), Some(earlier.epoch)));
    assert_eq!(open(config).await.unwrap().epoch(), later.epoch);
}

#[tokio::test]
async fn a_store_that_was_open_writes_nothing_into_another_epoch_and_reads_nothing_once_it_knows() {
    let world = World::new().await;
    world.send("in the first").await.unwrap();
    begin(&config(&world.url)).await.unwrap();

    let late = world.send("in the first, which is over").await;
    assert!(matches!(late, Err(StoreError::OtherEpoch)), "{late:?}");
    let read = || async {
        world.store.history(world.bob.user, world.conversation, HistoryFrom::Before(None), 10).await
    };
    let late = read().await;
    assert!(matches!(late, Err(StoreError::OtherEpoch)), "{late:?}");
    let late = world.store.horizon().await;
    assert!(matches!(late, Err(StoreError::OtherEpoch)), "{late:?}");
    let world = World { store: Arc::new(open(config(&world.url)).await.unwrap()), ..world.clone() };
    assert_eq!(world.texts().await, ["in the first"]);
}

/// Nobody hears of anything.
struct Nobody;

impl Announcer for Nobody {
    fn ended(&self, _: &Ended) {}
    fn found_ended(&self, _: &[EndedSession]) {}
    fn entries(&self, _: &[(UserId, FeedEntry)]) {}
}

#[tokio::test]
async fn a_process_that_only_reads_notices_at_the_next_read_of_revocations() {
    let world = World::new().await;
    let watch = RevocationWatch::new(
        Arc::clone(&world.store) as _,
        Arc::new(SystemClock::new()),
        Arc::new(Nobody),
        WatchSettings::default(),
    );
    watch.poll_once().await.unwrap();
    assert!(watch.is_fresh() && !watch.is_over());

    begin(&config(&world.url)).await.unwrap();
    let told = timeout(PATIENCE, async { tokio::join!(watch.run(), watch.other_epoch()) }).await;
    told.expect("it notices, and reads no longer");
    assert!(!watch.is_fresh() && watch.is_over());
    let read = world.store.session(world.alice.session).await;
    assert!(matches!(read, Err(StoreError::OtherEpoch)), "{read:?}");
}

#[tokio::test]
async fn a_database_says_what_it_is_and_stays_as_it_is() {
    let url = database().await;
    let config = config(&url);
    let empty = describe(&config).await;
    assert!(matches!(empty, Err(OpenError::NoSchema { .. })), "{empty:?}");
    let refused = begin(&config).await;
    assert!(matches!(refused, Err(OpenError::NoSchema { .. })), "{refused:?}");
    assert!(bare(&url).await.fetch_all("SHOW TABLES").await.unwrap().is_empty());

    let world = World::at(&url).await;
    world.send("hello").await.unwrap();
    // What the server estimates is exact while it has just counted.
    bare(&url).await.fetch_all("ANALYZE TABLE accounts, conversations, messages").await.unwrap();
    let told = describe(&config).await.unwrap();
    assert_eq!((told.schema, told.epoch), (1, Some(world.store.epoch())));
    assert_eq!((told.accounts, told.conversations, told.messages), (2, 1, 1));
    assert!(told.bytes > 0 && !told.version.is_empty());
    assert_eq!(format!("{} at {}", told.database, told.server), config.to_string());
    let other = open(config.clone()).await.unwrap();
    other.horizon().await.unwrap();
    other.revocations(None).await.unwrap();
    let told = describe(&config).await.unwrap();
    let open = [&*world.store, &other].map(|store| store.pool_figures().size);
    assert_eq!((told.processes, told.connections), (2, open.iter().sum::<usize>().try_into().unwrap()));
    world.send("still in the same epoch").await.unwrap();
}

#[tokio::test]
async fn a_replica_says_what_it_is_and_begins_no_epoch() {
    let mut server =
        had(MariaDb::start(MariaDbConfig::new(folder("replica")).with_durability(Durability::Throwaway))
            .await);
    let url = server.url().expose().to_owned();
    let epoch = open(config(&url)).await.unwrap().epoch();
    bare(&url).await.execute("SET GLOBAL read_only = ON").await.unwrap();
    assert_eq!(describe(&config(&url)).await.unwrap().epoch, Some(epoch));
    let refused = begin(&config(&url)).await;
    assert!(matches!(refused, Err(OpenError::Setting { name: "read_only", .. })), "{refused:?}");
    assert_eq!(describe(&config(&url)).await.unwrap().epoch, Some(epoch));

    bare(&url).await.execute("SET GLOBAL read_only = OFF").await.unwrap();
    assert_eq!(begin(&config(&url)).await.unwrap().former, Some(epoch));
    server.stop(PATIENCE).await.unwrap();
}
