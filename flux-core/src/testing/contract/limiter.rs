//! Cases of [`RateLimiter`](crate::guard::RateLimiter).

use std::time::Duration;

use super::LimiterHarness;
use super::harness::at_once;
use crate::guard::{Backoff, LimitKey, Quota, Take};

const SECOND: Duration = Duration::from_secs(1);

/// Three at once, and one more every second.
const QUOTA: Quota = Quota::new(3, Duration::from_secs(3));

const BACKOFF: Backoff =
    Backoff { free: 2, first: SECOND, cap: Duration::from_secs(5), forget: Duration::from_mins(1) };

fn key(subject: &str) -> LimitKey {
    LimitKey::new("login", subject)
}

async fn allowed(h: &LimiterHarness, key: &LimitKey) -> bool {
    h.store.take(key, QUOTA).await.unwrap() == Take::Allowed
}

async fn empty(h: &LimiterHarness, key: &LimitKey) {
    for _ in 0..3 {
        assert!(allowed(h, key).await);
    }
}

pub async fn a_bucket_gives_its_burst_and_then_says_when_to_come_back(h: LimiterHarness) {
    empty(&h, &key("ada")).await;
    let Take::Limited { retry_after } = h.store.take(&key("ada"), QUOTA).await.unwrap() else {
        panic!("not limited")
    };
    assert!(retry_after > Duration::ZERO && retry_after <= SECOND, "{retry_after:?}");
}

pub async fn buckets_are_told_apart_by_action_and_subject(h: LimiterHarness) {
    empty(&h, &key("ada")).await;
    assert!(allowed(&h, &key("bob")).await);
    assert!(allowed(&h, &LimitKey::new("search", "ada")).await);
    assert!(!allowed(&h, &key("ada")).await);
}

pub async fn a_bucket_refills_evenly_and_no_further_than_full(h: LimiterHarness) {
    empty(&h, &key("ada")).await;
    h.pass(SECOND).await;
    assert!(allowed(&h, &key("ada")).await);
    assert!(!allowed(&h, &key("ada")).await);
    h.pass(100 * SECOND).await;
    empty(&h, &key("ada")).await;
    assert!(!allowed(&h, &key("ada")).await);
}

pub async fn what_is_refused_is_not_counted(h: LimiterHarness) {
    empty(&h, &key("ada")).await;
    for _ in 0..10 {
        let answer = h.store.take(&key("ada"), QUOTA).await.unwrap();
        assert_eq!(answer, Take::Limited { retry_after: SECOND });
    }
    h.pass(SECOND).await;
    assert!(allowed(&h, &key("ada")).await);
}

pub async fn of_many_at_once_the_burst_is_allowed(h: LimiterHarness) {
    let quota = Quota::new(5, Duration::from_hours(1));
    let takes = (0..32).map(|_| {
        let store = h.store.clone();
        async move { store.take(&key("ada"), quota).await.unwrap() }
    });
    let allowed = at_once(takes).await.into_iter().filter(|take| *take == Take::Allowed);
    assert_eq!(allowed.count(), 5);
}

pub async fn failures_cost_nothing_at_first_and_then_twice_as_much_each(h: LimiterHarness) {
    assert_eq!(h.store.wait(&key("ada")).await.unwrap(), Duration::ZERO);
    for seconds in [0, 0, 1, 2, 4, 5, 5] {
        let wait = h.store.fail(&key("ada"), &BACKOFF).await.unwrap();
        assert_eq!(wait, Duration::from_secs(seconds));
    }
    let left = h.store.wait(&key("ada")).await.unwrap();
    assert!(left > Duration::ZERO && left <= BACKOFF.cap);
    assert_eq!(h.store.wait(&key("bob")).await.unwrap(), Duration::ZERO);
}

pub async fn failures_at_once_are_all_counted(h: LimiterHarness) {
    let failures = (0..5).map(|_| {
        let store = h.store.clone();
        async move { store.fail(&key("ada"), &BACKOFF).await.unwrap() }
    });
    let mut waits = at_once(failures).await;
    waits.sort();
    assert_eq!(waits, [0, 0, 1, 2, 4].map(Duration::from_secs));
}

pub async fn a_wait_runs_out(h: LimiterHarness) {
    for _ in 0..5 {
        h.store.fail(&key("ada"), &BACKOFF).await.unwrap();
    }
    assert_eq!(h.store.wait(&key("ada")).await.unwrap(), 4 * SECOND);
    h.pass(3 * SECOND).await;
    assert_eq!(h.store.wait(&key("ada")).await.unwrap(), SECOND);
    h.pass(SECOND).await;
    assert_eq!(h.store.wait(&key("ada")).await.unwrap(), Duration::ZERO);
    assert_eq!(h.store.fail(&key("ada"), &BACKOFF).await.unwrap(), 5 * SECOND, "it is not forgotten");
}

pub async fn failures_are_forgotten_after_a_while_without_any(h: LimiterHarness) {
    for _ in 0..5 {
        h.store.fail(&key("ada"), &BACKOFF).await.unwrap();
    }
    h.pass(BACKOFF.forget).await;
    assert_eq!(h.store.fail(&key("ada"), &BACKOFF).await.unwrap(), Duration::ZERO);
}

pub async fn failures_are_forgiven(h: LimiterHarness) {
    for subject in ["ada", "bob"] {
        for _ in 0..5 {
            h.store.fail(&key(subject), &BACKOFF).await.unwrap();
        }
    }
    empty(&h, &key("ada")).await;
    h.store.forgive(&key("ada")).await.unwrap();
    assert_eq!(h.store.wait(&key("ada")).await.unwrap(), Duration::ZERO);
    assert_eq!(h.store.fail(&key("ada"), &BACKOFF).await.unwrap(), Duration::ZERO);
    assert!(h.store.wait(&key("bob")).await.unwrap() > Duration::ZERO);
    assert!(!allowed(&h, &key("ada")).await, "buckets are another matter");
    h.store.forgive(&key("nobody")).await.unwrap();
}
