//! What the directory does besides its contract: who races, what is left behind, what is lost in part.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::routing::{Located, NodeRegistry, SessionDirectory};
use flux_core::testing::ManualClock;
use flux_core::{Clock, Generation, StoreError, Timestamp};
use redis::AsyncCommands;

use super::support::{config, entry, node, open, raw, standalone, standalone_url, until};

const LEASE: Duration = Duration::from_mins(1);

/// A clock that can go back.
#[derive(Clone, Default)]
pub(super) struct Settable(Arc<Mutex<Duration>>);

impl Settable {
    pub(super) fn set(&self, to: Duration) {
        *self.0.lock().expect("nobody panicked") = to;
    }
}

#[async_trait]
impl Clock for Settable {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
    fn monotonic(&self) -> Duration {
        *self.0.lock().expect("nobody panicked")
    }
    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_claim_through_two_handles_the_highest_generation_stands() {
    let config = config(standalone());
    let nodes = [node(), node()];
    let handles = [(); 2].map(|()| open(&config).ports().directory);
    for (handle, node) in handles.iter().zip(&nodes) {
        handle.announce(node, LEASE).await.unwrap();
    }
    let first = entry(nodes[0].node);
    let mut claims = tokio::task::JoinSet::new();
    // Neither ascending nor descending: 37 has no common factor with 101.
    for n in (1..=100).map(|n| n * 37 % 101) {
        let which = usize::try_from(n % 2).unwrap();
        let claim = Located { generation: Generation::new(n), node: nodes[which].node, ..first };
        let handle = Arc::clone(&handles[which]);
        claims.spawn(async move { (n, handle.claim(claim).await.unwrap()) });
    }
    let taken: Vec<_> = claims.join_all().await.into_iter().filter(|(_, taken)| *taken).collect();
    assert!(taken.contains(&(100, true)));
    for handle in &handles {
        let found = handle.locate(&[first.user]).await.unwrap();
        assert_eq!(found, [[Located { generation: Generation::new(100), ..first }]]);
        assert!(!handle.claim(Located { generation: Generation::new(99), ..first }).await.unwrap());
    }
}

#[tokio::test]
async fn leases_and_entries_lapse_by_the_servers_own_clock() {
    let config = config(standalone());
    let directory = open(&config).ports().directory;
    let (brief, long) = (node(), node());
    directory.announce(&long, LEASE).await.unwrap();
    directory.announce(&brief, Duration::from_millis(100)).await.unwrap();
    let (lapses, stays) = (entry(brief.node), entry(long.node));
    directory.claim(lapses).await.unwrap();
    directory.claim(stays).await.unwrap();
    until("the lease runs out", async || (directory.live().await.unwrap() == [long.clone()]).then_some(()))
        .await;
    assert_eq!(directory.locate(&[lapses.user, stays.user]).await.unwrap(), [vec![], vec![stays]]);
    assert!(!directory.renew(brief.node, LEASE).await.unwrap());
    assert!(directory.renew(long.node, LEASE).await.unwrap());
}

#[tokio::test]
async fn what_has_lapsed_is_removed_by_who_comes_across_it() {
    let config = config(standalone());
    let directory = open(&config).ports().directory;
    let (gone, stays) = (node(), node());
    directory.announce(&gone, LEASE).await.unwrap();
    directory.announce(&stays, LEASE).await.unwrap();
    let old = entry(gone.node);
    let new = Located { node: stays.node, ..entry(stays.node) };
    let new = Located { user: old.user, ..new };
    directory.claim(old).await.unwrap();
    directory.claim(new).await.unwrap();
    let mut raw = raw(standalone_url()).await;
    let key = format!("{}:sessions:{}", config.prefix, old.user);
    assert_eq!(raw.hlen::<_, usize>(&key).await.unwrap(), 2);
    directory.withdraw(gone.node).await.unwrap();
    assert_eq!(directory.locate(&[old.user]).await.unwrap(), [[new]]);
    assert_eq!(raw.hlen::<_, usize>(&key).await.unwrap(), 1);
    directory.release(new.user, new.session, new.generation).await.unwrap();
    assert!(!raw.exists::<_, bool>(&key).await.unwrap());
}

#[tokio::test]
async fn a_released_entry_that_had_lapsed_was_not_there() {
    let config = config(standalone());
    let directory = open(&config).ports().directory;
    let gone = node();
    directory.announce(&gone, LEASE).await.unwrap();
    let entry = entry(gone.node);
    directory.claim(entry).await.unwrap();
    directory.withdraw(gone.node).await.unwrap();
    assert!(!directory.release(entry.user, entry.session, entry.generation).await.unwrap());
}

#[tokio::test]
async fn a_node_keeps_its_entries_for_as_long_as_they_last() {
    let (config, time) = (config(standalone()), ManualClock::default());
    let directory = open(&config).with_clock(Arc::new(time.clone())).ports().directory;
    let info = node();
    let day = Duration::from_hours(24);
    directory.announce(&info, day).await.unwrap();
    let [lasts, ended] = [entry(info.node), entry(info.node)];
    let mut raw = raw(standalone_url()).await;
    let key = |it: &Located| format!("{}:sessions:{}", config.prefix, it.user);
    for it in [&lasts, &ended] {
        directory.claim(*it).await.unwrap();
        assert!(raw.pttl::<_, i64>(key(it)).await.unwrap() >= 23 * 3_600_000, "nothing stays for ever");
        assert!(raw.pexpire::<_, bool>(key(it), 600_000).await.unwrap());
    }
    // The other one is another node's by now.
    directory.release(ended.user, ended.session, Generation::new(9)).await.unwrap();
    directory.announce(&info, day).await.unwrap();
    assert!(raw.pttl::<_, i64>(key(&lasts)).await.unwrap() <= 600_000, "not at every turn");
    time.advance(Duration::from_hours(7));
    directory.announce(&info, day).await.unwrap();
    assert!(raw.pttl::<_, i64>(key(&lasts)).await.unwrap() >= 23 * 3_600_000);
    assert!(raw.pttl::<_, i64>(key(&ended)).await.unwrap() <= 600_000);
}

#[tokio::test]
async fn where_leases_alone_are_lost_no_entry_comes_back_to_life() {
    let config = config(standalone());
    let directory = open(&config).ports().directory;
    let info = node();
    directory.announce(&info, LEASE).await.unwrap();
    let entry = entry(info.node);
    directory.claim(entry).await.unwrap();
    // As when one server of a Cluster comes back empty.
    let mut raw = raw(standalone_url()).await;
    assert!(raw.del::<_, bool>(format!("{}:{{nodes}}:leases", config.prefix)).await.unwrap());
    assert!(!directory.renew(info.node, LEASE).await.unwrap());
    directory.announce(&info, LEASE).await.unwrap();
    assert_eq!(directory.locate(&[entry.user]).await.unwrap(), [[]]);
    assert!(directory.claim(entry).await.unwrap());
    assert_eq!(directory.locate(&[entry.user]).await.unwrap(), [[entry]]);
}

#[tokio::test]
async fn a_clock_set_back_prolongs_no_lease() {
    let (config, time) = (config(standalone()), Settable::default());
    let directory = open(&config).with_clock(Arc::new(time.clone())).ports().directory;
    time.set(Duration::from_hours(10));
    let info = node();
    directory.announce(&info, LEASE).await.unwrap();
    time.set(Duration::from_hours(10) - Duration::from_secs(1));
    assert!(directory.renew(info.node, LEASE).await.unwrap(), "a little is nothing");
    time.set(Duration::from_hours(9));
    assert_eq!(directory.live().await.unwrap(), []);
    assert!(!directory.renew(info.node, LEASE).await.unwrap());
    directory.announce(&info, LEASE).await.unwrap();
    assert_eq!(directory.live().await.unwrap(), [info]);
}

#[tokio::test]
async fn garbage_is_nobodys_place_and_a_key_of_another_type_is_corrupt() {
    let config = config(standalone());
    let directory = open(&config).ports().directory;
    let info = node();
    directory.announce(&info, LEASE).await.unwrap();
    let it = entry(info.node);
    directory.claim(it).await.unwrap();
    let mut raw = raw(standalone_url()).await;
    let key = format!("{}:sessions:{}", config.prefix, it.user);
    let (leases, infos) =
        (format!("{}:{{nodes}}:leases", config.prefix), format!("{}:{{nodes}}:infos", config.prefix));
    let other = entry(info.node).session;
    for (key, field, value) in [
        (&key, b"x".as_slice(), "y".repeat(60)),
        (&key, other.as_bytes().as_slice(), "99999999999999999999 or so".to_owned()),
        (&leases, b"x", "1 2 3".to_owned()),
        (&leases, node().node.to_string().as_bytes(), "nonsense".to_owned()),
        (&leases, node().node.to_string().as_bytes(), "1 99999999999999999999999999 9".to_owned()),
        (&infos, b"x", "{}".to_owned()),
    ] {
        let _: usize = raw.hset(key, field, value).await.unwrap();
    }
    assert_eq!(directory.live().await.unwrap(), std::slice::from_ref(&info));
    assert_eq!(directory.locate(&[it.user]).await.unwrap(), [[it]]);
    assert!(directory.claim(Located { session: other, ..it }).await.unwrap(), "it is in nobody's way");
    let _: () = raw.set(&key, "text").await.unwrap();
    for error in [
        directory.locate(&[it.user]).await.unwrap_err(),
        directory.claim(it).await.unwrap_err(),
        directory.release(it.user, it.session, it.generation).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    }
    let _: () = raw.set(&leases, "text").await.unwrap();
    assert!(matches!(directory.live().await, Err(StoreError::Corrupt { .. })));
    assert!(matches!(directory.announce(&info, LEASE).await, Err(StoreError::Corrupt { .. })));
}

#[tokio::test]
async fn many_users_are_located_at_once_in_order() {
    for topology in [standalone(), super::support::cluster()] {
        let directory = open(&config(topology)).ports().directory;
        let (gone, stays) = (node(), node());
        directory.announce(&gone, LEASE).await.unwrap();
        directory.announce(&stays, LEASE).await.unwrap();
        let entries: Vec<_> =
            (0..600).map(|n| entry(if n % 3 == 0 { gone.node } else { stays.node })).collect();
        for entry in &entries {
            assert!(directory.claim(*entry).await.unwrap());
        }
        directory.withdraw(gone.node).await.unwrap();
        let users: Vec<_> = entries.iter().map(|entry| entry.user).collect();
        let found = directory.locate(&users).await.unwrap();
        assert_eq!(found.len(), entries.len());
        for (n, (found, entry)) in found.iter().zip(&entries).enumerate() {
            let expected = if n % 3 == 0 { vec![] } else { vec![*entry] };
            assert_eq!(*found, expected, "user {n}");
        }
    }
}
