//! Refresh tokens: rotated at each use, and a trap for whoever presents an old one.

use crate::feed::FeedChange;
use crate::secret::TokenHash;
use crate::session::{RotateRefresh, Session, SessionEndReason};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::{MINUTE, Person, SECOND};

const GRACE: std::time::Duration = std::time::Duration::from_secs(10);

/// Presents `token` and gives its successor.
async fn rotate(h: &DurableHarness, token: TokenHash) -> (Session, TokenHash) {
    let next = h.token();
    match h.store.rotate_refresh(token, next, GRACE).await.unwrap() {
        RotateRefresh::Rotated(session) => (session, next),
        other => panic!("not rotated: {other:?}"),
    }
}

async fn present(h: &DurableHarness, token: TokenHash) -> RotateRefresh {
    h.store.rotate_refresh(token, h.token(), GRACE).await.unwrap()
}

/// Asserts that presenting `token` ends the session of `who`, once.
async fn assert_trap(h: &DurableHarness, who: &Person, token: TokenHash) {
    let (answer, told) = h.told(who, present(h, token)).await;
    let RotateRefresh::Reused(ended) = answer else { panic!("not noticed: {answer:?}") };
    let [gone] = &ended.sessions[..] else { panic!("not one ended") };
    let reason = SessionEndReason::TokenReused;
    assert_eq!((gone.user, gone.session, gone.reason), (who.user, who.session, reason));
    assert_eq!(told, [FeedChange::SessionEnded { session: who.session, reason }]);
    assert!(h.store.sessions(who.user).await.unwrap().is_empty());
    assert_eq!(present(h, token).await, RotateRefresh::Unknown);
}

pub async fn a_refresh_token_is_exchanged_for_the_next(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let (session, second) = rotate(&h, alice.refresh).await;
    assert_eq!((session.session, session.user), (alice.session, alice.user));
    let (session, _) = rotate(&h, second).await;
    assert_eq!(session.session, alice.session);
    assert_eq!(rotate(&h, bob.refresh).await.0.session, bob.session);
}

pub async fn a_token_that_nobody_has_is_unknown(h: DurableHarness) {
    let (alice, _) = h.two().await;
    assert_eq!(present(&h, h.token()).await, RotateRefresh::Unknown);
    assert_eq!(h.store.sessions(alice.user).await.unwrap().len(), 1);
}

pub async fn the_tokens_of_an_ended_session_are_unknown(h: DurableHarness) {
    let (alice, _) = h.two().await;
    let (_, second) = rotate(&h, alice.refresh).await;
    h.store.end_session(alice.user, alice.session, SessionEndReason::Logout).await.unwrap();
    for token in [alice.refresh, second] {
        assert_eq!(present(&h, token).await, RotateRefresh::Unknown);
    }
    let record = h.store.session(alice.session).await.unwrap().unwrap();
    assert_eq!(record.ended.unwrap().1, SessionEndReason::Logout);
}

pub async fn a_lost_reply_logs_nobody_out(h: DurableHarness) {
    let (alice, _) = h.two().await;
    let (_, lost) = rotate(&h, alice.refresh).await;
    h.pass(9 * SECOND).await;
    let (_, second) = rotate(&h, alice.refresh).await;
    assert_ne!(lost, second);
    h.pass(MINUTE).await;
    rotate(&h, second).await;
}

pub async fn an_old_token_presented_after_the_grace_ends_its_session(h: DurableHarness) {
    let (alice, _) = h.two().await;
    let (_, second) = rotate(&h, alice.refresh).await;
    // Presenting it again within the grace does not prolong the grace.
    h.pass(6 * SECOND).await;
    rotate(&h, alice.refresh).await;
    h.pass(5 * SECOND).await;
    assert_trap(&h, &alice, alice.refresh).await;
    assert_eq!(present(&h, second).await, RotateRefresh::Unknown, "the whole session is over");
}

pub async fn a_token_of_long_ago_is_still_known(h: DurableHarness) {
    let (alice, _) = h.two().await;
    let mut token = alice.refresh;
    for _ in 1..64 {
        token = rotate(&h, token).await.1;
        h.pass(SECOND).await;
    }
    assert_trap(&h, &alice, alice.refresh).await;
}

pub async fn presentations_at_once_each_get_a_token_of_their_own(h: DurableHarness) {
    let (alice, _) = h.two().await;
    let presentations = (0..8).map(|_| {
        let (store, next) = (h.store.clone(), h.token());
        async move { (store.rotate_refresh(alice.refresh, next, GRACE).await.unwrap(), next) }
    });
    for (answer, next) in at_once(presentations).await {
        assert!(matches!(answer, RotateRefresh::Rotated(_)), "{answer:?}");
        rotate(&h, next).await;
    }
    assert_eq!(h.store.sessions(alice.user).await.unwrap().len(), 1);
}

pub async fn a_reuse_noticed_by_several_at_once_ends_the_session_once(h: DurableHarness) {
    let (alice, _) = h.two().await;
    rotate(&h, alice.refresh).await;
    h.pass(MINUTE).await;
    let presentations = (0..8).map(|_| {
        let (store, next) = (h.store.clone(), h.token());
        async move { store.rotate_refresh(alice.refresh, next, GRACE).await.unwrap() }
    });
    let ended: usize = at_once(presentations)
        .await
        .iter()
        .map(|answer| match answer {
            RotateRefresh::Reused(ended) => ended.sessions.len(),
            RotateRefresh::Unknown => 0,
            RotateRefresh::Rotated(_) => panic!("an old token was taken"),
        })
        .sum();
    assert_eq!(ended, 1);
}

pub async fn a_refresh_uses_the_session(h: DurableHarness) {
    let (alice, _) = h.two().await;
    h.pass(MINUTE).await;
    let (session, _) = rotate(&h, alice.refresh).await;
    assert_eq!(session.last_used.since(session.created), MINUTE);
    assert_eq!(h.store.session(alice.session).await.unwrap().unwrap().session, session);
}
