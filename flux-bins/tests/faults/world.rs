//! A whole cluster.

use std::time::Duration;

use flux_store::servers::{RedisServer, RedisServerConfig};
use serde_json::Value;

use crate::harness::{PATIENCE, until};
use crate::http::{Answer, call};
use crate::program::{Program, port};
use crate::proxy::Proxy;
use crate::servers::{self, had};

/// What all services prove themselves with.
pub(crate) const SECRET: &str = "q0Jp7Vd3yH9sXw2LkB5nRt8ZfC1mGe4U";

/// What a cluster is to be like.
pub(crate) struct Plan {
    chats: usize,
    settings: Vec<String>,
    peers_by_proxy: bool,
    redis_by_proxy: bool,
    mysql: Option<String>,
}

impl Plan {
    /// With so many chat nodes.
    pub(crate) fn chats(chats: usize) -> Self {
        let settings = ["mysql.allow_unsafe_durability=true", "mysql.pool=6", "log.format=json"];
        let settings = settings.map(str::to_owned).to_vec();
        Self { chats, settings, peers_by_proxy: false, redis_by_proxy: false, mysql: None }
    }

    /// With this setting, `KEY=VALUE`, for every process.
    pub(crate) fn set(mut self, setting: &str) -> Self {
        self.settings.push(setting.to_owned());
        self
    }

    /// Chat nodes reach each other by proxies.
    pub(crate) fn with_peers_by_proxy(mut self) -> Self {
        self.peers_by_proxy = true;
        self
    }

    /// Each chat node reaches Redis by a proxy of its own.
    pub(crate) fn with_redis_by_proxy(mut self) -> Self {
        self.redis_by_proxy = true;
        self
    }

    /// On this database.
    pub(crate) fn on(mut self, mysql: String) -> Self {
        self.mysql = Some(mysql);
        self
    }

    /// Starts all of it, and waits until it is ready.
    pub(crate) async fn start(self) -> World {
        World::start(self).await
    }
}

/// A running cluster. It ends with this value.
pub(crate) struct World {
    pub(crate) verify: Program,
    pub(crate) status: Program,
    pub(crate) gate: Program,
    pub(crate) chats: Vec<Program>,
    /// Host and port of each chat node, for services.
    pub(crate) peers: Vec<String>,
    /// In front of each chat node, for its peers, if that was planned.
    pub(crate) peer_proxies: Vec<Proxy>,
    /// Between each chat node and Redis, if that was planned.
    pub(crate) redis_proxies: Vec<Proxy>,
    pub(crate) redis: RedisServer,
    folder: tempfile::TempDir,
}

impl World {
    async fn start(plan: Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mysql = match plan.mysql.clone() {
            Some(mysql) => mysql,
            None => servers::database().await,
        };
        let redis = had(RedisServer::start(RedisServerConfig::new(folder.path().join("redis"))).await);
        let redis_address = redis.url().expose().strip_prefix("redis://").unwrap().to_owned();
        let env = |redis: &str| {
            [("FLUX_MYSQL_URL", mysql.clone()), ("FLUX_REDIS_URL", format!("redis://{redis}"))]
                .into_iter()
                .chain([("FLUX_SERVICES_SECRET", SECRET.to_owned())])
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Vec<_>>()
        };
        let (verify_port, status_port) = (port(), port());
        let mut settings = plan.settings.clone();
        settings.push(format!("data_dir={}", folder.path().join("data").display()));
        settings.push(format!("services.verify=http://127.0.0.1:{verify_port}"));
        settings.push(format!("services.status=http://127.0.0.1:{status_port}"));
        let program = |kind, port| {
            Program::new(folder.path(), kind, kind, port, settings.clone(), &env(&redis_address))
        };
        let verify = program("verify", verify_port);
        let status = program("status", status_port);
        let gate = program("gate", port());
        let (mut chats, mut peers) = (Vec::new(), Vec::new());
        let (mut peer_proxies, mut redis_proxies) = (Vec::new(), Vec::new());
        for number in 0..plan.chats {
            let for_peers = format!("127.0.0.1:{}", port());
            let mut settings = settings.clone();
            settings.push(format!("chat.peer_listen={for_peers}"));
            if plan.peers_by_proxy {
                let proxy = Proxy::new(for_peers.clone()).await;
                settings.push(format!("chat.peer_url=http://{}", proxy.address));
                peer_proxies.push(proxy);
            }
            peers.push(for_peers);
            let mut redis = redis_address.clone();
            if plan.redis_by_proxy {
                let proxy = Proxy::new(redis).await;
                redis = proxy.address.to_string();
                redis_proxies.push(proxy);
            }
            let name = format!("chat-{number}");
            chats.push(Program::new(folder.path(), "chat", &name, port(), settings, &env(&redis)));
        }
        let mut world =
            Self { verify, status, gate, chats, peers, peer_proxies, redis_proxies, redis, folder };
        // All at once, as a machine that boots does.
        world.programs().for_each(Program::launch);
        for program in world.programs() {
            program.serves().await;
        }
        world.whole(PATIENCE).await;
        // Started all at once, the gate hears of the nodes at its second look.
        let links = || world.gate.log().matches("link to a peer stands").count();
        until(PATIENCE, "the gate knowing the nodes", async || (links() >= plan.chats).then_some(())).await;
        world
    }

    fn programs(&mut self) -> impl Iterator<Item = &mut Program> {
        [&mut self.verify, &mut self.status, &mut self.gate].into_iter().chain(&mut self.chats)
    }

    /// The folder of everything that it keeps.
    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// Where the gate is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.gate.address)
    }

    /// Where clients reach a chat node.
    pub(crate) fn chat_url(&self, chat: usize) -> String {
        format!("ws://{}/v1/chat", self.chats[chat].address)
    }

    /// Waits until the gate and all nodes lack nothing.
    pub(crate) async fn whole(&self, patience: Duration) {
        for program in [&self.gate].into_iter().chain(&self.chats) {
            readiness(program, patience, |answer| {
                answer.status == 200 && answer.body["missing"] == Value::Array(vec![])
            })
            .await;
        }
    }
}

/// Waits until `/readyz` of a process says what is wanted.
pub(crate) async fn readiness(
    program: &Program,
    patience: Duration,
    wanted: impl Fn(&Answer) -> bool,
) -> Answer {
    let mut last = None;
    let wanted = tokio::time::timeout(patience, async {
        until(PATIENCE, "readiness", async || {
            let answer = call(&program.health, "GET", "/readyz", None, None).await;
            let wanted = wanted(&answer);
            last = Some(answer);
            wanted.then(|| last.take()).flatten()
        })
        .await
    });
    let wanted = wanted.await;
    wanted.unwrap_or_else(|_| panic!("{} is not as it should be within {patience:?}: {last:?}", program.name))
}

impl Drop for World {
    /// Where a test fails, what the processes said last is of interest.
    #[expect(clippy::print_stdout, reason = "the harness of the tests shows it with the failure")]
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for program in self.programs() {
            let log = program.log();
            let lines: Vec<&str> = log.lines().collect();
            println!("--- {}:\n{}", program.name, lines[lines.len().saturating_sub(40)..].join("\n"));
        }
    }
}
