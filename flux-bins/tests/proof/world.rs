//! What is broken: one process, or a cluster.

use std::error::Error as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use flux_bins::chaos::world::{Cluster, Plan, Single, Site, WorldError, until};
use flux_client::{Client, CodePurpose, Registration, Secret};
use flux_net::mail::read_outbox;
use flux_store::servers::ServerError;

/// How long anything may take before a test gives up; far more than it does.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// A password that nobody guesses.
pub(crate) const PASSWORD: &str = "kept-between-us-4711";

/// Waits for `future`, or fails the test.
pub(crate) async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    let done = tokio::time::timeout(PATIENCE, future).await;
    done.unwrap_or_else(|_| panic!("{what} did not happen within {PATIENCE:?}"))
}

/// Everything of one shape, in a folder of its own.
pub(crate) enum Shape {
    Up(Box<Single>),
    Cluster(Box<Cluster>),
}

/// A shape that runs.
pub(crate) struct World {
    pub(crate) shape: Shape,
    _folder: tempfile::TempDir,
}

fn site() -> (Site, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Site { binary: PathBuf::from(env!("CARGO_BIN_EXE_flux")), folder: folder.path().to_owned() }, folder)
}

impl World {
    /// `flux up`, with these faults.
    pub(crate) async fn up(faults: &str) -> Self {
        let (site, folder) = site();
        let mut single = Single::prepare(&site, [], 1).await.unwrap();
        single.up.set_env("FLUX_FAULTS", faults);
        single.up.start().await.unwrap();
        single.whole(PATIENCE).await.unwrap();
        Self { shape: Shape::Up(Box::new(single)), _folder: folder }
    }

    /// A cluster with so many chat nodes, with these faults in each of them. `None` where there are no databases on this
    /// machine, and nobody relies on them: that is said.
    pub(crate) async fn cluster(chats: usize, faults: &str) -> Option<Self> {
        let (site, folder) = site();
        let mut cluster = match Plan::chats(chats).start(&site).await {
            Ok(cluster) => cluster,
            Err(WorldError::Server(error @ ServerError::NotInstalled { .. })) => {
                let relied_on =
                    ["CI", "FLUX_TEST_REQUIRE_SERVERS"].iter().any(|name| std::env::var_os(name).is_some());
                assert!(!relied_on, "{error}");
                // Not by a macro, whose output the harness keeps to itself.
                let _ = writeln!(std::io::stderr(), "\nSKIPPED: nothing was proven of a cluster: {error}\n");
                return None;
            }
            Err(error) => panic!("{error}: {:?}", error.source()),
        };
        if !faults.is_empty() {
            for chat in &mut cluster.chats {
                chat.kill().await.unwrap();
                chat.set_env("FLUX_FAULTS", faults);
                chat.start().await.unwrap();
            }
            cluster.whole(PATIENCE).await.unwrap();
        }
        Some(Self { shape: Shape::Cluster(Box::new(cluster)), _folder: folder })
    }

    /// Where people find it.
    pub(crate) fn url(&self) -> String {
        match &self.shape {
            Shape::Up(up) => up.url(),
            Shape::Cluster(cluster) => cluster.url(),
        }
    }

    /// Host and port of a chat node.
    pub(crate) fn chat(&self, number: usize) -> &str {
        match &self.shape {
            Shape::Up(up) => &up.up.address,
            Shape::Cluster(cluster) => &cluster.chats[number].address,
        }
    }

    fn data(&self) -> PathBuf {
        match &self.shape {
            Shape::Up(up) => up.data(),
            Shape::Cluster(cluster) => cluster.data(),
        }
    }

    /// Waits until nothing is missing.
    pub(crate) async fn whole(&self) {
        match &self.shape {
            Shape::Up(up) => up.whole(PATIENCE).await.unwrap(),
            Shape::Cluster(cluster) => cluster.whole(PATIENCE).await.unwrap(),
        }
    }

    /// Makes an account, with the code from the captured mail.
    pub(crate) async fn register(&self, name: &str) {
        let client = Client::builder(self.url()).build().unwrap();
        let email = format!("{name}@example.org");
        client.request_code(&email, CodePurpose::Register).await.unwrap();
        let outbox = self.data().join("outbox");
        let code = until(PATIENCE, "a mail", async || {
            let mails = read_outbox(&outbox).unwrap_or_default();
            mails.into_iter().rev().find(|mail| mail.to == email).and_then(|mail| mail.code)
        });
        let code = code.await.unwrap();
        let registration = Registration {
            email,
            code: code.into(),
            username: name.to_owned(),
            display_name: None,
            password: Secret::from(PASSWORD),
        };
        client.register(&registration).await.unwrap();
    }
}

impl Drop for World {
    /// Where a test fails, what the processes said last is of interest.
    #[expect(clippy::print_stdout, reason = "the harness of the tests shows it with the failure")]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        match &self.shape {
            Shape::Up(up) => println!("--- up:\n{}", up.up.tail()),
            Shape::Cluster(cluster) => {
                for program in cluster.programs() {
                    println!("--- {}:\n{}", program.name, program.tail());
                }
            }
        }
    }
}
