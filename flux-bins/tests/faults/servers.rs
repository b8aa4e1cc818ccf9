//! Databases for the tests: one MariaDB for all of them, and others for those that break theirs.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, mpsc};

use flux_bins::chaos::world;
pub(crate) use flux_bins::chaos::world::{address, at};
use flux_store::servers::{Durability, MariaDb, MariaDbConfig};

use crate::world::had;

/// A server in `folder` that forgets nothing but in a power cut, and has room for the processes of many tests.
pub(crate) async fn mariadb(folder: &Path) -> MariaDb {
    let config = MariaDbConfig::new(folder)
        .with_durability(Durability::Throwaway)
        .with_setting("--max-connections=2000");
    had(MariaDb::start(config).await)
}

/// A new name for a database.
pub(crate) fn name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("flux_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A database of its own on the server that all tests share; its URL.
pub(crate) async fn database() -> String {
    let shared = tokio::task::spawn_blocking(shared).await.unwrap();
    create(shared, &name()).await
}

/// Makes a database on the server at `url`, which names another one; the URL of the new one.
pub(crate) async fn create(url: &str, name: &str) -> String {
    statement(url, &format!("CREATE DATABASE {name}")).await;
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

/// Lets the server do something, by the client that comes with it.
pub(crate) async fn statement(url: &str, sql: &str) -> String {
    world::statement(url, sql).await.unwrap()
}

/// The URL of a server that lives as long as this program.
fn shared() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        let (tell, told) = mpsc::channel();
        // On a thread of its own, with a runtime that outlives those of the tests.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let folder = tempfile::tempdir().unwrap();
                let server = mariadb(folder.path()).await;
                tell.send(server.url().expose().to_owned()).unwrap();
                std::future::pending::<()>().await;
            });
        });
        told.recv().expect("the server starts; if not, it was said why")
    })
}
