//! The world of a test: what it does not get, it fails for, and it says what the processes said.

use std::error::Error as _;
use std::io::Write as _;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;

pub(crate) use flux_bins::chaos::world::readiness;
use flux_bins::chaos::world::{self, Cluster, Proof, Site, WorldError};
use flux_store::servers::ServerError;

use crate::authority::Authority;
use crate::servers;

/// How much of a log is shown.
const SHOWN: usize = 40;

/// What was started, or, where there is no such server on this machine, the end of this program: none of its tests can
/// run, and it says so; or it fails, where somebody relies on them.
pub(crate) fn had<T>(started: Result<T, impl Into<WorldError>>) -> T {
    match started.map_err(Into::into) {
        Ok(started) => started,
        Err(WorldError::Server(error @ ServerError::NotInstalled { .. })) => {
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

/// Where the program of this build keeps its things.
pub(crate) fn site(folder: &Path) -> Site {
    Site { binary: env!("CARGO_BIN_EXE_flux").into(), folder: folder.to_owned() }
}

/// What a cluster is to be like.
pub(crate) struct Plan {
    plan: world::Plan,
    elsewhere: bool,
}

impl Plan {
    /// With so many chat nodes.
    pub(crate) fn chats(chats: usize) -> Self {
        Self { plan: world::Plan::chats(chats), elsewhere: false }
    }

    fn with(mut self, change: impl FnOnce(world::Plan) -> world::Plan) -> Self {
        self.plan = change(self.plan);
        self
    }

    /// With this setting, `KEY=VALUE`, for every process.
    pub(crate) fn set(self, setting: impl Into<String>) -> Self {
        self.with(|plan| plan.set(setting))
    }

    /// With two gates, which people reach by a balancer.
    pub(crate) fn with_two_gates(self) -> Self {
        self.with(world::Plan::with_two_gates)
    }

    /// Chat nodes reach each other by proxies.
    pub(crate) fn with_peers_by_proxy(self) -> Self {
        self.with(world::Plan::with_peers_by_proxy)
    }

    /// Each chat node reaches Redis by a proxy of its own.
    pub(crate) fn with_redis_by_proxy(self) -> Self {
        self.with(world::Plan::with_redis_by_proxy)
    }

    /// Each chat node reaches the database by a proxy of its own.
    pub(crate) fn with_mysql_by_proxy(self) -> Self {
        self.with(world::Plan::with_mysql_by_proxy)
    }

    /// On a Redis that has after a restart what it had before.
    pub(crate) fn with_redis_that_keeps(self) -> Self {
        self.with(world::Plan::with_redis_that_keeps)
    }

    /// Services know each other by certificates of this authority, and have no secret.
    pub(crate) fn with_certificates(self, authority: Authority) -> Self {
        let papers = move |folder: &Path, name: &str, kind: world::Kind| {
            authority.settings(folder, name, kind.name()).to_vec()
        };
        self.with(|plan| plan.with_proof(Proof::Papers(Arc::new(papers))))
    }

    /// On this database, and not on one of the server that all tests share.
    pub(crate) fn on(mut self, mysql: String) -> Self {
        self.elsewhere = true;
        self.with(|plan| plan.on(mysql))
    }

    /// Starts all of it, and waits until it is ready.
    pub(crate) async fn start(self) -> World {
        let folder = tempfile::tempdir().unwrap();
        let plan = if self.elsewhere { self.plan } else { self.plan.on(servers::database().await) };
        World { cluster: had(plan.start(&site(folder.path())).await), _folder: folder }
    }
}

/// A running cluster. It ends with this value.
pub(crate) struct World {
    cluster: Cluster,
    // It is needed until the processes are gone.
    _folder: tempfile::TempDir,
}

impl Deref for World {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.cluster
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Cluster {
        &mut self.cluster
    }
}

impl Drop for World {
    /// Where a test fails, what the processes said last is of interest.
    #[expect(clippy::print_stdout, reason = "the harness of the tests shows it with the failure")]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for program in self.cluster.programs() {
            let log = program.log();
            let lines: Vec<&str> = log.lines().collect();
            println!("--- {}:\n{}", program.name, lines[lines.len().saturating_sub(SHOWN)..].join("\n"));
        }
    }
}
