//! MariaDB.

use std::error::Error as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use flux_core::DurableStore;
use flux_store::mysql::{MySqlConfig, MySqlStore};
use flux_store::servers::{MariaDb, MariaDbConfig, ServerError};
use flux_store::system::SystemEntropy;
use tempfile::TempDir;

use crate::friends::Friends;
use crate::process::DiskInUse;
use crate::{Load, missing};

/// A server on a folder, with all its care for the disk and a log that fits into memory.
async fn server(folder: &Path, socket: &TempDir) -> Option<MariaDb> {
    let config = MariaDbConfig::new(folder.join("data"))
        .with_setting("--innodb-log-file-size=8M")
        .with_setting("--innodb-buffer-pool-size=32M")
        // A folder of ours holds no sockets.
        .with_setting(format!("--socket={}", socket.path().join("s").display()));
    match MariaDb::start(config).await {
        Ok(server) => Some(server),
        Err(error @ ServerError::NotInstalled { .. }) => {
            assert!(std::env::var_os("FLUX_TEST_REQUIRE_SERVERS").is_none(), "{error}");
            let _ = writeln!(std::io::stderr(), "\n\nSKIPPED: power cuts of MariaDB: {error}\n");
            None
        }
        Err(error) => panic!("{error}: {:?}", error.source()),
    }
}

async fn open(server: &MariaDb) -> MySqlStore {
    MySqlStore::open(MySqlConfig::new(server.url().expose()).unwrap(), Arc::new(SystemEntropy)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f15_invariant_1_of_what_mariadb_acknowledged_no_power_cut_takes_anything() {
    let Some(mut used) = DiskInUse::start() else { return };
    let socket = tempfile::tempdir().unwrap();
    let Some(first) = server(used.path(), &socket).await else { return };
    let store: Arc<dyn DurableStore> = Arc::new(open(&first).await);
    let friends = Friends::new(&*store, &SystemEntropy).await;
    let mut load = Load::start(&store, friends);
    for seed in 0..5 {
        let acknowledged = load.after(100).await;
        let left = used.after_a_power_cut(seed);
        let socket = tempfile::tempdir().unwrap();
        let server = server(left.path(), &socket).await.unwrap();
        let after = open(&server).await;
        assert_eq!(missing(&friends, &after, &acknowledged).await, 0, "after power cut {seed}");
    }
    load.stop().await;
}
