use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::{PasswordHasher as _, PasswordVerifier as _};

use super::*;

/// Cheap, for what is not about the cost.
fn cheap() -> Argon2Config {
    Argon2Config { memory_kib: 64, passes: 1, ..Argon2Config::default() }
}

fn password(text: &str) -> Password {
    Password::presented(text).unwrap()
}

#[tokio::test]
async fn a_password_belongs_to_its_hash_and_no_other_does() {
    let hasher = Argon2Hasher::new(&cheap()).unwrap();
    let hash = hasher.hash(&password("correct horse")).await.unwrap();
    assert!(hash.expose().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", hash.expose());
    let right = VerifyPassword::Right { outdated: false };
    assert_eq!(hasher.verify(&password("correct horse"), Some(&hash)).await, Ok(right));
    // Nothing is trimmed, folded or normalised.
    for wrong in ["", "correct horse ", " correct horse", "Correct horse", "correct horse\0"] {
        assert_eq!(hasher.verify(&password(wrong), Some(&hash)).await, Ok(VerifyPassword::Wrong), "{wrong}");
    }
    let again = hasher.hash(&password("correct horse")).await.unwrap();
    assert_ne!(hash, again, "salted");
}

#[tokio::test]
async fn the_default_is_argon2id_with_19_mib_and_two_passes() {
    let hasher = Argon2Hasher::new(&Argon2Config::default()).unwrap();
    let hash = hasher.hash(&password("correct horse")).await.unwrap();
    assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
}

#[tokio::test]
async fn a_hash_with_weaker_parameters_is_outdated_and_still_verifies() {
    let weak = Argon2Hasher::new(&cheap()).unwrap();
    let old = weak.hash(&password("correct horse")).await.unwrap();
    let more_memory = Argon2Config { memory_kib: 128, ..cheap() };
    let more_passes = Argon2Config { passes: 2, ..cheap() };
    for stronger in [more_memory, more_passes] {
        let strong = Argon2Hasher::new(&stronger).unwrap();
        let right = |outdated| Ok(VerifyPassword::Right { outdated });
        assert_eq!(strong.verify(&password("correct horse"), Some(&old)).await, right(true));
        assert_eq!(strong.verify(&password("wrong horse"), Some(&old)).await, Ok(VerifyPassword::Wrong));
        let new = strong.hash(&password("correct horse")).await.unwrap();
        assert_eq!(strong.verify(&password("correct horse"), Some(&new)).await, right(false));
        // Whoever lowers the cost does not want hashes made weaker.
        assert_eq!(weak.verify(&password("correct horse"), Some(&new)).await, right(false));
    }
    let other_kind = Argon2::new(Algorithm::Argon2d, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
    let other_kind = Secret::new(other_kind.hash_password(b"correct horse").unwrap().to_string());
    let outdated = Ok(VerifyPassword::Right { outdated: true });
    assert_eq!(weak.verify(&password("correct horse"), Some(&other_kind)).await, outdated);
}

#[tokio::test]
async fn a25_without_an_account_the_same_work_is_done_and_nothing_is_right() {
    let hasher = Argon2Hasher::new(&cheap()).unwrap();
    assert_eq!(hasher.verify(&password("nobody's password"), None).await, Ok(VerifyPassword::Wrong));
    let dummy = PasswordHash::new(&hasher.dummy).unwrap();
    assert_eq!(Params::try_from(&dummy).unwrap().m_cost(), 64);
    // The same queue stands before it.
    let _all =
        hasher.places.acquire_many(u32::try_from(hasher.places.available_permits()).unwrap()).await.unwrap();
    assert_eq!(hasher.verify(&password("anything"), None).await, Err(HashError::Busy));
}

#[tokio::test]
async fn a_hash_in_memory_that_was_used_is_the_same_as_in_fresh() {
    let hasher = Argon2Hasher::new(&Argon2Config { workers: 1, ..cheap() }).unwrap();
    let fresh = Argon2::new(Algorithm::Argon2id, Version::V0x13, hasher.params.clone());
    let right = Ok(VerifyPassword::Right { outdated: false });
    for turn in 0..3 {
        let text = format!("password {turn}");
        let ours = hasher.hash(&password(&text)).await.unwrap();
        assert_eq!(fresh.verify_password(text.as_bytes(), ours.expose()), Ok(()));
        let theirs = Secret::new(fresh.hash_password(text.as_bytes()).unwrap().to_string());
        assert_eq!(hasher.verify(&password(&text), Some(&theirs)).await, right);
    }
}

#[tokio::test]
async fn what_is_no_hash_is_unreadable() {
    let hasher = Argon2Hasher::new(&cheap()).unwrap();
    for bad in [
        "",
        "plain",
        "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
        "$argon2id$v=19$m=64,t=1,p=1$",
        "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        // A worker would be at it for hours.
        "$argon2id$v=19$m=64,t=4294967295,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let refused = hasher.verify(&password("correct horse"), Some(&Secret::new(bad))).await;
        assert_eq!(refused, Err(HashError::Unreadable), "{bad}");
    }
}

#[test]
fn a78_parameters_that_argon2_does_not_have_are_refused() {
    for bad in [
        Argon2Config { workers: 0, ..cheap() },
        Argon2Config { passes: 0, ..cheap() },
        Argon2Config { memory_kib: 1, ..cheap() },
        Argon2Config { memory_kib: u32::MAX, ..cheap() },
        Argon2Config { lanes: 0, ..cheap() },
    ] {
        assert_eq!(Argon2Hasher::new(&bad).err(), Some(InvalidArgon2Config), "{bad:?}");
    }
}

/// Occupies a worker until the returned sender is dropped; returns once it runs.
async fn occupy(hasher: &Argon2Hasher) -> std::sync::mpsc::Sender<()> {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let (started, running) = tokio::sync::oneshot::channel();
    let hasher = hasher.clone();
    tokio::spawn(async move {
        let work = move || {
            started.send(()).unwrap();
            let _ = released.recv();
            Ok(())
        };
        hasher.on_worker(work).await
    });
    running.await.unwrap();
    release
}

#[tokio::test]
async fn a26_of_200_logins_at_once_a_bounded_number_is_worked_on_and_the_rest_refused() {
    let hasher = Argon2Hasher::new(&Argon2Config { workers: 2, queue: 8, ..cheap() }).unwrap();
    let (at_once, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let block = [occupy(&hasher).await, occupy(&hasher).await];
    let mut logins = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (hasher, at_once, most) = (hasher.clone(), Arc::clone(&at_once), Arc::clone(&most));
        logins.spawn(async move {
            let work = move || {
                most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                at_once.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            };
            hasher.on_worker(work).await
        });
    }
    // Nothing has been freed yet, so all that there is no room for is refused without waiting.
    for _ in 0..192 {
        assert_eq!(logins.join_next().await.unwrap().unwrap(), Err(HashError::Busy));
    }
    drop(block);
    while let Some(served) = logins.join_next().await {
        assert_eq!(served.unwrap(), Ok(()));
    }
    let most = most.load(Ordering::SeqCst);
    assert!((1..=2).contains(&most), "{most} at once");
}

#[tokio::test(start_paused = true)]
async fn a26_nobody_waits_longer_than_the_wait() {
    let hasher = Argon2Hasher::new(&Argon2Config { workers: 1, ..cheap() }).unwrap();
    // Taken directly: a task on the blocking pool would keep the paused clock from moving.
    let worker = hasher.workers.clone().acquire_owned().await.unwrap();
    let before = tokio::time::Instant::now();
    assert_eq!(hasher.hash(&password("correct horse")).await, Err(HashError::Busy));
    assert_eq!(before.elapsed(), Duration::from_secs(2));
    drop(worker);
    assert!(hasher.hash(&password("correct horse")).await.is_ok(), "the place was given back");
}

#[tokio::test]
async fn a26_who_hangs_up_leaves_the_worker_to_its_work_and_the_place_in_the_queue_free() {
    let hasher = Argon2Hasher::new(&Argon2Config { workers: 1, queue: 1, ..cheap() }).unwrap();
    let release = occupy(&hasher).await;
    let waiting = tokio::spawn({
        let hasher = hasher.clone();
        async move { hasher.hash(&password("correct horse")).await }
    });
    while hasher.places.available_permits() > 0 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!(hasher.places.available_permits(), 1);
    assert_eq!(hasher.workers.available_permits(), 0, "still at work");
    drop(release);
    assert!(hasher.hash(&password("correct horse")).await.is_ok());
}

#[tokio::test]
async fn a27_long_and_odd_passwords_are_hashed_as_they_are() {
    let hasher = Argon2Hasher::new(&cheap()).unwrap();
    for odd in [&*"p".repeat(65), &*"p".repeat(256), " lead", "nul\0nul", "👩‍👩‍👧‍👦 family", "e\u{301}", "\u{e9}"]
    {
        let hash = hasher.hash(&password(odd)).await.unwrap();
        let right = Ok(VerifyPassword::Right { outdated: false });
        assert_eq!(hasher.verify(&password(odd), Some(&hash)).await, right);
    }
    let composed = hasher.hash(&password("\u{e9}")).await.unwrap();
    assert_eq!(hasher.verify(&password("e\u{301}"), Some(&composed)).await, Ok(VerifyPassword::Wrong));
}

#[tokio::test]
async fn a76_debug_shows_neither_password_nor_hash() {
    let hasher = Argon2Hasher::new(&cheap()).unwrap();
    let (canary, hash) =
        (password("canary-password"), hasher.hash(&password("canary-password")).await.unwrap());
    let shown = format!("{hasher:?} {canary:?} {hash:?}");
    assert!(!shown.contains("canary") && !shown.contains(hash.expose()), "{shown}");
}
