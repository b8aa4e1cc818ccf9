//! What reading users costs with and without the cache, on a MariaDB, a Redis and a Redis Cluster that it starts for
//! itself: time for the reader, and work for the servers. The figures in `docs/decisions.md` are from here:
//!
//!     cargo run --release -p flux-store --no-default-features --features mysql,redis,servers,system --example cache_cost
#![expect(clippy::print_stdout, reason = "it is a program that prints figures")]
#![expect(clippy::unwrap_used, reason = "without servers there is nothing to measure")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use flux_core::account::{AccountStore, CreateAccount, DisplayName, NewAccount, Username};
use flux_core::cache::{CacheKey, CachePorts, CacheSettings, CacheStore, UserCache};
use flux_core::friend::{FriendLimits, FriendStore, Greeting, RelationChange};
use flux_core::session::{
    Actor, Device, DeviceClass, DeviceName, NewSession, OpenSession, SessionPolicy, SessionStore,
};
use flux_core::{Clock, Entropy, RequestId, SessionId, TokenHash, UserId, entropy};
use flux_store::mysql::{MySqlConfig, MySqlStore};
use flux_store::redis::{Redis, RedisConfig, RedisTopology};
use flux_store::servers::{Durability, MariaDb, MariaDbConfig, RedisCluster, RedisServer, RedisServerConfig};
use flux_store::system::{SystemClock, SystemEntropy};

const FRIENDS: usize = 500;
const ROUNDS: usize = 1_000;

/// Who reads, and of whom.
struct Scene {
    store: MySqlStore,
    me: UserId,
    friends: Vec<UserId>,
}

/// One kind of read.
#[derive(Clone, Copy)]
enum Read {
    Cards,
    Visibilities,
    Friends,
}

impl Read {
    const ALL: [(Self, &str); 3] = [
        (Self::Cards, "100 profiles"),
        (Self::Visibilities, "500 visibilities"),
        (Self::Friends, "who of 500 is a friend"),
    ];

    async fn by(self, scene: &Scene, cache: &UserCache) {
        let Scene { store, me, friends } = scene;
        let found = match self {
            Self::Cards => cache.cards(store, &friends[..100]).await.unwrap().len() * 5,
            Self::Visibilities => cache.visibilities(store, friends).await.unwrap().len(),
            Self::Friends => cache.mutual_friends(store, *me, friends).await.unwrap().len(),
        };
        assert_eq!(found, FRIENDS);
    }

    fn keys(self, scene: &Scene) -> Vec<CacheKey> {
        match self {
            Self::Cards => scene.friends[..100].iter().copied().map(CacheKey::Card).collect(),
            Self::Visibilities => scene.friends.iter().copied().map(CacheKey::Visibility).collect(),
            Self::Friends => vec![CacheKey::Friends(scene.me)],
        }
    }
}

/// The processor time that processes have used.
fn work(pids: &[u32]) -> Duration {
    let ticks = pids.iter().map(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    });
    // A hundred ticks a second, on every Linux there is.
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

/// Reads again and again; prints how long the median and the slowest of a hundred took, and what servers did for one.
async fn measure(what: &str, servers: &[(&str, Vec<u32>)], mut read: impl AsyncFnMut() -> Duration) {
    let before: Vec<_> = servers.iter().map(|(_, pids)| work(pids)).collect();
    let mut took = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        took.push(read().await);
    }
    took.sort_unstable();
    print!("| {what} | {:?} | {:?} |", took[ROUNDS / 2], took[ROUNDS * 99 / 100]);
    for ((_, pids), before) in servers.iter().zip(before) {
        print!(" {:?} |", work(pids).saturating_sub(before) / u32::try_from(ROUNDS).unwrap());
    }
    println!();
}

async fn timed(read: impl Future<Output = ()>) -> Duration {
    let began = Instant::now();
    read.await;
    began.elapsed()
}

async fn person(store: &MySqlStore, n: usize, clock: &dyn Clock, chance: &dyn Entropy) -> Actor {
    let user = UserId::generate(clock.now(), chance);
    let username = Username::from_store(format!("user{n}"));
    let display_name = DisplayName::of(&username);
    let new = NewAccount { user, username, display_name, email: None, password_hash: None };
    assert!(matches!(store.create_account(new).await.unwrap(), CreateAccount::Created(_)));
    let session = SessionId::generate(clock.now(), chance);
    let new = NewSession {
        session,
        user,
        device: Device { name: DeviceName::empty(), class: DeviceClass::Other },
        refresh: TokenHash::new(entropy::bytes(chance)),
    };
    let opened = store.open_session(new, SessionPolicy::default(), None).await.unwrap();
    assert!(matches!(opened, OpenSession::Opened { .. }));
    Actor { user, session, generation: None }
}

#[tokio::main]
async fn main() {
    let folder = std::env::temp_dir().join(format!("flux-cache-cost-{}", std::process::id()));
    let maria =
        MariaDb::start(MariaDbConfig::new(folder.join("maria")).with_durability(Durability::Throwaway)).await;
    let maria = maria.unwrap();
    let one = RedisServer::start(RedisServerConfig::new(folder.join("redis"))).await.unwrap();
    let mut three = RedisCluster::start(folder.join("cluster")).await.unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let chance: Arc<dyn Entropy> = Arc::new(SystemEntropy);

    let config = MySqlConfig::new(maria.url().expose()).unwrap().allowing_unsafe_durability();
    let store = MySqlStore::open(config, Arc::clone(&chance)).await.unwrap();
    let me = person(&store, 0, &*clock, &*chance).await;
    let mut friends = Vec::new();
    for n in 1..=FRIENDS {
        let friend = person(&store, n, &*clock, &*chance).await;
        for (one, other) in [(&me, &friend), (&friend, &me)] {
            let request = RequestId::generate(clock.now(), &*chance);
            let ask = RelationChange::Request { request, to: other.user, greeting: Greeting::empty() };
            store.change_relation(one, &ask, &FriendLimits::default()).await.unwrap().unwrap();
        }
        friends.push(friend.user);
    }
    let scene = Scene { store, me: me.user, friends };

    let cluster_pids: Vec<_> = three.nodes().iter().map(RedisServer::pid).collect();
    let servers = [("MariaDB", vec![maria.pid()]), ("Redis", vec![one.pid()]), ("Cluster", cluster_pids)];
    println!("| read | median | 99 of 100 | MariaDB, each | Redis, each | Cluster, each |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (read, name) in Read::ALL {
        let none = UserCache::default();
        let what = format!("{name}, MariaDB alone");
        measure(&what, &servers, async || timed(read.by(&scene, &none)).await).await;
    }
    let single = RedisTopology::Standalone { url: one.url().expose().parse().unwrap() };
    let nodes = three.urls().iter().map(|url| url.expose().parse().unwrap()).collect();
    for (topology, at) in [(single, "Redis"), (RedisTopology::Cluster { nodes }, "Redis Cluster")] {
        let port = Redis::open(&RedisConfig::new(topology)).unwrap().ports().cache;
        let ports = CachePorts {
            cache: Arc::clone(&port) as _,
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&chance),
        };
        // Long enough for whatever a machine does that also builds.
        let settings = CacheSettings { deadline: Duration::from_secs(1), ..CacheSettings::default() };
        let cache = UserCache::new(ports, settings);
        for (read, name) in Read::ALL {
            read.by(&scene, &cache).await;
            let what = format!("{name}, found in {at}");
            measure(&what, &servers, async || timed(read.by(&scene, &cache)).await).await;
            let what = format!("{name}, not found in {at}");
            let keys = read.keys(&scene);
            measure(&what, &servers, async || {
                port.forget(&keys).await.unwrap();
                timed(read.by(&scene, &cache)).await
            })
            .await;
        }
    }
    scene.store.close().await;
    drop((maria, one, three));
    std::fs::remove_dir_all(folder).unwrap();
}
