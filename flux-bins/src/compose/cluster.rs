//! What the processes of a cluster stand on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::guard::FallbackLimiter;
use flux_core::mail::Mailer;
use flux_core::message::MessageStore as _;
use flux_core::routing::{Balancer, BalancerSettings, FallbackChooser};
use flux_core::verification::{Codes, Verifier};
use flux_core::{Cause, Clock, DurableStore, Entropy, NodeId, Ports, Secret};
use flux_net::grpc::{
    ChannelSettings, GrpcPeers, PeerSettings, Role, ServiceAuth, ServiceChannel, ServiceIdentity,
    StatusClient, VerifyClient,
};
use flux_net::health::Probe;
use flux_net::password::Argon2Hasher;
use flux_store::memory::MemoryLimiter;
use flux_store::mysql::{MySqlConfig, MySqlStore, OpenError};
use flux_store::redis::{Redis, RedisConfig, RedisLogin, RedisPorts, RedisTopology, RedisUrl};
use flux_store::system::{SystemClock, SystemEntropy};
use tracing::{info, warn};

use super::auth::{pem, service_auth};
use super::ports::hashing;
use super::settings::count;
use crate::config::{Config, RedisMode};
use crate::failure::Failure;
use crate::telemetry;

/// How long a database that is not there yet is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// MySQL and Redis, and the clock and chance of this machine.
pub(crate) struct Backends {
    /// The id of this process, new at every start.
    pub(crate) node: NodeId,
    /// What must last.
    pub(crate) mysql: Arc<MySqlStore>,
    /// What may be forgotten.
    pub(crate) redis: Redis,
    /// The same, port by port.
    pub(crate) volatile: RedisPorts,
    /// Time.
    pub(crate) clock: Arc<dyn Clock>,
    /// Chance.
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Backends {
    /// Connects to what `config` names. MySQL is waited for, because whoever starts a cluster starts it all at once; Redis
    /// need not be there.
    pub(crate) async fn open(config: &Config) -> Result<Self, Failure> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let node = NodeId::generate(clock.now(), &*entropy);
        telemetry::name_node(node);
        let redis = Redis::open(&redis(config)?)?;
        let mysql = Arc::new(mysql(config, node, &clock, &entropy).await?);
        let volatile = redis.ports();
        Ok(Self { node, mysql, redis, volatile, clock, entropy })
    }

    /// Closes what has to be closed.
    pub(crate) async fn close(&self) {
        self.mysql.close().await;
    }

    /// Whether MySQL is there, for a process that is no process of the domain.
    pub(crate) fn store_probe(&self, essential: bool) -> Arc<dyn Probe> {
        Arc::new(StoreProbe { mysql: Arc::clone(&self.mysql), essential })
    }

    /// Whether Redis is there; most things work without.
    pub(crate) fn redis_probe(&self) -> Arc<dyn Probe> {
        Arc::new(RedisProbe(self.redis.clone()))
    }

    /// How this process proves who it is.
    pub(crate) fn auth(&self, config: &Config, role: Role) -> Result<ServiceAuth, Failure> {
        service_auth(config, ServiceIdentity::new(role, self.node)?, &self.clock, &self.entropy)
    }
}

/// The other services, as the process that calls them sees them.
pub(crate) struct Services {
    /// flux-status.
    pub(crate) status: Arc<StatusClient>,
    /// flux-verify.
    pub(crate) verify: Arc<VerifyClient>,
    /// Chat nodes.
    pub(crate) peers: GrpcPeers,
    status_channel: ServiceChannel,
    verify_channel: ServiceChannel,
}

impl Services {
    /// Nothing is connected before the first call.
    pub(crate) fn new(config: &Config, auth: &ServiceAuth) -> Result<Self, Failure> {
        let channel = |urls: &[String]| ServiceChannel::new(urls, auth, ChannelSettings::default());
        let (status_channel, verify_channel) =
            (channel(&config.services.status)?, channel(&config.services.verify)?);
        Ok(Self {
            status: Arc::new(StatusClient::new(status_channel.clone())),
            verify: Arc::new(VerifyClient::new(verify_channel.clone())),
            peers: GrpcPeers::new(auth.clone(), PeerSettings::default()),
            status_channel,
            verify_channel,
        })
    }

    /// Whether flux-status is there; without it, nodes are chosen by the registry alone.
    pub(crate) fn status_probe(&self) -> Arc<dyn Probe> {
        Arc::new(ServiceProbe("status", self.status_channel.clone()))
    }

    /// Whether flux-verify is there; without it, nobody registers or resets a password.
    pub(crate) fn verify_probe(&self) -> Arc<dyn Probe> {
        Arc::new(ServiceProbe("verify", self.verify_channel.clone()))
    }
}

/// The ports of a process that serves people: a gate, or a chat node. A gate appends `through_nodes`, a node by itself.
pub(crate) fn ports(
    config: &Config,
    backends: &Backends,
    services: &Services,
    through_nodes: bool,
) -> Result<Ports, Failure> {
    let Backends { mysql, volatile, clock, entropy, .. } = backends;
    let own_limits = Arc::new(MemoryLimiter::new(Arc::clone(clock)));
    let durable: Arc<dyn DurableStore> = Arc::clone(mysql) as _;
    let mailer: Arc<dyn Mailer> = Arc::clone(&services.verify) as _;
    // Whoever does jobs also tells of what waits.
    let notices = if through_nodes { Vec::new() } else { super::notices(config, &durable, &mailer, clock)? };
    // With flux-status down, people still get in.
    let registry = Arc::clone(&volatile.directory) as _;
    let by_registry = Arc::new(Balancer::new(registry, Arc::clone(clock), BalancerSettings::default()));
    let ports = Ports {
        durable,
        codes: Codes::Elsewhere(Arc::clone(&services.verify) as Arc<dyn Verifier>),
        limiter: Arc::new(FallbackLimiter::new(Arc::clone(&volatile.limiter) as _, own_limits)),
        locks: Arc::clone(&volatile.locks) as _,
        directory: Arc::clone(&volatile.directory) as _,
        registry: Arc::clone(&volatile.directory) as _,
        cache: config.redis.cache.then(|| Arc::new(volatile.cache.of_epoch(mysql.epoch())) as _),
        mailer,
        hasher: Arc::new(Argon2Hasher::new(&hashing(config))?),
        peers: Arc::new(services.peers.clone()),
        sender: through_nodes.then(|| Arc::new(services.peers.submit_client()) as _),
        chooser: Some(Arc::new(FallbackChooser::new(
            Arc::clone(&services.status) as _,
            by_registry,
            Arc::clone(clock),
        ))),
        loads: (!through_nodes).then(|| Arc::clone(&services.status) as _),
        lost_nodes: Some(Arc::clone(mysql) as _),
        notices,
        send_policy: None,
        clock: Arc::clone(clock),
        entropy: Arc::clone(entropy),
    };
    #[cfg(feature = "faults")]
    let ports = crate::faults::plant(ports);
    Ok(ports)
}

/// The file of the keys of access tokens.
pub(crate) fn token_file(config: &Config) -> PathBuf {
    named_or(&config.keys.tokens, config, "token-keys.pem")
}

/// The file of the key of verification codes.
pub(crate) fn code_file(config: &Config) -> PathBuf {
    named_or(&config.keys.codes, config, "code-secret")
}

fn named_or(path: &str, config: &Config, name: &str) -> PathBuf {
    if path.is_empty() { config.data_dir.join(name) } else { PathBuf::from(path) }
}

/// Which database, and how it is used.
pub(crate) fn mysql_settings(config: &Config) -> Result<MySqlConfig, Failure> {
    let url = config.mysql.url.as_ref().ok_or_else(|| Failure::new("mysql.url is not set"))?;
    let settings = MySqlConfig::new(url.expose())?.with_connections(count(config.mysql.pool));
    let unsafe_too = config.mysql.allow_unsafe_durability;
    Ok(if unsafe_too { settings.allowing_unsafe_durability() } else { settings })
}

async fn mysql(
    config: &Config,
    node: NodeId,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Result<MySqlStore, Failure> {
    let settings = mysql_settings(config)?.with_node(node);
    let began = clock.monotonic();
    let mut told = false;
    loop {
        match MySqlStore::open(settings.clone(), Arc::clone(entropy)).await {
            Ok(store) => {
                if told {
                    info!("the database is there");
                }
                return Ok(store);
            }
            Err(error @ OpenError::Unreachable { .. })
                if clock.monotonic().saturating_sub(began) < PATIENCE =>
            {
                if !told {
                    warn!(%error, "the database is not there; waiting for it for a minute");
                    told = true;
                }
                clock.sleep(Duration::from_millis(500)).await;
            }
            Err(error) => return Err(mysql_advice(error)),
        }
    }
}

/// What an operator can do about a database that is not taken.
pub(crate) fn mysql_advice(error: OpenError) -> Failure {
    let advice = match &error {
        OpenError::NotFlux { .. } => "; name an empty database of its own in mysql.url",
        OpenError::NewerSchema { .. } => "; run the newer release of flux that wrote it",
        OpenError::UnsafeDurability { .. } => {
            ": set it so; for tests alone, mysql.allow_unsafe_durability = true takes the server as it is"
        }
        _ => "",
    };
    let failure = Failure::from(error);
    Failure::new(format!("{}{advice}", failure.message().unwrap_or_default()))
}

fn redis(config: &Config) -> Result<RedisConfig, Failure> {
    let from = &config.redis;
    let text = from.url.as_ref().ok_or_else(|| Failure::new("redis.url is not set"))?;
    let urls: Vec<RedisUrl> = text
        .expose()
        .split(',')
        .map(|url| url.trim().parse().map_err(|error| Failure::new(format!("redis.url: {error}"))))
        .collect::<Result<_, _>>()?;
    let topology = match (from.mode, urls.as_slice()) {
        (RedisMode::Standalone, [url]) => RedisTopology::Standalone { url: url.clone() },
        (RedisMode::Standalone, _) => {
            return Err(Failure::new(
                "redis.url names several servers: set redis.mode to \"cluster\" or \"sentinel\", or name one",
            ));
        }
        (RedisMode::Sentinel, _) => RedisTopology::Sentinel {
            login: RedisLogin {
                username: (!from.user.is_empty()).then(|| from.user.clone()),
                password: from.password.clone(),
                database: 0,
                tls: text.expose().starts_with("rediss:"),
            },
            sentinels: urls,
            master: from.master.clone(),
        },
        (RedisMode::Cluster, _) => RedisTopology::Cluster { nodes: urls },
    };
    let mut redis = RedisConfig::new(topology);
    redis.prefix.clone_from(&from.prefix);
    if !from.authority.is_empty() {
        redis.tls.roots = Some(pem(&from.authority)?.into_bytes());
    }
    if !from.certificate.is_empty() {
        redis.tls.identity = Some((pem(&from.certificate)?.into_bytes(), Secret::new(pem(&from.key)?)));
    }
    Ok(redis)
}

struct ServiceProbe(&'static str, ServiceChannel);

#[async_trait]
impl Probe for ServiceProbe {
    fn name(&self) -> &'static str {
        self.0
    }

    fn essential(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), Cause> {
        self.1.check().await.map_err(Into::into)
    }
}

struct StoreProbe {
    mysql: Arc<MySqlStore>,
    essential: bool,
}

#[async_trait]
impl Probe for StoreProbe {
    fn name(&self) -> &'static str {
        "store"
    }

    fn essential(&self) -> bool {
        self.essential
    }

    async fn check(&self) -> Result<(), Cause> {
        self.mysql.horizon().await.map(drop).map_err(Into::into)
    }
}

struct RedisProbe(Redis);

#[async_trait]
impl Probe for RedisProbe {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn essential(&self) -> bool {
        false
    }

    async fn check(&self) -> Result<(), Cause> {
        self.0.ready().await.map_err(Into::into)
    }
}
