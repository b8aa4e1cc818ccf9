//! Databases for the tests: one MariaDB for all of them, and others for those that break theirs.

use std::error::Error as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, mpsc};

use flux_store::servers::{Durability, MariaDb, MariaDbConfig, ServerError};

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
            let _ = writeln!(std::io::stderr(), "\n\nSKIPPED: the tests of faults did not run: {error}\n");
            std::process::exit(0);
        }
        Err(error) => panic!("{error}: {:?}", error.source()),
    }
}

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

/// Host and port in a URL.
pub(crate) fn address(url: &str) -> &str {
    url.rsplit_once('@').unwrap().1.split_once('/').unwrap().0
}

/// The same URL with another host and port.
pub(crate) fn at(url: &str, other: SocketAddr) -> String {
    url.replace(address(url), &other.to_string())
}

/// Lets the server do something, by the client that comes with it.
pub(crate) async fn statement(url: &str, sql: &str) -> String {
    let (host, port) = address(url).split_once(':').unwrap();
    let database = url.rsplit_once('/').unwrap().1;
    let done = tokio::process::Command::new("mariadb")
        .args([
            "--no-defaults",
            "--protocol=tcp",
            "--batch",
            "--skip-column-names",
            "-uroot",
            "-h",
            host,
            "-P",
            port,
        ])
        .args(["-e", sql, database])
        .output()
        .await
        .unwrap();
    assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
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
