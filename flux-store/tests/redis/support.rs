//! Servers for the tests: one of each kind for all of them, and others for those that break theirs.

use std::error::Error;
use std::io::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flux_core::routing::{Located, NodeInfo};
use flux_core::testing::contract::{CacheHarness, CodeHarness, LimiterHarness, LockHarness, RoutingHarness};
use flux_core::testing::{ManualClock, SeededEntropy};
use flux_core::{Generation, NodeId, SessionId, StoreError, Timestamp, UserId};
use flux_store::redis::{Redis, RedisConfig, RedisTopology};
use flux_store::servers::{RedisCluster, RedisSentinel, RedisServer, RedisServerConfig, ServerError};
use redis::aio::MultiplexedConnection;
use tempfile::TempDir;

/// Longer than anything takes that does not hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What a server was started as, or, where there is no Redis on this machine, the end of this program: none of its tests
/// can run, and it says so; or it fails, where somebody relies on them.
pub(crate) fn had<T>(started: Result<T, ServerError>) -> T {
    match started {
        Ok(server) => server,
        Err(error @ ServerError::NotInstalled { .. }) => {
            let relied_on =
                ["CI", "FLUX_TEST_REQUIRE_SERVERS"].iter().any(|name| std::env::var_os(name).is_some());
            assert!(!relied_on, "{error}");
            // Not by a macro, whose output the harness keeps to itself.
            let _ = writeln!(std::io::stderr(), "\n\nSKIPPED: the tests of Redis did not run: {error}\n");
            std::process::exit(0);
        }
        Err(error) => panic!("{error}: {:?}", error.source()),
    }
}

/// A folder of one's own, among what the build makes: those of servers that live as long as this program stay there.
pub(crate) fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary folder")
}

/// Starts what lives as long as this program, on a runtime that does, too.
fn for_all<T: Send + 'static, F: Future<Output = Result<T, ServerError>>>(
    start: impl FnOnce(TempDir) -> F + Send + 'static,
) -> T {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let _ = sender.send(start(folder()).await);
            std::future::pending::<()>().await;
        });
    });
    had(receiver.recv().expect("the server is started or not"))
}

/// Where the one server is, or that which `FLUX_TEST_REDIS_URL` names.
pub(crate) fn standalone_url() -> &'static str {
    static SERVER: OnceLock<(String, Option<RedisServer>)> = OnceLock::new();
    let (url, _) = SERVER.get_or_init(|| {
        if let Ok(url) = std::env::var("FLUX_TEST_REDIS_URL") {
            return (url, None);
        }
        let server = for_all(|folder| RedisServer::start(RedisServerConfig::new(folder.keep())));
        (server.url().expose().to_owned(), Some(server))
    });
    url
}

/// The one server.
pub(crate) fn standalone() -> RedisTopology {
    RedisTopology::Standalone { url: standalone_url().parse().expect("a Redis URL") }
}

/// The one Cluster.
pub(crate) fn cluster() -> RedisTopology {
    static SERVER: OnceLock<RedisCluster> = OnceLock::new();
    let cluster = SERVER.get_or_init(|| for_all(|folder| RedisCluster::start(folder.keep())));
    cluster_at(cluster)
}

/// The one master with its sentinels.
pub(crate) fn sentinel() -> RedisTopology {
    static SERVER: OnceLock<RedisSentinel> = OnceLock::new();
    let sentinel = SERVER.get_or_init(|| for_all(|folder| RedisSentinel::start(folder.keep())));
    sentinel_at(sentinel)
}

/// A server of one's own, and its folder.
pub(crate) async fn server() -> (RedisServer, TempDir) {
    let folder = folder();
    (had(RedisServer::start(RedisServerConfig::new(folder.path())).await), folder)
}

pub(crate) fn at(server: &RedisServer) -> RedisTopology {
    RedisTopology::Standalone { url: server.url().expose().parse().expect("a server's URL") }
}

pub(crate) fn cluster_at(cluster: &RedisCluster) -> RedisTopology {
    let nodes = cluster.urls().iter().map(|url| url.expose().parse().expect("a node's URL")).collect();
    RedisTopology::Cluster { nodes }
}

pub(crate) fn sentinel_at(sentinel: &RedisSentinel) -> RedisTopology {
    RedisTopology::Sentinel {
        sentinels: sentinel
            .urls()
            .iter()
            .map(|url| url.expose().parse().expect("a sentinel's URL"))
            .collect(),
        master: sentinel.master_name().to_owned(),
        login: flux_store::redis::RedisLogin::default(),
    }
}

/// A configuration whose keys no other test has.
pub(crate) fn config(topology: RedisTopology) -> RedisConfig {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    let mut config = RedisConfig::new(topology);
    config.prefix = format!("test-{}-{started}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    // A machine that runs everything at once may be slow; what is about time sets its own.
    config.response_timeout = Duration::from_secs(5);
    config.connect_timeout = Duration::from_secs(5);
    config.deadline = Duration::from_secs(10);
    config
}

pub(crate) fn open(config: &RedisConfig) -> Redis {
    Redis::open(config).expect("a configuration that can work")
}

fn with_time(topology: RedisTopology) -> (ManualClock, flux_store::redis::RedisPorts) {
    let time = ManualClock::new(Timestamp::from_millis(1_767_225_600_000));
    let redis = open(&config(topology)).with_clock(Arc::new(time.clone()));
    (time, redis.ports())
}

pub(crate) fn cache(topology: RedisTopology) -> CacheHarness {
    let (time, ports) = with_time(topology);
    CacheHarness::new(ports.cache).with_time(time)
}

pub(crate) fn codes(topology: RedisTopology) -> CodeHarness {
    let (time, ports) = with_time(topology);
    CodeHarness::new(ports.codes).with_time(time)
}

pub(crate) fn limiter(topology: RedisTopology) -> LimiterHarness {
    let (time, ports) = with_time(topology);
    LimiterHarness::new(ports.limiter).with_time(time)
}

pub(crate) fn locks(topology: RedisTopology) -> LockHarness {
    let (time, ports) = with_time(topology);
    LockHarness::new(ports.locks).with_time(time)
}

pub(crate) fn routing(topology: RedisTopology) -> RoutingHarness {
    let (time, ports) = with_time(topology);
    RoutingHarness::new(ports.directory).with_time(time)
}

/// A connection past the adapter.
pub(crate) async fn raw(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(url).expect("a Redis URL");
    client.get_multiplexed_async_connection().await.expect("a connection")
}

/// Ids that no other call gives.
pub(crate) fn id<T>(make: impl FnOnce(Timestamp, &dyn flux_core::Entropy) -> T) -> T {
    static IDS: OnceLock<SeededEntropy> = OnceLock::new();
    make(Timestamp::from_millis(1_700_000_000_000), IDS.get_or_init(|| SeededEntropy::new(7)))
}

pub(crate) fn node() -> NodeInfo {
    NodeInfo {
        node: id(NodeId::generate),
        client_url: "wss://chat.example.org/v1/chat".to_owned(),
        peer_url: "https://10.0.0.7:50055".to_owned(),
        capacity: 10,
        connections: 0,
        draining: false,
    }
}

pub(crate) fn entry(node: NodeId) -> Located {
    Located {
        user: id(UserId::generate),
        session: id(SessionId::generate),
        generation: Generation::new(1),
        node,
        away: false,
    }
}

/// Asks until the answer is good.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asked = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("not in {PATIENCE:?}: {what}"))
}

/// An error with all its causes, as a log shows it.
pub(crate) fn told(error: &StoreError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error} {error:?}");
        cause = error.source();
    }
    text
}
