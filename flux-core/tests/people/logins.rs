//! Logging in: who gets in, and what guessing costs.

use std::sync::atomic::Ordering;
use std::time::Duration;

use flux_core::account::{AccountStore, NewUser, Username};
use flux_core::guard::Quota;
use flux_core::session::{LoginError, LoginLimits, SessionRules};
use flux_core::verification::Purpose;
use flux_core::{ErrorCode, Secret};

use crate::support::{ClientNumber, HERE, PASSWORD, Setup, World, all, email, login};

fn wrong(outcome: &Result<flux_core::session::LoggedIn, LoginError>) -> bool {
    matches!(outcome, Err(LoginError::InvalidCredentials))
}

fn retry_after(outcome: Result<flux_core::session::LoggedIn, LoginError>) -> Duration {
    let error = outcome.unwrap_err();
    assert_eq!(error.code(), ErrorCode::RateLimited);
    error.retry_after().unwrap()
}

impl World {
    fn verified(&self) -> usize {
        self.hasher.verified.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn username_and_address_log_in_however_they_are_cased() {
    let world = World::new();
    let user = world.register("ann").await;
    for name in ["ann", "ANN", " ann ", "ann@example.com", "Ann@Example.COM"] {
        let logged_in = world.try_login(name, PASSWORD).await.unwrap();
        assert_eq!((logged_in.account.profile.user, logged_in.session.user), (user, user), "{name}");
    }
}

#[tokio::test]
async fn a25_every_failure_is_answered_alike_after_the_same_work() {
    let world = World::new();
    world.register("ann").await;
    let off = world.register("off").await;
    world.accounts.set_disabled(off, true).await.unwrap();
    let username = Username::new("guest").unwrap();
    let new = NewUser { username, display_name: None, email: Some(email("guest")) };
    world.accounts.provision(new).await.unwrap();
    for (name, password) in [
        ("ann", "wrong"),
        ("ann@example.com", "wrong"),
        ("ann", ""),
        ("nobody", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("off", PASSWORD),
        ("off@example.com", PASSWORD),
        ("guest", PASSWORD),
        ("guest@example.com", ""),
        ("", PASSWORD),
        ("@", PASSWORD),
        ("a b\0c", PASSWORD),
    ] {
        let before = world.verified();
        let outcome = world.try_login(name, password).await;
        assert!(wrong(&outcome), "{name:?}");
        assert_eq!(outcome.unwrap_err().code(), ErrorCode::InvalidCredentials);
        assert_eq!(world.verified(), before + 1, "{name:?}");
    }
}

#[tokio::test]
async fn a24_failures_cost_time_that_doubles_and_the_right_password_works_after_it() {
    for name in ["ann", "ann@example.com", "nobody", "nobody@example.com", "no such name"] {
        let world = World::new();
        world.register("ann").await;
        for _ in 0..5 {
            assert!(wrong(&world.try_login(name, "wrong").await), "{name}");
        }
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
            assert!(wrong(&world.try_login(name, "wrong").await), "{name}");
            let before = world.verified();
            let wait = Duration::from_secs(wait);
            assert_eq!(retry_after(world.try_login(name, PASSWORD).await), wait, "{name}");
            assert_eq!(world.verified(), before, "refused before hashing");
            world.clock.advance(wait.saturating_sub(Duration::from_millis(1)));
            assert_eq!(retry_after(world.try_login(name, PASSWORD).await), Duration::from_millis(1));
            world.clock.advance(Duration::from_millis(1));
        }
        if name.starts_with("ann") {
            world.try_login(name, PASSWORD).await.unwrap();
            assert!(wrong(&world.try_login(name, "wrong").await), "and success forgives");
            world.try_login(name, PASSWORD).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a24_the_wait_for_an_address_says_nothing_of_the_username() {
    let world = World::new();
    world.register("ann").await;
    for _ in 0..6 {
        assert!(wrong(&world.try_login("ann", "wrong").await));
    }
    assert!(world.try_login("ann", PASSWORD).await.is_err());
    world.try_login("ann@example.com", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a24_a_thousand_guesses_at_once_from_as_many_addresses_get_few_looks() {
    let world = World::new();
    world.register("ann").await;
    let before = world.verified();
    let outcomes =
        all(
            (0..1_000).map(|n| {
                let world = &world;
                async move {
                    world.sessions.login(login("ann", &format!("guess {n}")), &ClientNumber(n).addr()).await
                }
            }),
        )
        .await;
    let looked_at = outcomes.iter().filter(|outcome| wrong(outcome)).count();
    assert_eq!(world.verified() - before, looked_at);
    // Five are free, the sixth costs, and one may have been on its way with it.
    assert!((6..=7).contains(&looked_at), "{looked_at}");
    for outcome in outcomes.into_iter().filter(|outcome| !wrong(outcome)) {
        assert!(retry_after(outcome) <= Duration::from_secs(2));
    }
}

#[tokio::test]
async fn a24_one_address_has_a_bucket_for_all_names() {
    let limits =
        LoginLimits { per_client: Quota::new(10, Duration::from_secs(100)), ..LoginLimits::default() };
    let sessions = SessionRules { limits, ..SessionRules::default() };
    let world = World::with(Setup { sessions, ..Setup::default() });
    world.register("ann").await;
    for n in 0..10 {
        assert!(wrong(&world.try_login(&format!("user{n}"), PASSWORD).await));
    }
    let before = world.verified();
    assert_eq!(retry_after(world.try_login("ann", PASSWORD).await), Duration::from_secs(10));
    assert_eq!(world.verified(), before);
    world.sessions.login(login("ann", PASSWORD), &ClientNumber(2).addr()).await.unwrap();
}

#[tokio::test]
async fn a26_many_logins_of_one_user_at_once_all_get_in() {
    let world = World::new();
    world.register("ann").await;
    let logins = all((0..50).map(|_| world.try_login("ann", PASSWORD))).await;
    assert!(logins.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a27_a_password_that_is_too_long_is_not_looked_at() {
    let world = World::new();
    world.register("ann").await;
    let before = world.verified();
    let error = world.try_login("ann", &"x".repeat(1 << 20)).await.unwrap_err();
    assert_eq!((error.code(), error.field()), (ErrorCode::PasswordTooLong, Some("password")));
    assert_eq!(world.verified(), before);
}

#[tokio::test]
async fn an_outdated_hash_is_made_anew_at_login() {
    let world = World::new();
    let user = world.register("ann").await;
    world.hasher.strength.store(2, Ordering::SeqCst);
    world.login("ann").await;
    let kept = world.store.account(user).await.unwrap().unwrap().password_hash.unwrap();
    assert!(kept.expose().starts_with("2$"));
    let hashed = world.hasher.hashed.load(Ordering::SeqCst);
    world.login("ann").await;
    assert_eq!(world.hasher.hashed.load(Ordering::SeqCst), hashed);
}

#[tokio::test]
async fn logins_that_upgrade_the_hash_at_once_all_get_in() {
    let world = World::new();
    world.register("ann").await;
    world.hasher.strength.store(2, Ordering::SeqCst);
    let logins = all((0..10).map(|_| world.try_login("ann", PASSWORD))).await;
    assert!(logins.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_hasher_that_is_busy_does_not_keep_an_outdated_hash_from_logging_in() {
    let world = World::new();
    world.register("ann").await;
    world.hasher.strength.store(2, Ordering::SeqCst);
    world.hasher.busy.store(true, Ordering::SeqCst);
    world.login("ann").await;
}

#[tokio::test]
async fn a_login_that_overlaps_a_new_password_does_not_survive_it() {
    let world = World::new();
    world.register("ann").await;
    world.clock.advance(Duration::from_mins(1));
    let code = world.code(Purpose::ResetPassword, &email("ann")).await;
    let held = world.hasher.gate.write().await;
    let reset = async {
        while world.verified() == 0 {
            tokio::task::yield_now().await;
        }
        let new = Secret::new("another good passphrase");
        world.accounts.reset_password(&email("ann"), &code, &new, &HERE.addr()).await.unwrap();
        drop(held);
    };
    let (outcome, ()) = tokio::join!(world.try_login("ann", PASSWORD), reset);
    assert!(wrong(&outcome));
    world.try_login("ann", "another good passphrase").await.unwrap();
}
