//! The end of sessions, and how everybody learns of it.

use std::collections::BTreeSet;

use crate::feed::FeedChange;
use crate::id::SessionId;
use crate::secret::Secret;
use crate::session::{EndedSession, RotateRefresh, SessionEndReason, SessionPolicy};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::{DAY, HOUR, MINUTE, SECOND};

pub async fn a_session_is_ended_by_its_user_alone_and_once(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let reason = SessionEndReason::Logout;
    let foreign = h.store.end_session(bob.user, alice.session, reason).await.unwrap();
    assert!(foreign.sessions.is_empty() && foreign.entries.is_empty());
    assert_eq!(h.store.sessions(alice.user).await.unwrap().len(), 1);

    let (ended, told) = h.told(&alice, h.store.end_session(alice.user, alice.session, reason)).await;
    let ended = ended.unwrap();
    assert_eq!(ended.sessions, [EndedSession { user: alice.user, session: alice.session, reason }]);
    assert_eq!(told, [FeedChange::SessionEnded { session: alice.session, reason }]);
    assert_eq!(ended.entries, [(alice.user, h.feed(&alice).await.pop().unwrap())]);
    assert!(h.store.sessions(alice.user).await.unwrap().is_empty());

    let again = h.store.end_session(alice.user, alice.session, SessionEndReason::Revoked).await.unwrap();
    assert!(again.sessions.is_empty() && again.entries.is_empty());
    let record = h.store.session(alice.session).await.unwrap().unwrap();
    assert_eq!(record.ended.unwrap().1, reason, "the first end stands");
    let unknown = h.store.end_session(alice.user, h.id(SessionId::generate), reason).await.unwrap();
    assert!(unknown.sessions.is_empty());
}

pub async fn a_session_ended_by_several_at_once_ends_once(h: DurableHarness) {
    let (alice, _) = h.two().await;
    let ends = (0..8).map(|_| {
        let (store, user, session) = (h.store.clone(), alice.user, alice.session);
        async move { store.end_session(user, session, SessionEndReason::Revoked).await.unwrap() }
    });
    let ended: usize = at_once(ends).await.iter().map(|ended| ended.sessions.len()).sum();
    assert_eq!(ended, 1);
    let over = |it: &&FeedChange| matches!(it, FeedChange::SessionEnded { .. });
    assert_eq!(h.changes(&alice).await.iter().filter(over).count(), 1);
}

pub async fn all_sessions_end_but_the_one_to_keep(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let others = [h.log_in(alice.user).await.session, h.log_in(alice.user).await.session];
    let reason = SessionEndReason::Revoked;
    let ended = h.store.end_sessions(alice.user, Some(alice.session), reason).await.unwrap();
    let ids: BTreeSet<_> = ended.sessions.iter().map(|it| it.session).collect();
    assert_eq!(ids, others.into());
    assert_eq!(ended.entries.len(), 2);
    let left = h.store.sessions(alice.user).await.unwrap();
    assert_eq!(left.iter().map(|it| it.session).collect::<Vec<_>>(), [alice.session]);
    let ended = h.store.end_sessions(alice.user, None, reason).await.unwrap();
    assert_eq!(ended.sessions.len(), 1);
    let ended = h.store.end_sessions(alice.user, None, reason).await.unwrap();
    assert!(ended.sessions.is_empty());
    assert_eq!(h.store.sessions(bob.user).await.unwrap().len(), 1);
}

pub async fn an_ended_session_is_kept_for_an_hour(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let reason = SessionEndReason::Logout;
    h.store.end_session(alice.user, alice.session, reason).await.unwrap();
    h.pass(HOUR.saturating_sub(SECOND)).await;
    h.store.end_session(bob.user, bob.session, reason).await.unwrap();
    h.store.expire_sessions(DAY, 100).await.unwrap();
    let record = h.store.session(alice.session).await.unwrap().unwrap();
    assert_eq!(record.ended.unwrap().1, reason);
}

pub async fn sessions_that_are_not_used_expire(h: DurableHarness) {
    let alice = h.person("alice").await;
    let (unused, claimed, refreshed) =
        (h.log_in(alice.user).await, h.log_in(alice.user).await, h.log_in(alice.user).await);
    h.pass(DAY).await;
    h.write(crate::message::Write::Claim { user: alice.user, session: claimed.session }).await;
    let rotated = h.store.rotate_refresh(refreshed.refresh, h.token(), SECOND).await.unwrap();
    assert!(matches!(rotated, RotateRefresh::Rotated(_)));
    let newest = h.log_in(alice.user).await;
    let too_early = h.store.expire_sessions(DAY + SECOND, 100).await.unwrap();
    assert!(too_early.sessions.is_empty());
    h.pass(MINUTE).await;
    let ended = h.store.expire_sessions(DAY, 100).await.unwrap();
    let ids: BTreeSet<_> = ended.sessions.iter().map(|it| it.session).collect();
    assert_eq!(ids, [alice.session, unused.session].into());
    assert!(ended.sessions.iter().all(|it| it.reason == SessionEndReason::Expired));
    assert_eq!(ended.entries.len(), 2);
    let left: BTreeSet<_> = h.store.sessions(alice.user).await.unwrap().iter().map(|it| it.session).collect();
    assert_eq!(left, [claimed.session, refreshed.session, newest.session].into());
}

pub async fn no_more_sessions_expire_at_once_than_were_asked_for(h: DurableHarness) {
    let alice = h.person("alice").await;
    for _ in 0..4 {
        h.log_in(alice.user).await;
    }
    h.pass(DAY).await;
    for left in [3, 1, 0, 0] {
        let ended = h.store.expire_sessions(HOUR, 2).await.unwrap();
        assert!(ended.sessions.len() <= 2);
        assert_eq!(h.store.sessions(alice.user).await.unwrap().len(), left);
    }
}

pub async fn every_end_of_a_session_is_a_revocation(h: DurableHarness) {
    let start = h.store.revocations(None).await.unwrap();
    assert!(start.ended.is_empty());
    let hash = Secret::new("$argon2id$v=19$second");
    let mut expected = Vec::new();
    for (name, reason) in [
        ("alice", SessionEndReason::Logout),
        ("bob", SessionEndReason::Revoked),
        ("carol", SessionEndReason::PasswordChanged),
        ("dave", SessionEndReason::AccountDisabled),
        ("erin", SessionEndReason::AccountDeleted),
        ("frank", SessionEndReason::Replaced),
    ] {
        let who = h.person(name).await;
        match reason {
            SessionEndReason::Logout => {
                h.store.end_session(who.user, who.session, reason).await.unwrap();
            }
            SessionEndReason::PasswordChanged => {
                h.store.set_password(who.user, &hash, None).await.unwrap();
            }
            SessionEndReason::AccountDisabled => {
                h.store.set_disabled(who.user, true).await.unwrap();
            }
            SessionEndReason::AccountDeleted => {
                h.store.delete_account(&who.actor()).await.unwrap();
            }
            SessionEndReason::Replaced => {
                let new = h.new_session(who.user, crate::session::DeviceClass::Web);
                h.store.open_session(new, SessionPolicy::One, None).await.unwrap();
            }
            _ => {
                h.store.end_sessions(who.user, None, reason).await.unwrap();
            }
        }
        expected.push((who.user, who.session, reason));
    }
    let read = h.store.revocations(Some(start.read_at)).await.unwrap();
    assert!(read.read_at >= start.read_at);
    assert!(read.ended.is_sorted_by_key(|(at, _)| *at), "oldest first");
    assert!(read.ended.iter().all(|(at, _)| (start.read_at..=read.read_at).contains(at)));
    let mut told: Vec<_> = read.ended.iter().map(|(_, it)| (it.user, it.session, it.reason)).collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}

pub async fn revocations_are_read_from_a_time_on(h: DurableHarness) {
    let alice = h.person("alice").await;
    let mut ended = Vec::new();
    for _ in 0..3 {
        let session = h.log_in(alice.user).await.session;
        h.pass(SECOND).await;
        h.store.end_session(alice.user, session, SessionEndReason::Logout).await.unwrap();
        ended.push(session);
    }
    let all = h.store.revocations(Some(crate::time::Timestamp::default())).await.unwrap().ended;
    assert_eq!(all.iter().map(|(_, it)| it.session).collect::<Vec<_>>(), ended);
    for (n, (at, _)) in all.iter().enumerate() {
        let from = h.store.revocations(Some(*at)).await.unwrap().ended;
        assert_eq!(from, all[n..], "at or after");
    }
    let after_all = all[2].0.plus(std::time::Duration::from_millis(1));
    assert!(h.store.revocations(Some(after_all)).await.unwrap().ended.is_empty());
    assert!(h.store.revocations(None).await.unwrap().ended.is_empty());
}
