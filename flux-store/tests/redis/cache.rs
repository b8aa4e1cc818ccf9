//! What the cache of users does besides its contract: the server's own time, loss, clocks set back, and what stands in
//! the keys.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flux_core::account::{AccountState, Bio, Card, DisplayName, Profile, Username, Visibility};
use flux_core::cache::{CacheKey, CacheStore, CacheValue, FriendSet, LeaseToken, Looked};
use flux_core::{Epoch, UserId};
use flux_store::redis::{RedisCache, RedisTopology};
use flux_store::servers::RedisCluster;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;

use super::directory::Settable;
use super::support::{
    at, cluster_at, config, folder, had, id, open, raw, server, standalone, standalone_url, until,
};

const BRIEF: Duration = Duration::from_millis(200);
const LEASE: Duration = Duration::from_secs(10);
const TTL: Duration = Duration::from_mins(1);

fn token() -> LeaseToken {
    id(|_, chance| LeaseToken::generate(chance))
}

fn card(user: UserId) -> CacheValue {
    let profile = Profile {
        user,
        username: Some(Username::from_store("canary".to_owned())),
        display_name: DisplayName::from_store("Canary".to_owned()),
        bio: Bio::from_store("yellow".to_owned()),
    };
    CacheValue::Card(Card { profile, state: AccountState::Active })
}

fn one_of_each(user: UserId) -> [CacheValue; 3] {
    [
        card(user),
        CacheValue::Visibility(Visibility { user, visible: true, last_seen: None }),
        CacheValue::Friends(FriendSet { user, friends: Some(vec![id(UserId::generate)]) }),
    ]
}

async fn look(cache: &RedisCache, key: CacheKey, token: LeaseToken) -> Looked {
    cache.look(&[key], token, LEASE).await.expect("an answer").remove(0)
}

/// Lets `values` stand in their places.
async fn keep(cache: &RedisCache, values: &[CacheValue], ttl: Duration) {
    let token = token();
    let keys: Vec<_> = values.iter().map(CacheValue::key).collect();
    let looked = cache.look(&keys, token, LEASE).await.expect("an answer");
    assert!(looked.iter().all(|looked| *looked == Looked::Leased), "{looked:?}");
    let filled = cache.fill(values, token, ttl).await.expect("an answer");
    assert!(filled.into_iter().all(|filled| filled));
}

/// The keys of a test.
async fn keys(raw: &mut MultiplexedConnection, prefix: &str) -> Vec<String> {
    raw.keys(format!("{prefix}:*")).await.expect("keys")
}

#[tokio::test]
async fn values_and_leases_end_by_the_servers_own_clock() {
    let cache = open(&config(standalone())).ports().cache;
    let value = card(id(UserId::generate));
    let began = Instant::now();
    let first = cache.look(&[value.key()], token(), BRIEF).await.unwrap();
    assert_eq!(first, [Looked::Leased]);
    until("the lease ends", async || {
        (cache.look(&[value.key()], token(), BRIEF).await.unwrap() == [Looked::Leased]).then_some(())
    })
    .await;
    assert!(began.elapsed() >= BRIEF);
    cache.forget(&[value.key()]).await.unwrap();
    let began = Instant::now();
    keep(&cache, std::slice::from_ref(&value), BRIEF).await;
    until("the value ends", async || {
        (look(&cache, value.key(), token()).await == Looked::Leased).then_some(())
    })
    .await;
    assert!(began.elapsed() >= BRIEF);
}

#[tokio::test]
async fn a_clock_set_back_prolongs_nothing() {
    let time = Settable::default();
    let cache = open(&config(standalone())).with_clock(Arc::new(time.clone())).ports().cache;
    let [value, other] = [card(id(UserId::generate)), card(id(UserId::generate))];
    time.set(Duration::from_hours(12));
    keep(&cache, std::slice::from_ref(&value), TTL).await;
    assert_eq!(look(&cache, other.key(), token()).await, Looked::Leased);
    time.set(Duration::from_hours(11));
    assert_eq!(look(&cache, value.key(), token()).await, Looked::Leased);
    assert_eq!(look(&cache, other.key(), token()).await, Looked::Leased);
}

#[tokio::test]
async fn a76_keys_hold_ids_alone_and_every_key_ends() {
    let config = config(standalone());
    let cache = open(&config).ports().cache;
    let user = id(UserId::generate);
    keep(&cache, &one_of_each(user), TTL).await;
    look(&cache, CacheKey::Card(id(UserId::generate)), token()).await;
    let mut raw = raw(standalone_url()).await;
    let keys = keys(&mut raw, &config.prefix).await;
    assert_eq!(keys.len(), 4, "{keys:?}");
    for key in keys {
        assert!(!key.contains("anary"), "{key}");
        let left: i64 = raw.pttl(&key).await.unwrap();
        assert!((1..=61_000).contains(&left), "{key} stays for {left} ms");
    }
}

#[tokio::test]
async fn scripts_that_servers_forgot_are_brought_again() {
    let folder = folder();
    let servers = had(RedisCluster::start(folder.path()).await);
    let urls: Vec<_> = servers.urls().iter().map(|url| url.expose().to_owned()).collect();
    let (one, _one_folder) = server().await;
    let places: [(RedisTopology, Vec<String>); 2] =
        [(cluster_at(&servers), urls), (at(&one), vec![one.url().expose().to_owned()])];
    for (topology, urls) in places {
        let cache = open(&config(topology)).ports().cache;
        for _ in 0..3 {
            let values: Vec<_> = (0..30).map(|_| card(id(UserId::generate))).collect();
            keep(&cache, &values, TTL).await;
            for url in &urls {
                let _: () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut raw(url).await).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn what_another_version_wrote_is_neither_read_nor_replaced_and_is_forgotten() {
    let config = config(standalone());
    let cache = open(&config).ports().cache;
    let value = card(id(UserId::generate));
    keep(&cache, std::slice::from_ref(&value), TTL).await;
    let mut raw = raw(standalone_url()).await;
    let key = keys(&mut raw, &config.prefix).await.remove(0);
    let mut text: Vec<u8> = raw.get(&key).await.unwrap();
    let version = text.iter().position(|byte| *byte == 1).unwrap();
    text[version] = 2;
    let _: () = raw.set(&key, &text).await.unwrap();
    let reader = token();
    assert_eq!(look(&cache, value.key(), reader).await, Looked::Taken);
    assert_eq!(cache.fill(std::slice::from_ref(&value), reader, TTL).await.unwrap(), [false]);
    assert_eq!(raw.get::<_, Vec<u8>>(&key).await.unwrap(), text);
    cache.forget(&[value.key()]).await.unwrap();
    assert_eq!(look(&cache, value.key(), reader).await, Looked::Leased);
}

#[tokio::test]
async fn garbage_is_nothing_and_is_written_over() {
    let config = config(standalone());
    let cache = open(&config).ports().cache;
    let value = card(id(UserId::generate));
    keep(&cache, std::slice::from_ref(&value), TTL).await;
    let mut raw = raw(standalone_url()).await;
    let key = keys(&mut raw, &config.prefix).await.remove(0);
    let garbage = ["", "V", "V nan nan x", "V 99999999999999999999999999 60000000 x", "L -1 1 x", "X 1 1 x"];
    for garbage in garbage {
        let _: () = raw.set(&key, garbage).await.unwrap();
        let reader = token();
        assert_eq!(look(&cache, value.key(), reader).await, Looked::Leased, "{garbage:?}");
        assert_eq!(cache.fill(std::slice::from_ref(&value), reader, TTL).await.unwrap(), [true]);
    }
    let _: usize = raw.del(&key).await.unwrap();
    let _: usize = raw.hset(&key, "a", "hash").await.unwrap();
    assert_eq!(cache.fill(std::slice::from_ref(&value), token(), TTL).await.unwrap(), [false]);
    keep(&cache, &[value], TTL).await;
}

#[tokio::test]
async fn f6_a_cache_that_comes_back_empty_takes_nothing_that_was_read_before() {
    let (mut server, _folder) = server().await;
    let redis = open(&config(at(&server)));
    let cache = redis.ports().cache;
    let value = card(id(UserId::generate));
    let reader = token();
    assert_eq!(look(&cache, value.key(), reader).await, Looked::Leased);
    server.kill().await.unwrap();
    server.start_again().await.unwrap();
    until("redis is used again", async || redis.ready().await.ok()).await;
    assert_eq!(cache.fill(std::slice::from_ref(&value), reader, TTL).await.unwrap(), [false]);
    keep(&cache, &[value], TTL).await;
}

#[tokio::test]
async fn what_was_read_in_another_epoch_is_nothing() {
    let cache = open(&config(standalone())).ports().cache;
    let epochs = [(); 3].map(|()| cache.of_epoch(id(Epoch::generate)));
    let value = card(id(UserId::generate));
    let [first, second, third] = &epochs;
    keep(first, std::slice::from_ref(&value), TTL).await;
    keep(second, std::slice::from_ref(&value), TTL).await;
    first.forget(&[value.key()]).await.unwrap();
    assert_eq!(look(first, value.key(), token()).await, Looked::Leased);
    assert_eq!(look(second, value.key(), token()).await, Looked::Found(value.clone()));
    assert_eq!(look(third, value.key(), token()).await, Looked::Leased);
}
