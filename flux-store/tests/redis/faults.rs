//! Servers that end, stand still, lose what they had, or give way to others.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use flux_core::StoreError;
use flux_core::guard::{LimitKey, LockStore, Quota, RateLimiter, Take};
use flux_core::routing::{Located, NodeRegistry, SessionDirectory};
use flux_core::testing::SeededEntropy;
use flux_core::{Timestamp, UserId};
use flux_store::redis::{Redis, RedisConfig, RedisTopology};
use flux_store::servers::{RedisCluster, RedisSentinel, RedisServer};
use tokio::time::timeout;

use super::support::{
    at, cluster_at, config, entry, folder, had, node, open, raw, sentinel_at, server, standalone,
    standalone_url, told, until,
};

const LEASE: Duration = Duration::from_mins(1);

/// As it is by default, with keys that no other test has.
fn as_by_default(topology: RedisTopology) -> RedisConfig {
    let prefix = config(topology.clone()).prefix;
    let mut config = RedisConfig::new(topology);
    config.prefix = prefix;
    config
}

/// Whether the breaker refused without asking.
fn not_asked(error: &StoreError) -> bool {
    error.source().is_some_and(|cause| cause.to_string().starts_with("not asked"))
}

/// Waits until the server is used again.
async fn back(redis: &Redis) {
    until("redis is used again", async || redis.ready().await.ok()).await;
}

#[tokio::test]
async fn f6_a_server_that_comes_back_empty_heals() {
    let (mut server, _folder) = server().await;
    let redis = open(&as_by_default(at(&server)));
    let ports = redis.ports();
    let info = node();
    ports.directory.announce(&info, LEASE).await.unwrap();
    let it = entry(info.node);
    assert!(ports.directory.claim(it).await.unwrap());
    let held = ports.locks.acquire("jobs", LEASE).await.unwrap().unwrap();
    server.kill().await.unwrap();
    let error = until("it is missed", async || ports.directory.live().await.err()).await;
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    server.start_again().await.unwrap();
    back(&redis).await;
    assert!(!ports.directory.renew(info.node, LEASE).await.unwrap());
    assert_eq!(ports.directory.live().await.unwrap(), []);
    assert_eq!(ports.directory.locate(&[it.user]).await.unwrap(), [[]]);
    ports.directory.announce(&info, LEASE).await.unwrap();
    assert!(ports.directory.claim(it).await.unwrap());
    assert_eq!(ports.directory.locate(&[it.user]).await.unwrap(), [[it]]);
    assert!(!ports.locks.renew(&held, LEASE).await.unwrap());
    assert!(ports.locks.acquire("jobs", LEASE).await.unwrap().unwrap().token > held.token);
}

#[tokio::test]
async fn f5_while_a_server_stands_still_calls_end_in_time_and_after_it_they_work_within_2_s() {
    let (server, _folder) = server().await;
    let config = as_by_default(at(&server));
    let redis = open(&config);
    let ports = redis.ports();
    redis.ready().await.unwrap();
    server.pause().unwrap();
    // All at once, of every kind, some of which ask more than once.
    let users: Vec<_> = (0..50).map(|_| entry(node().node).user).collect();
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..100 {
        let (ports, users) = (ports.clone(), users.clone());
        calls.spawn(async move {
            match n % 4 {
                0 => ports.directory.locate(&users).await.map(|_| ()),
                1 => ports.directory.claim(entry(node().node)).await.map(|_| ()),
                2 => ports.directory.announce(&node(), LEASE).await,
                _ => ports.locks.acquire("jobs", LEASE).await.map(|_| ()),
            }
        });
    }
    // The deadline, and as much again for a slow machine.
    let ended = timeout(2 * config.deadline, calls.join_all()).await.expect("every call has ended");
    for outcome in ended {
        let error = outcome.expect_err("nobody answers");
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
    let refused = until("the breaker opens", async || redis.ready().await.err().filter(not_asked)).await;
    assert!(
        told(&refused).contains("no answer") || told(&refused).contains("timed out"),
        "{}",
        told(&refused)
    );
    server.resume().unwrap();
    timeout(Duration::from_secs(2), back(&redis)).await.expect("it works within 2 s");
    ports.directory.announce(&node(), LEASE).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_refused_at_once_and_used_when_it_comes() {
    let (mut server, _folder) = server().await;
    server.kill().await.unwrap();
    let redis = open(&as_by_default(at(&server)));
    let first = redis.ready().await.unwrap_err();
    assert!(told(&first).contains("refused"), "{}", told(&first));
    server.start_again().await.unwrap();
    timeout(Duration::from_secs(2), back(&redis)).await.expect("it works within 2 s");
}

#[tokio::test]
async fn a_connection_closed_by_the_server_is_replaced_before_anybody_notices() {
    let (server, _folder) = server().await;
    let redis = open(&as_by_default(at(&server)));
    let directory = redis.ports().directory;
    let mut raw = raw(server.url().expose()).await;
    for _ in 0..20 {
        directory.live().await.unwrap();
        let closed: usize = redis::cmd("CLIENT")
            .arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"])
            .query_async(&mut raw)
            .await
            .unwrap();
        assert_eq!(closed, 1);
        // What may be asked twice is, where the first answer was lost.
        directory.live().await.unwrap();
    }
}

#[tokio::test]
async fn scripts_that_a_server_forgot_are_brought_again() {
    let (server, _folder) = server().await;
    let ports = open(&as_by_default(at(&server))).ports();
    let mut raw = raw(server.url().expose()).await;
    let key = LimitKey::new("login", "ada");
    for _ in 0..3 {
        assert_eq!(ports.limiter.take(&key, Quota::new(3, LEASE)).await.unwrap(), Take::Allowed);
        ports.directory.announce(&node(), LEASE).await.unwrap();
        let _: () = redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut raw).await.unwrap();
    }
    assert_eq!(ports.directory.live().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_dropped_call_leaves_the_connection_to_the_others() {
    let redis = open(&config(standalone()));
    let directory = redis.ports().directory;
    let info = node();
    directory.announce(&info, LEASE).await.unwrap();
    let it = entry(info.node);
    directory.claim(it).await.unwrap();
    for n in 0..200 {
        let other = Arc::clone(&directory);
        let call = tokio::spawn(async move { other.locate(&[it.user]).await });
        // Somewhere between before it was sent and after it was answered.
        for _ in 0..n % 20 {
            tokio::task::yield_now().await;
        }
        call.abort();
        assert_eq!(directory.locate(&[it.user]).await.unwrap(), [[it]]);
    }
    let mut raw = raw(standalone_url()).await;
    let pong: String = redis::cmd("PING").query_async(&mut raw).await.unwrap();
    assert_eq!(pong, "PONG");
}

#[tokio::test]
async fn f8_after_the_death_of_the_master_the_replica_is_used() {
    let folder = folder();
    let mut servers = had(RedisSentinel::start(folder.path()).await);
    // Not by default: five servers start and one dies here, and what is shown is whom the calls reach, not how soon.
    let config = config(sentinel_at(&servers));
    let ports = open(&config).ports();
    let info = node();
    ports.directory.announce(&info, LEASE).await.unwrap();
    let it = entry(info.node);
    assert!(ports.directory.claim(it).await.unwrap());
    let held = ports.locks.acquire("jobs", LEASE).await.unwrap().unwrap();
    servers.master().kill().await.unwrap();
    let next = until("the replica is the master", async || {
        // Whatever was not copied in time was lost: then the node says it again, as its lease does.
        ports.directory.announce(&info, LEASE).await.ok()?;
        ports.locks.release(&held).await.ok()?;
        ports.locks.acquire("jobs", LEASE).await.ok()?
    })
    .await;
    assert!(next.token > held.token);
    assert!(ports.directory.claim(it).await.unwrap());
    assert_eq!(ports.directory.locate(&[it.user]).await.unwrap(), [[it]]);
    // The old master comes back, and takes itself for one until the sentinels tell it otherwise: nobody asks it.
    servers.master().start_again().await.unwrap();
    assert!(open(&config).ports().directory.renew(info.node, LEASE).await.unwrap());
    assert!(ports.directory.renew(info.node, LEASE).await.unwrap());
}

#[tokio::test]
async fn a_sentinel_that_names_another_master_than_the_others_leads_nobody_astray() {
    let folder = folder();
    let servers = had(RedisSentinel::start(folder.path()).await);
    let (other, _folder) = server().await;
    let mut astray = raw(servers.urls()[0].expose()).await;
    let name = servers.master_name();
    let _: () = redis::cmd("SENTINEL").arg(&["REMOVE", name]).query_async(&mut astray).await.unwrap();
    let port = other.port().to_string();
    let monitor = ["MONITOR", name, "127.0.0.1", &port, "2"];
    let _: () = redis::cmd("SENTINEL").arg(&monitor).query_async(&mut astray).await.unwrap();
    let config = config(sentinel_at(&servers));
    let info = node();
    open(&config).ports().directory.announce(&info, LEASE).await.unwrap();
    for _ in 0..20 {
        assert!(
            open(&config).ports().directory.renew(info.node, LEASE).await.unwrap(),
            "asked the other master"
        );
    }
}

/// Users whose keys lie on each of three servers, most likely: of 24 chosen by chance none lies on a given one once in
/// 17,000 times; these are always the same.
fn everywhere() -> Vec<UserId> {
    let chance = SeededEntropy::new(3);
    (0..24).map(|_| UserId::generate(Timestamp::from_millis(1_700_000_000_000), &chance)).collect()
}

#[tokio::test]
async fn a_server_of_a_cluster_that_stands_still_or_comes_back_empty_holds_nobody_up() {
    let folder = folder();
    let mut servers = had(RedisCluster::start(folder.path()).await);
    let config = as_by_default(cluster_at(&servers));
    let redis = open(&config);
    let directory = redis.ports().directory;
    let info = node();
    directory.announce(&info, LEASE).await.unwrap();
    let entries: Vec<_> = everywhere().into_iter().map(|user| Located { user, ..entry(info.node) }).collect();
    for it in &entries {
        assert!(directory.claim(*it).await.unwrap());
    }
    let mut served = 0;
    for which in 0..3 {
        servers.nodes()[which].pause().unwrap();
        let mut calls = tokio::task::JoinSet::new();
        for it in &entries {
            let (directory, user) = (Arc::clone(&directory), it.user);
            calls.spawn(async move { directory.locate(&[user]).await });
        }
        let ended = timeout(2 * config.deadline, calls.join_all()).await.expect("every call has ended");
        assert!(ended.iter().any(Result::is_err), "somebody's entries lie there");
        served += usize::from(ended.iter().any(Result::is_ok));
        servers.nodes()[which].resume().unwrap();
        until("all of them answer", async || {
            // Each server's own word; one that stood still may have been taken for dead by the others.
            let users: Vec<_> = entries.iter().map(|it| it.user).collect();
            directory.locate(&users).await.ok().filter(|found| found.iter().all(|it| it.len() == 1))
        })
        .await;
    }
    assert!(served > 0, "others are served, unless the leases lie there");
    for which in 0..3 {
        let server: &mut RedisServer = &mut servers.nodes()[which];
        server.kill().await.unwrap();
        server.start_again().await.unwrap();
    }
    until("they are announced again", async || {
        directory.announce(&info, LEASE).await.ok()?;
        for it in &entries {
            directory.claim(*it).await.ok()?;
        }
        let users: Vec<_> = entries.iter().map(|it| it.user).collect();
        directory.locate(&users).await.ok().filter(|found| found.iter().all(|it| it.len() == 1))
    })
    .await;
}
