//! What codes, limits and locks do besides their contracts: the server's own time, loss, clocks set back, and what
//! stands in the keys.

use std::sync::Arc;
use std::time::{Duration, Instant};

use flux_core::StoreError;
use flux_core::account::Email;
use flux_core::guard::{Backoff, LimitKey, LockStore, Quota, RateLimiter, Take};
use flux_core::verification::{CodeKey, CodeMac, CodePolicy, CodeStore, IssueCode, Purpose, RedeemCode};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;

use super::directory::Settable;
use super::support::{config, open, raw, standalone, standalone_url, until};

const BRIEF: Duration = Duration::from_millis(200);
const MAC: CodeMac = CodeMac::new([7; 32]);

fn code_key() -> CodeKey {
    CodeKey::new(Purpose::Register, &Email::new("canary@example.org").expect("an address"))
}

/// The keys of a test.
async fn keys(raw: &mut MultiplexedConnection, prefix: &str) -> Vec<String> {
    raw.keys(format!("{prefix}:*")).await.expect("keys")
}

#[tokio::test]
async fn a_bucket_refills_by_the_servers_own_clock() {
    let limiter = open(&config(standalone())).ports().limiter;
    let (key, quota) = (LimitKey::new("login", "ada"), Quota::new(1, BRIEF));
    let began = Instant::now();
    assert_eq!(limiter.take(&key, quota).await.unwrap(), Take::Allowed);
    until("the bucket refills", async || {
        (limiter.take(&key, quota).await.unwrap() == Take::Allowed).then_some(())
    })
    .await;
    assert!(began.elapsed() >= BRIEF);
}

#[tokio::test]
async fn waits_codes_and_locks_end_by_the_servers_own_clock() {
    let ports = open(&config(standalone())).ports();
    let began = Instant::now();
    let backoff = Backoff { free: 0, first: BRIEF, cap: BRIEF, forget: Duration::from_mins(1) };
    let key = LimitKey::new("login", "ada");
    assert_eq!(ports.limiter.fail(&key, &backoff).await.unwrap(), BRIEF);
    let policy = CodePolicy { lifetime: Duration::from_mins(1), tries: 2, pause: BRIEF };
    assert_eq!(ports.codes.issue(&code_key(), MAC, &policy).await.unwrap(), IssueCode::Issued);
    let held = ports.locks.acquire("jobs", BRIEF).await.unwrap().unwrap();
    until("the wait is over", async || ports.limiter.wait(&key).await.unwrap().is_zero().then_some(())).await;
    until("another code may be sent", async || {
        (ports.codes.issue(&code_key(), MAC, &policy).await.unwrap() == IssueCode::Issued).then_some(())
    })
    .await;
    let next = until("the lock is free", async || ports.locks.acquire("jobs", BRIEF).await.unwrap()).await;
    assert!(next.token > held.token);
    assert!(!ports.locks.renew(&held, BRIEF).await.unwrap());
    assert!(began.elapsed() >= BRIEF);
    let brief = CodePolicy { lifetime: BRIEF, ..policy };
    let other = CodeKey { purpose: Purpose::ResetPassword, ..code_key() };
    let issued = Instant::now();
    assert_eq!(ports.codes.issue(&other, MAC, &brief).await.unwrap(), IssueCode::Issued);
    until("the code ends", async || {
        // Each right try is put back, so that only its end can refuse it.
        match ports.codes.redeem(&other, MAC).await.unwrap() {
            RedeemCode::Redeemed(code) => {
                ports.codes.restore(&other, code).await.unwrap();
                None
            }
            RedeemCode::Refused => Some(()),
        }
    })
    .await;
    assert!(issued.elapsed() >= BRIEF);
}

#[tokio::test]
async fn tokens_grow_though_the_last_one_was_lost() {
    let config = config(standalone());
    let locks = open(&config).ports().locks;
    let mut raw = raw(standalone_url()).await;
    let mut last = None;
    for _ in 0..20 {
        let held = locks.acquire("jobs", Duration::from_mins(1)).await.unwrap().unwrap();
        assert!(Some(held.token) > last, "{held:?} after {last:?}");
        last = Some(held.token);
        let key = format!("{}:lock:jobs", config.prefix);
        assert_eq!(raw.del::<_, usize>(key).await.unwrap(), 1);
        assert!(!locks.renew(&held, Duration::from_mins(1)).await.unwrap(), "it is lost");
    }
}

#[tokio::test]
async fn a_clock_set_back_prolongs_nothing() {
    let time = Settable::default();
    let ports = open(&config(standalone())).with_clock(Arc::new(time.clone())).ports();
    let (eleven, noon, hour) = (Duration::from_hours(11), Duration::from_hours(12), Duration::from_hours(1));
    time.set(noon);
    let key = LimitKey::new("login", "ada");
    let quota = Quota::new(1, Duration::from_mins(1));
    let backoff =
        Backoff { free: 0, first: Duration::from_mins(1), cap: Duration::from_mins(1), forget: hour / 4 };
    assert_eq!(ports.limiter.take(&key, quota).await.unwrap(), Take::Allowed);
    ports.limiter.fail(&key, &backoff).await.unwrap();
    let held = ports.locks.acquire("jobs", Duration::from_mins(1)).await.unwrap().unwrap();
    assert_eq!(ports.codes.issue(&code_key(), MAC, &CodePolicy::default()).await.unwrap(), IssueCode::Issued);
    time.set(eleven);
    assert_eq!(ports.limiter.take(&key, quota).await.unwrap(), Take::Allowed);
    assert!(
        matches!(ports.limiter.take(&key, quota).await.unwrap(), Take::Limited { .. }),
        "it limits again"
    );
    assert_eq!(ports.limiter.wait(&key).await.unwrap(), Duration::ZERO);
    let next = ports.locks.acquire("jobs", Duration::from_mins(1)).await.unwrap().unwrap();
    assert!(next.token > held.token);
    assert_eq!(ports.codes.redeem(&code_key(), MAC).await.unwrap(), RedeemCode::Refused);
    assert_eq!(ports.codes.issue(&code_key(), MAC, &CodePolicy::default()).await.unwrap(), IssueCode::Issued);
    assert!(matches!(ports.codes.redeem(&code_key(), MAC).await.unwrap(), RedeemCode::Redeemed(_)));
}

#[tokio::test]
async fn a76_no_key_tells_who_it_is_about_and_every_key_ends() {
    let config = config(standalone());
    let ports = open(&config).ports();
    let quota = Quota::new(1, Duration::from_secs(1));
    let backoff = Backoff { free: 0, first: BRIEF, cap: BRIEF, forget: BRIEF };
    for subject in ["canary@example.org", "192.0.2.77"] {
        let key = LimitKey::new("login", subject);
        ports.limiter.take(&key, quota).await.unwrap();
        ports.limiter.fail(&key, &backoff).await.unwrap();
    }
    ports.codes.issue(&code_key(), MAC, &CodePolicy::default()).await.unwrap();
    let held = ports.locks.acquire("jobs", BRIEF).await.unwrap().unwrap();
    ports.locks.release(&held).await.unwrap();
    let mut raw = raw(standalone_url()).await;
    let keys = keys(&mut raw, &config.prefix).await;
    assert_eq!(keys.len(), 6, "{keys:?}");
    for key in keys {
        assert!(!key.contains("canary") && !key.contains("192.0.2.77"), "{key}");
        assert!(raw.pttl::<_, i64>(&key).await.unwrap() > 0, "{key} stays for ever");
    }
}

#[tokio::test]
async fn garbage_limits_nobody_holds_no_lock_and_is_no_code() {
    let config = config(standalone());
    let ports = open(&config).ports();
    let mut raw = raw(standalone_url()).await;
    let key = LimitKey::new("login", "ada");
    let quota = Quota::new(1, Duration::from_hours(1));
    let backoff = Backoff { free: 0, first: BRIEF, cap: BRIEF, forget: BRIEF };
    ports.limiter.take(&key, quota).await.unwrap();
    ports.limiter.fail(&key, &backoff).await.unwrap();
    ports.locks.acquire("jobs", Duration::from_hours(1)).await.unwrap().unwrap();
    let all = keys(&mut raw, &config.prefix).await;
    assert_eq!(all.len(), 3);
    for garbage in ["", "nan", "-1", "99999999999999999999999999 nan 0x10 inf inf"] {
        for key in &all {
            let _: () = raw.set(key, garbage).await.unwrap();
        }
        assert_eq!(ports.limiter.take(&key, quota).await.unwrap(), Take::Allowed, "{garbage:?}");
        assert!(matches!(ports.limiter.take(&key, quota).await.unwrap(), Take::Limited { .. }));
        assert_eq!(ports.limiter.wait(&key).await.unwrap(), Duration::ZERO);
        assert_eq!(ports.limiter.fail(&key, &backoff).await.unwrap(), BRIEF);
        assert!(ports.locks.acquire("jobs", Duration::from_hours(1)).await.unwrap().is_some());
    }
    assert_eq!(ports.codes.issue(&code_key(), MAC, &CodePolicy::default()).await.unwrap(), IssueCode::Issued);
    let code = keys(&mut raw, &format!("{}:code", config.prefix)).await.remove(0);
    let _: usize = raw.hset(&code, "tries", "many").await.unwrap();
    assert_eq!(ports.codes.redeem(&code_key(), MAC).await.unwrap(), RedeemCode::Refused);
    let _: usize = raw.hset(&code, "tries", "5").await.unwrap();
    let _: usize = raw.hset(&code, "mac", "short").await.unwrap();
    assert_eq!(ports.codes.redeem(&code_key(), MAC).await.unwrap(), RedeemCode::Refused);
    let _: () = raw.set(&code, "text").await.unwrap();
    assert!(matches!(ports.codes.redeem(&code_key(), MAC).await, Err(StoreError::Corrupt { .. })));
}
