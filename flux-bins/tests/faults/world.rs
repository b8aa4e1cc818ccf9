//! A whole cluster.

use std::path::PathBuf;
use std::time::Duration;

use flux_store::servers::{RedisServer, RedisServerConfig};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::authority::Authority;
use crate::balancer::Balancer;
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
    gates: usize,
    settings: Vec<String>,
    proxied: Vec<Way>,
    redis: fn(RedisServerConfig) -> RedisServerConfig,
    proof: Proof,
    mysql: Option<String>,
}

/// A way that can be cut, stalled and opened again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To each chat node, for other services.
    Peers,
    /// From each chat node to Redis.
    Redis,
    /// From each chat node to the database.
    Mysql,
}

/// What services know each other by.
enum Proof {
    Secret,
    Certificates(Authority),
}

impl Plan {
    /// With so many chat nodes.
    pub(crate) fn chats(chats: usize) -> Self {
        let settings = ["mysql.allow_unsafe_durability=true", "mysql.pool=6", "log.format=json"];
        Self {
            chats,
            gates: 1,
            settings: settings.map(str::to_owned).to_vec(),
            proxied: Vec::new(),
            redis: |config| config,
            proof: Proof::Secret,
            mysql: None,
        }
    }

    /// With this setting, `KEY=VALUE`, for every process.
    pub(crate) fn set(mut self, setting: impl Into<String>) -> Self {
        self.settings.push(setting.into());
        self
    }

    /// With two gates, which people reach by a balancer.
    pub(crate) fn with_two_gates(mut self) -> Self {
        self.gates = 2;
        self
    }

    /// Chat nodes reach each other by proxies.
    pub(crate) fn with_peers_by_proxy(mut self) -> Self {
        self.proxied.push(Way::Peers);
        self
    }

    /// Each chat node reaches Redis by a proxy of its own.
    pub(crate) fn with_redis_by_proxy(mut self) -> Self {
        self.proxied.push(Way::Redis);
        self
    }

    /// Each chat node reaches the database by a proxy of its own.
    pub(crate) fn with_mysql_by_proxy(mut self) -> Self {
        self.proxied.push(Way::Mysql);
        self
    }

    /// On a Redis that has after a restart what it had before.
    pub(crate) fn with_redis_that_keeps(mut self) -> Self {
        self.redis = RedisServerConfig::keeping;
        self
    }

    /// Services know each other by certificates of this authority, and have no secret.
    pub(crate) fn with_certificates(mut self, authority: Authority) -> Self {
        self.proof = Proof::Certificates(authority);
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
    pub(crate) other_gate: Option<Program>,
    pub(crate) chats: Vec<Program>,
    /// Host and port where people find a gate.
    pub(crate) front: String,
    /// Host and port of each chat node, for services.
    pub(crate) peers: Vec<String>,
    /// In front of each chat node, for its peers, if that was planned.
    pub(crate) peer_proxies: Vec<Proxy>,
    /// Between each chat node and Redis, if that was planned.
    pub(crate) redis_proxies: Vec<Proxy>,
    /// Between each chat node and the database, if that was planned.
    pub(crate) mysql_proxies: Vec<Proxy>,
    pub(crate) redis: RedisServer,
    folder: tempfile::TempDir,
}

/// What all programs of a cluster are told.
struct Common<'p> {
    folder: PathBuf,
    settings: Vec<String>,
    proof: &'p Proof,
    mysql: String,
    redis: String,
}

impl Common<'_> {
    fn program(&self, kind: &str, name: &str, port: u16, more: Vec<String>) -> Program {
        self.program_by(kind, name, port, more, (&self.mysql, &self.redis))
    }

    /// With its own ways to the database and to Redis.
    fn program_by(
        &self,
        kind: &str,
        name: &str,
        port: u16,
        more: Vec<String>,
        (mysql, redis): (&str, &str),
    ) -> Program {
        let mut settings = self.settings.clone();
        settings.extend(more);
        let mut env =
            vec![("FLUX_MYSQL_URL", mysql.to_owned()), ("FLUX_REDIS_URL", format!("redis://{redis}"))];
        match self.proof {
            Proof::Secret => env.push(("FLUX_SERVICES_SECRET", SECRET.to_owned())),
            Proof::Certificates(authority) => settings.extend(authority.settings(&self.folder, name, kind)),
        }
        let env: Vec<_> = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Program::new(&self.folder, kind, name, port, settings, &env)
    }
}

impl World {
    async fn start(plan: Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mysql = match plan.mysql.clone() {
            Some(mysql) => mysql,
            None => servers::database().await,
        };
        let redis = (plan.redis)(RedisServerConfig::new(folder.path().join("redis")));
        let redis = had(RedisServer::start(redis).await);
        let redis_address = redis.url().expose().strip_prefix("redis://").unwrap().to_owned();
        let (verify_port, status_port) = (port(), port());
        let mut settings = plan.settings;
        settings.push(format!("data_dir={}", folder.path().join("data").display()));
        settings.push(format!("services.verify=http://127.0.0.1:{verify_port}"));
        settings.push(format!("services.status=http://127.0.0.1:{status_port}"));
        let common = Common {
            folder: folder.path().to_owned(),
            settings,
            proof: &plan.proof,
            mysql,
            redis: redis_address,
        };
        let gate = common.program("gate", "gate", port(), Vec::new());
        let other_gate = (plan.gates > 1).then(|| common.program("gate", "gate-2", port(), Vec::new()));
        let front = match &other_gate {
            Some(other) => Balancer::new([&gate.address, &other.address]).await.address.to_string(),
            None => gate.address.clone(),
        };
        let mut world = Self {
            verify: common.program("verify", "verify", verify_port, Vec::new()),
            status: common.program("status", "status", status_port, Vec::new()),
            gate,
            other_gate,
            chats: Vec::new(),
            front,
            peers: Vec::new(),
            peer_proxies: Vec::new(),
            redis_proxies: Vec::new(),
            mysql_proxies: Vec::new(),
            redis,
            folder,
        };
        for number in 0..plan.chats {
            world.add_chat(number, &common, &plan.proxied).await;
        }
        world.launch();
        world.serves().await;
        world.whole(PATIENCE).await;
        // Started all at once, the gates hear of the nodes at their second look.
        for gate in world.gates() {
            let links = || gate.log().matches("link to a peer stands").count();
            until(PATIENCE, "the gate knowing the nodes", async || (links() >= plan.chats).then_some(()))
                .await;
        }
        world
    }

    async fn add_chat(&mut self, number: usize, common: &Common<'_>, proxied: &[Way]) {
        let for_peers = format!("127.0.0.1:{}", port());
        let mut settings = vec![format!("chat.peer_listen={for_peers}")];
        if proxied.contains(&Way::Peers) {
            let proxy = Proxy::new(for_peers.clone()).await;
            settings.push(format!("chat.peer_url=http://{}", proxy.address));
            self.peer_proxies.push(proxy);
        }
        self.peers.push(for_peers);
        let (mut mysql, mut redis) = (common.mysql.clone(), common.redis.clone());
        if proxied.contains(&Way::Redis) {
            let proxy = Proxy::new(redis).await;
            redis = proxy.address.to_string();
            self.redis_proxies.push(proxy);
        }
        if proxied.contains(&Way::Mysql) {
            let proxy = Proxy::new(servers::address(&mysql)).await;
            mysql = servers::at(&mysql, proxy.address);
            self.mysql_proxies.push(proxy);
        }
        let name = format!("chat-{number}");
        self.chats.push(common.program_by("chat", &name, port(), settings, (&mysql, &redis)));
    }

    /// Starts all processes at once, as a machine that boots does, and waits for nothing.
    pub(crate) fn launch(&mut self) {
        self.programs().for_each(Program::launch);
    }

    /// Waits until all processes serve.
    pub(crate) async fn serves(&mut self) {
        for program in self.programs() {
            program.serves().await;
        }
    }

    /// Ends all processes at once, and Redis, as a power cut would.
    pub(crate) async fn kill(&mut self) {
        for program in self.programs() {
            program.signal(Signal::SIGKILL);
        }
        self.redis.kill().await.unwrap();
        for program in self.programs() {
            program.ended().await;
        }
    }

    fn programs(&mut self) -> impl Iterator<Item = &mut Program> {
        let services = [&mut self.verify, &mut self.status, &mut self.gate];
        services.into_iter().chain(&mut self.other_gate).chain(&mut self.chats)
    }

    fn gates(&self) -> impl Iterator<Item = &Program> {
        [&self.gate].into_iter().chain(&self.other_gate)
    }

    /// The folder of everything that it keeps.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where people find a gate.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.front)
    }

    /// Where clients reach a chat node.
    pub(crate) fn chat_url(&self, chat: usize) -> String {
        format!("ws://{}/v1/chat", self.chats[chat].address)
    }

    /// Waits until the gates and all nodes lack nothing.
    pub(crate) async fn whole(&self, patience: Duration) {
        for program in self.gates().chain(&self.chats) {
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
