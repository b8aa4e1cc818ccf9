//! Cases of [`LockStore`](crate::guard::LockStore).

use std::time::Duration;

use super::LockHarness;
use super::harness::at_once;
use crate::guard::LockLease;

const SECOND: Duration = Duration::from_secs(1);
const LEASE: Duration = Duration::from_secs(10);

async fn acquire(h: &LockHarness, name: &str) -> Option<LockLease> {
    h.store.acquire(name, LEASE).await.unwrap()
}

pub async fn one_holds_a_lock_until_it_is_released(h: LockHarness) {
    let held = acquire(&h, "digest").await.unwrap();
    assert_eq!(held.name, "digest");
    assert_eq!(acquire(&h, "digest").await, None);
    assert!(acquire(&h, "purge").await.is_some(), "other names are other locks");
    h.store.release(&held).await.unwrap();
    assert!(acquire(&h, "digest").await.is_some());
}

pub async fn tokens_grow_with_every_holder(h: LockHarness) {
    let mut last = None;
    for _ in 0..5 {
        let held = acquire(&h, "digest").await.unwrap();
        assert!(Some(held.token) > last);
        last = Some(held.token);
        h.store.release(&held).await.unwrap();
    }
    let lapsing = acquire(&h, "digest").await.unwrap();
    assert!(Some(lapsing.token) > last);
}

pub async fn of_those_who_want_a_lock_at_once_one_gets_it(h: LockHarness) {
    let wants = (0..16).map(|_| {
        let store = h.store.clone();
        async move { store.acquire("digest", LEASE).await.unwrap() }
    });
    assert_eq!(at_once(wants).await.into_iter().flatten().count(), 1);
}

pub async fn a_lease_runs_out_by_itself(h: LockHarness) {
    let first = acquire(&h, "digest").await.unwrap();
    h.pass(LEASE.saturating_sub(SECOND)).await;
    assert_eq!(acquire(&h, "digest").await, None);
    h.pass(SECOND).await;
    let second = acquire(&h, "digest").await.unwrap();
    assert!(second.token > first.token);
}

pub async fn who_overslept_neither_renews_nor_releases_the_lock_of_the_next(h: LockHarness) {
    let slept = acquire(&h, "digest").await.unwrap();
    h.pass(LEASE).await;
    assert!(!h.store.renew(&slept, LEASE).await.unwrap(), "over is over, even if nobody came");
    let next = acquire(&h, "digest").await.unwrap();
    assert!(!h.store.renew(&slept, LEASE).await.unwrap());
    h.store.release(&slept).await.unwrap();
    assert_eq!(acquire(&h, "digest").await, None);
    assert!(h.store.renew(&next, LEASE).await.unwrap());
}

pub async fn a_renewed_lease_counts_from_its_renewal(h: LockHarness) {
    let held = acquire(&h, "digest").await.unwrap();
    for _ in 0..3 {
        h.pass(LEASE.saturating_sub(SECOND)).await;
        assert!(h.store.renew(&held, LEASE).await.unwrap());
    }
    h.pass(LEASE.saturating_sub(SECOND)).await;
    assert_eq!(acquire(&h, "digest").await, None);
    h.pass(SECOND).await;
    assert!(acquire(&h, "digest").await.is_some());
}

pub async fn a_released_lease_is_not_renewed(h: LockHarness) {
    let held = acquire(&h, "digest").await.unwrap();
    h.store.release(&held).await.unwrap();
    assert!(!h.store.renew(&held, LEASE).await.unwrap());
    h.store.release(&held).await.unwrap();
    assert!(acquire(&h, "digest").await.is_some());
}
