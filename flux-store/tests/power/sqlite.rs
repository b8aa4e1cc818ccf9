//! SQLite.

use std::path::Path;
use std::sync::Arc;

use flux_core::DurableStore;
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_store::sqlite::{SqliteConfig, SqliteStore, Synchronous};
use flux_store::system::SystemEntropy;

use crate::friends::{Friends, NOW};
use crate::process::DiskInUse;
use crate::{Load, missing};

async fn open(folder: &Path, synchronous: Synchronous) -> SqliteStore {
    let config = SqliteConfig::new(folder.join("flux.db")).with_synchronous(synchronous);
    let (clock, chance) = (ManualClock::new(NOW), SeededEntropy::new(7));
    SqliteStore::open(config, Arc::new(clock), Arc::new(chance)).await.unwrap()
}

/// Of so many power cuts, each after a few more messages: in how many something was lost that had been acknowledged.
/// Nothing, where nothing can be mounted.
async fn losses(synchronous: Synchronous, cuts: u64) -> Option<usize> {
    let mut used = DiskInUse::start()?;
    let store: Arc<dyn DurableStore> = Arc::new(open(used.path(), synchronous).await);
    let friends = Friends::new(&*store, &SystemEntropy).await;
    let mut load = Load::start(&store, friends);
    let mut losses = 0;
    for seed in 0..cuts {
        let acknowledged = load.after(usize::try_from(seed % 40).unwrap() + 1).await;
        let left = used.after_a_power_cut(seed);
        let after = open(left.path(), synchronous).await;
        losses += usize::from(missing(&friends, &after, &acknowledged).await > 0);
        after.close().await;
    }
    load.stop().await;
    Some(losses)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f15_invariant_1_of_what_sqlite_acknowledged_no_power_cut_takes_anything() {
    if let Some(losses) = losses(Synchronous::Full, 50).await {
        assert_eq!(losses, 0, "of 50 power cuts");
    }
}

/// Shows that the test above can fail; and that this setting does what the documentation says of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f15_without_waiting_for_the_disk_power_cuts_take_something() {
    if let Some(losses) = losses(Synchronous::Normal, 20).await {
        assert!(losses > 0, "of 20 power cuts");
    }
}
