//! A whole cluster.

use std::path::PathBuf;
use std::time::Duration;

use flux_store::servers::{Durability, MariaDb, MariaDbConfig, RedisServer, RedisServerConfig};
use nix::sys::signal::Signal;

use super::plan::{SECRET, Way};
use super::proxy::Sources;
use super::{
    Balancer, Kind, Plan, Program, Proof, Proxy, Site, WorldError, address, at, lacks_nothing, port,
    readiness, until,
};

/// How long it may take to start; far longer than it does.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running cluster. It ends with this value.
#[derive(Debug)]
#[must_use = "the cluster ends when this is dropped"]
pub struct Cluster {
    /// Verification codes and mail.
    pub verify: Program,
    /// Balance and presence.
    pub status: Program,
    /// The HTTP gate.
    pub gate: Program,
    /// Another one, if that was planned.
    pub other_gate: Option<Program>,
    /// The chat nodes.
    pub chats: Vec<Program>,
    /// Host and port where people find a gate.
    pub front: String,
    /// Host and port of each chat node, for services.
    pub peers: Vec<String>,
    /// In front of each chat node, for its peers, if that was planned.
    pub peer_proxies: Vec<Proxy>,
    /// Between each chat node and Redis, if that was planned.
    pub redis_proxies: Vec<Proxy>,
    /// Between each chat node and the database, if that was planned.
    pub mysql_proxies: Vec<Proxy>,
    /// In front of each chat node, for clients, if that was planned.
    pub client_proxies: Vec<Proxy>,
    /// What may be forgotten.
    pub redis: RedisServer,
    /// The database, unless somebody else runs it.
    pub mariadb: Option<MariaDb>,
    /// Where the database is, as the gates have it.
    pub mysql: String,
    site: Site,
    _balancer: Option<Balancer>,
}

/// What all programs of a cluster are told.
struct Common<'p> {
    site: &'p Site,
    settings: Vec<String>,
    proof: &'p Proof,
    mysql: String,
    redis: String,
}

impl Common<'_> {
    fn program(&self, kind: Kind, name: &str, port: u16) -> Program {
        self.program_by(kind, name, port, Vec::new(), (&self.mysql, &self.redis))
    }

    /// With its own ways to the database and to Redis.
    fn program_by(
        &self,
        kind: Kind,
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
            Proof::Papers(papers) => settings.extend(papers(&self.site.folder, name, kind)),
        }
        let env: Vec<_> = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Program::new(self.site, kind, name, port, settings, &env)
    }
}

impl Cluster {
    pub(super) async fn start(plan: Plan, site: &Site) -> Result<Self, WorldError> {
        let folder = &site.folder;
        let mariadb = match &plan.mysql {
            Some(_) => None,
            None => Some(mariadb(site).await?),
        };
        let own = mariadb.as_ref().map(|server| server.url().expose().to_owned());
        let mysql = plan.mysql.clone().or(own).unwrap_or_default();
        let redis = RedisServer::start((plan.redis)(RedisServerConfig::new(folder.join("redis")))).await?;
        let (verify_port, status_port) = (port(), port());
        let mut settings = plan.settings.clone();
        settings.push(format!("data_dir={}", folder.join("data").display()));
        settings.push(format!("services.verify=http://127.0.0.1:{verify_port}"));
        settings.push(format!("services.status=http://127.0.0.1:{status_port}"));
        let redis_address = address(redis.url().expose()).to_owned();
        let common =
            Common { site, settings, proof: &plan.proof, mysql: mysql.clone(), redis: redis_address };
        let gate = common.program(Kind::Gate, "gate", port());
        let other_gate = (plan.gates > 1).then(|| common.program(Kind::Gate, "gate-2", port()));
        let balancer = if plan.gates > 1 || plan.has(Way::Clients) {
            let sources = if plan.has(Way::Clients) { Sources::many() } else { Sources::One };
            let gates = [&gate].into_iter().chain(&other_gate).map(|gate| gate.address.clone()).collect();
            Some(Balancer::new(gates, sources).await?)
        } else {
            None
        };
        let front = match &balancer {
            Some(balancer) => balancer.address.to_string(),
            None => gate.address.clone(),
        };
        let mut cluster = Self {
            verify: common.program(Kind::Verify, "verify", verify_port),
            status: common.program(Kind::Status, "status", status_port),
            gate,
            other_gate,
            chats: Vec::new(),
            front,
            peers: Vec::new(),
            peer_proxies: Vec::new(),
            redis_proxies: Vec::new(),
            mysql_proxies: Vec::new(),
            client_proxies: Vec::new(),
            redis,
            mariadb,
            mysql,
            site: site.clone(),
            _balancer: balancer,
        };
        for number in 0..plan.chats {
            cluster.add_chat(number, &common, &plan).await?;
        }
        cluster.launch()?;
        cluster.serves().await?;
        cluster.whole(PATIENCE).await?;
        // Started all at once, the gates hear of the nodes at their second look.
        for gate in cluster.gates() {
            let links = || gate.log().matches("link to a peer stands").count();
            let known = async || (links() >= plan.chats).then_some(());
            until(PATIENCE, "the gate knowing the nodes", known).await?;
        }
        Ok(cluster)
    }

    async fn add_chat(&mut self, number: usize, common: &Common<'_>, plan: &Plan) -> Result<(), WorldError> {
        let seed = plan.seed ^ ((number as u64) << 32);
        let for_peers = format!("127.0.0.1:{}", port());
        let for_clients = port();
        let mut settings = vec![format!("chat.peer_listen={for_peers}")];
        if plan.has(Way::Peers) {
            let proxy = Proxy::seeded(for_peers.clone(), seed ^ 1, Sources::One).await?;
            settings.push(format!("chat.peer_url=http://{}", proxy.address));
            self.peer_proxies.push(proxy);
        }
        self.peers.push(for_peers);
        let (mut mysql, mut redis) = (common.mysql.clone(), common.redis.clone());
        if plan.has(Way::Redis) {
            let proxy = Proxy::seeded(redis, seed ^ 2, Sources::One).await?;
            redis = proxy.address.to_string();
            self.redis_proxies.push(proxy);
        }
        if plan.has(Way::Mysql) {
            let proxy = Proxy::seeded(address(&mysql), seed ^ 3, Sources::One).await?;
            mysql = at(&mysql, proxy.address);
            self.mysql_proxies.push(proxy);
        }
        if plan.has(Way::Clients) {
            let proxy = Proxy::seeded(format!("127.0.0.1:{for_clients}"), seed ^ 4, Sources::many()).await?;
            settings.push(format!("chat.public_url=ws://{}", proxy.address));
            self.client_proxies.push(proxy);
        }
        let name = format!("chat-{number}");
        self.chats.push(common.program_by(Kind::Chat, &name, for_clients, settings, (&mysql, &redis)));
        Ok(())
    }

    /// Starts all processes at once, as a machine that boots does, and waits for nothing.
    pub fn launch(&mut self) -> Result<(), WorldError> {
        self.programs_mut().try_for_each(Program::launch)
    }

    /// Waits until all processes serve.
    pub async fn serves(&mut self) -> Result<(), WorldError> {
        for program in self.programs_mut() {
            program.serves().await?;
        }
        Ok(())
    }

    /// Ends all processes at once, and Redis, as a power cut would.
    pub async fn kill(&mut self) -> Result<(), WorldError> {
        for program in self.programs_mut() {
            program.signal(Signal::SIGKILL)?;
        }
        self.redis.kill().await?;
        for program in self.programs_mut() {
            program.ended().await?;
        }
        Ok(())
    }

    /// All processes of Flux.
    pub fn programs(&self) -> impl Iterator<Item = &Program> {
        let services = [&self.verify, &self.status, &self.gate];
        services.into_iter().chain(&self.other_gate).chain(&self.chats)
    }

    /// All processes of Flux.
    pub fn programs_mut(&mut self) -> impl Iterator<Item = &mut Program> {
        let services = [&mut self.verify, &mut self.status, &mut self.gate];
        services.into_iter().chain(&mut self.other_gate).chain(&mut self.chats)
    }

    fn gates(&self) -> impl Iterator<Item = &Program> {
        [&self.gate].into_iter().chain(&self.other_gate)
    }

    /// The folder of everything that it keeps.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.site.folder.join("data")
    }

    /// Where people find a gate.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.front)
    }

    /// Where clients reach a chat node, past any proxy.
    #[must_use]
    pub fn chat_url(&self, chat: usize) -> String {
        format!("ws://{}/v1/chat", self.chats[chat].address)
    }

    /// Waits until the gates and all nodes lack nothing.
    pub async fn whole(&self, patience: Duration) -> Result<(), WorldError> {
        for program in self.gates().chain(&self.chats) {
            readiness(program, patience, lacks_nothing).await?;
        }
        Ok(())
    }
}

/// A server of one's own that forgets nothing but in a power cut.
async fn mariadb(site: &Site) -> Result<MariaDb, WorldError> {
    let config = MariaDbConfig::new(site.folder.join("mariadb"))
        .with_durability(Durability::Throwaway)
        .with_setting("--innodb-flush-log-at-trx-commit=2")
        .with_setting("--max-connections=500");
    Ok(MariaDb::start(config).await?)
}
