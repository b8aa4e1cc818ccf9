//! What a cluster is to be like.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use flux_store::servers::RedisServerConfig;

use super::{Cluster, Kind, Site, WorldError};

/// What all services of a cluster prove themselves with, unless they have certificates.
pub(super) const SECRET: &str = "q0Jp7Vd3yH9sXw2LkB5nRt8ZfC1mGe4U";

/// A way that can be cut, stalled and opened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To each chat node, for other services.
    Peers,
    /// From each chat node to Redis.
    Redis,
    /// From each chat node to the database.
    Mysql,
    /// From clients to each chat node, and to the gates.
    Clients,
}

/// What a service is set to know the others by, of its folder, name and kind.
pub type Papers = dyn Fn(&Path, &str, Kind) -> Vec<String> + Send + Sync;

/// What services know each other by.
#[derive(Clone)]
pub enum Proof {
    /// A secret that all of them have.
    Secret,
    /// What these settings name.
    Papers(Arc<Papers>),
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret => "Secret",
            Self::Papers(_) => "Papers",
        })
    }
}

/// What a cluster is to be like.
#[derive(Debug, Clone)]
#[must_use = "nothing is started by a plan"]
pub struct Plan {
    pub(super) chats: usize,
    pub(super) gates: usize,
    pub(super) settings: Vec<String>,
    pub(super) ways: Vec<Way>,
    pub(super) redis: fn(RedisServerConfig) -> RedisServerConfig,
    pub(super) proof: Proof,
    pub(super) mysql: Option<String>,
    pub(super) seed: u64,
}

impl Plan {
    /// With so many chat nodes.
    pub fn chats(chats: usize) -> Self {
        let settings = ["mysql.allow_unsafe_durability=true", "mysql.pool=6", "log.format=json"];
        Self {
            chats,
            gates: 1,
            settings: settings.map(str::to_owned).to_vec(),
            ways: Vec::new(),
            redis: |config| config,
            proof: Proof::Secret,
            mysql: None,
            seed: 0,
        }
    }

    /// With this setting, `KEY=VALUE`, for every process.
    pub fn set(mut self, setting: impl Into<String>) -> Self {
        self.settings.push(setting.into());
        self
    }

    /// With two gates, which people reach by a balancer.
    pub fn with_two_gates(mut self) -> Self {
        self.gates = 2;
        self
    }

    /// Chat nodes reach each other by proxies.
    pub fn with_peers_by_proxy(mut self) -> Self {
        self.ways.push(Way::Peers);
        self
    }

    /// Each chat node reaches Redis by a proxy of its own.
    pub fn with_redis_by_proxy(mut self) -> Self {
        self.ways.push(Way::Redis);
        self
    }

    /// Each chat node reaches the database by a proxy of its own.
    pub fn with_mysql_by_proxy(mut self) -> Self {
        self.ways.push(Way::Mysql);
        self
    }

    /// Clients reach each chat node by a proxy, and the gates by the balancer, and seem to come from many machines.
    pub fn with_clients_by_proxy(mut self) -> Self {
        self.ways.push(Way::Clients);
        self
    }

    /// On a Redis that has after a restart what it had before.
    pub fn with_redis_that_keeps(mut self) -> Self {
        self.redis = RedisServerConfig::keeping;
        self
    }

    /// Services know each other by this.
    pub fn with_proof(mut self, proof: Proof) -> Self {
        self.proof = proof;
        self
    }

    /// On this database, which somebody else runs; without one, the cluster has its own.
    pub fn on(mut self, mysql: String) -> Self {
        self.mysql = Some(mysql);
        self
    }

    /// What is drawn by proxies is drawn from this.
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Starts all of it, and waits until it is ready.
    pub async fn start(self, site: &Site) -> Result<Cluster, WorldError> {
        Cluster::start(self, site).await
    }

    pub(super) fn has(&self, way: Way) -> bool {
        self.ways.contains(&way)
    }
}
