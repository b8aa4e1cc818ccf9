//! Sessions: refreshing, listing, ending, and who may act.

use std::time::Duration;

use flux_core::feed::FeedChange;
use flux_core::guard::Quota;
use flux_core::session::{
    Actor, DeviceClass, EndedSession, LoginLimits, RefreshError, SessionEndReason, SessionError,
    SessionPolicy, SessionRules, SessionStore,
};
use flux_core::testing::SeededEntropy;
use flux_core::{Clock, ErrorCode, Fenced, Secret, SessionId, UserId};

use crate::support::{HERE, Setup, World, all, device};

fn gone<T: std::fmt::Debug>(outcome: Result<T, SessionError>) {
    assert_eq!(outcome.unwrap_err().code(), ErrorCode::NotFound);
}

fn fenced<T: std::fmt::Debug>(outcome: Result<T, SessionError>) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, SessionError::Fenced(Fenced::SessionEnded)), "{error:?}");
}

impl World {
    async fn refresh(&self, token: &Secret) -> Result<Secret, RefreshError> {
        self.sessions.refresh(token, &HERE.addr()).await.map(|refreshed| refreshed.refresh)
    }

    fn stranger(&self) -> SessionId {
        SessionId::generate(self.clock.now(), &SeededEntropy::new(99))
    }
}

#[tokio::test]
async fn a_login_is_told_to_the_users_feed() {
    let world = World::new();
    world.register("ann").await;
    world.told.take_entries();
    let (ann, _) = world.login("ann").await;
    let entries = world.told.take_entries();
    let [(reader, entry)] = entries.as_slice() else { panic!("one entry: {entries:?}") };
    assert_eq!(*reader, ann.user);
    assert!(matches!(&entry.change, FeedChange::SessionOpened(session) if session.session == ann.session));
}

#[tokio::test]
async fn a47_a_token_is_exchanged_for_the_next() {
    let world = World::new();
    world.register("ann").await;
    let (ann, mut token) = world.login("ann").await;
    for _ in 0..100 {
        world.clock.advance(Duration::from_mins(10));
        let refreshed = world.sessions.refresh(&token, &HERE.addr()).await.unwrap();
        assert_eq!(refreshed.session.session, ann.session);
        assert_eq!(refreshed.session.last_used, world.clock.now());
        assert_ne!(refreshed.refresh, token);
        token = refreshed.refresh;
    }
}

#[tokio::test]
async fn a47_a_token_that_was_used_is_good_for_the_grace_so_that_a_lost_answer_logs_nobody_out() {
    let world = World::new();
    world.register("ann").await;
    let (ann, token) = world.login("ann").await;
    let both = all([world.refresh(&token), world.refresh(&token)]).await;
    let [one, other] = both.as_slice() else { panic!("two answers") };
    let (one, other) = (one.as_ref().unwrap(), other.as_ref().unwrap());
    assert_ne!(one, other);
    world.clock.advance(Duration::from_millis(9_999));
    world.refresh(&token).await.unwrap();
    world.refresh(one).await.unwrap();
    world.refresh(other).await.unwrap();
    assert!(world.open(&ann).await);
}

#[tokio::test]
async fn a47_reuse_after_the_grace_ends_the_session_and_all_its_tokens() {
    let world = World::new();
    world.register("ann").await;
    let (ann, stolen) = world.login("ann").await;
    let current = world.refresh(&stolen).await.unwrap();
    world.told.take_ended();
    world.clock.advance(Duration::from_millis(10_001));
    assert!(matches!(world.refresh(&stolen).await, Err(RefreshError::Invalid)));
    let reason = SessionEndReason::TokenReused;
    assert_eq!(world.told.take_ended(), [EndedSession { user: ann.user, session: ann.session, reason }]);
    assert!(world.watch.is_ended(ann.session));
    assert!(!world.open(&ann).await);
    for token in [&stolen, &current] {
        assert_eq!(world.refresh(token).await.unwrap_err().code(), ErrorCode::InvalidRefreshToken);
    }
    assert_eq!(world.told.take_ended(), []);
}

#[tokio::test]
async fn what_is_no_refresh_token_refreshes_nothing() {
    let world = World::new();
    world.register("ann").await;
    let (ann, token) = world.login("ann").await;
    let token = token.expose();
    for bad in ["", "a", &"0".repeat(64), &token[..63], &format!("{token} "), &token.to_uppercase(), "\0"] {
        let error = world.refresh(&Secret::new(bad)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidRefreshToken, "{bad:?}");
    }
    assert!(world.open(&ann).await);
}

#[tokio::test]
async fn refreshes_from_one_address_are_limited() {
    let refreshes_per_client = Quota::new(3, Duration::from_mins(1));
    let limits = LoginLimits { refreshes_per_client, ..LoginLimits::default() };
    let sessions = SessionRules { limits, ..SessionRules::default() };
    let world = World::with(Setup { sessions, ..Setup::default() });
    let guess = Secret::new("0".repeat(64));
    for _ in 0..3 {
        assert!(matches!(world.refresh(&guess).await, Err(RefreshError::Invalid)));
    }
    let limited = world.refresh(&guess).await.unwrap_err();
    assert_eq!(limited.code(), ErrorCode::RateLimited);
    assert_eq!(limited.retry_after(), Some(Duration::from_secs(20)));
}

#[tokio::test]
async fn older_sessions_give_way_as_the_policy_says() {
    let classes = [DeviceClass::Desktop, DeviceClass::Mobile, DeviceClass::Desktop];
    for (policy, left) in [
        (SessionPolicy::Many(2), vec![1, 2]),
        (SessionPolicy::OnePerDeviceClass, vec![1, 2]),
        (SessionPolicy::One, vec![2]),
        (SessionPolicy::default(), vec![0, 1, 2]),
    ] {
        let sessions = SessionRules { policy, ..SessionRules::default() };
        let world = World::with(Setup { sessions, ..Setup::default() });
        let user = world.register("ann").await;
        let mut opened = Vec::new();
        for class in classes {
            world.clock.advance(Duration::from_secs(1));
            opened.push(world.sessions.open(user, &device(class)).await.unwrap().session.session);
        }
        let ended = world.told.take_ended();
        assert!(ended.iter().all(|ended| ended.reason == SessionEndReason::Replaced));
        let expected: Vec<_> = (0..3).filter(|n| !left.contains(n)).map(|n| opened[n]).collect();
        assert_eq!(ended.iter().map(|ended| ended.session).collect::<Vec<_>>(), expected, "{policy:?}");
        assert!(expected.iter().all(|session| world.watch.is_ended(*session)));
    }
}

#[tokio::test]
async fn nobody_opens_a_session_for_who_is_not_there() {
    let world = World::new();
    let user = world.register("ann").await;
    world.accounts.set_disabled(user, true).await.unwrap();
    let nobody = UserId::generate(world.clock.now(), &SeededEntropy::new(8));
    for user in [user, nobody] {
        gone(world.sessions.open(user, &device(DeviceClass::Web)).await);
    }
}

#[tokio::test]
async fn a50_one_sees_and_ends_ones_own_sessions_only() {
    let world = World::new();
    let (ann, bob) = (world.actor("ann").await, world.actor("bob").await);
    world.clock.advance(Duration::from_secs(1));
    let (other, _) = world.login("ann").await;
    let listed = world.sessions.list(&ann).await.unwrap();
    assert_eq!(listed.iter().map(|s| s.session).collect::<Vec<_>>(), [other.session, ann.session]);

    gone(world.sessions.end(&bob, ann.session).await);
    gone(world.sessions.end(&bob, world.stranger()).await);
    assert!(world.open(&ann).await && world.open(&other).await);

    world.told.take_ended();
    world.sessions.end(&ann, other.session).await.unwrap();
    let reason = SessionEndReason::Revoked;
    assert_eq!(world.told.take_ended(), [EndedSession { user: ann.user, session: other.session, reason }]);
    gone(world.sessions.end(&ann, other.session).await);
    assert!(world.open(&ann).await && !world.open(&other).await);
}

#[tokio::test]
async fn logging_out_is_repeatable_and_says_so_once() {
    let world = World::new();
    let (ann, other) = (world.actor("ann").await, world.login("ann").await.0);
    world.told.take_ended();
    for _ in 0..2 {
        world.sessions.logout(&ann).await.unwrap();
    }
    let reason = SessionEndReason::Logout;
    assert_eq!(world.told.take_ended(), [EndedSession { user: ann.user, session: ann.session, reason }]);
    world.sessions.end(&other, other.session).await.unwrap();
    assert_eq!(world.told.take_ended()[0].reason, SessionEndReason::Logout);
}

#[tokio::test]
async fn ending_the_others_keeps_the_one_that_asks() {
    let world = World::new();
    let (ann, bob) = (world.actor("ann").await, world.actor("bob").await);
    let others = [world.login("ann").await.0, world.login("ann").await.0];
    assert_eq!(world.sessions.end_others(&ann).await.unwrap(), 2);
    assert_eq!(world.sessions.end_others(&ann).await.unwrap(), 0);
    for actor in &others {
        assert!(!world.open(actor).await);
    }
    assert!(world.open(&ann).await && world.open(&bob).await);
}

#[tokio::test]
async fn invariant_10_what_an_ended_session_had_under_way_is_refused() {
    let world = World::new();
    let (ann, other) = (world.actor("ann").await, world.login("ann").await.0);
    world.sessions.logout(&ann).await.unwrap();
    fenced(world.sessions.end(&ann, other.session).await);
    fenced(world.sessions.end_others(&ann).await);
    let forged = Actor { user: world.register("bob").await, ..other };
    fenced(world.sessions.end_others(&forged).await);
    assert!(world.open(&other).await);
}

#[tokio::test]
async fn sessions_that_nobody_used_expire() {
    let world = World::new();
    world.register("ann").await;
    let (idle, _) = world.login("ann").await;
    let (used, token) = world.login("ann").await;
    world.clock.advance(Duration::from_hours(59 * 24));
    world.refresh(&token).await.unwrap();
    assert_eq!(world.sessions.expire_idle().await.unwrap(), 0);
    world.told.take_ended();
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(world.sessions.expire_idle().await.unwrap(), 1);
    let reason = SessionEndReason::Expired;
    assert_eq!(world.told.take_ended(), [EndedSession { user: idle.user, session: idle.session, reason }]);
    assert!(world.open(&used).await);
}

#[tokio::test]
async fn invariant_10_a_request_is_let_in_by_what_this_process_knows_while_that_is_fresh() {
    let world = World::new();
    let ann = world.actor("ann").await;
    let authorized = || world.sessions.authorize(ann.user, ann.session);

    world.watch.poll_once().await.unwrap();
    assert_eq!(authorized().await.unwrap(), ann);

    // Ended by another process: known after the next read.
    world.store.end_session(ann.user, ann.session, SessionEndReason::Revoked).await.unwrap();
    authorized().await.unwrap();
    world.watch.poll_once().await.unwrap();
    fenced(authorized().await);
}

#[tokio::test]
async fn invariant_10_who_ended_here_is_refused_here_at_once() {
    let world = World::new();
    let ann = world.actor("ann").await;
    world.watch.poll_once().await.unwrap();
    world.sessions.logout(&ann).await.unwrap();
    fenced(world.sessions.authorize(ann.user, ann.session).await);
}

#[tokio::test]
async fn invariant_10_without_a_recent_read_the_row_itself_decides() {
    let world = World::new();
    let (ann, bob) = (world.actor("ann").await, world.actor("bob").await);
    world.sessions.authorize(ann.user, ann.session).await.unwrap();
    world.watch.poll_once().await.unwrap();
    world.store.end_session(ann.user, ann.session, SessionEndReason::Revoked).await.unwrap();
    world.clock.advance(Duration::from_millis(5_001));
    fenced(world.sessions.authorize(ann.user, ann.session).await);
    fenced(world.sessions.authorize(ann.user, bob.session).await);
    fenced(world.sessions.authorize(ann.user, world.stranger()).await);
    world.sessions.authorize(bob.user, bob.session).await.unwrap();
}
