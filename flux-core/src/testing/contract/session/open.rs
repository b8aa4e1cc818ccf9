//! Opening sessions, and what gives way.

use std::collections::BTreeSet;

use crate::account::Ended;
use crate::feed::FeedChange;
use crate::id::{Generation, SessionId, UserId};
use crate::secret::Secret;
use crate::session::{DeviceClass, NewSession, OpenSession, Session, SessionEndReason, SessionPolicy};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::{MANY, SECOND, password};

/// Opens a session of `user` on a device of `class` under `policy`.
async fn open(
    h: &DurableHarness,
    user: UserId,
    class: DeviceClass,
    policy: SessionPolicy,
) -> (Session, Ended) {
    match h.store.open_session(h.new_session(user, class), policy, None).await.unwrap() {
        OpenSession::Opened { session, ended } => (session, ended),
        OpenSession::Refused => panic!("refused"),
    }
}

fn ids(ended: &Ended) -> BTreeSet<SessionId> {
    ended.sessions.iter().map(|it| it.session).collect()
}

pub async fn an_opened_session_is_listed_and_told_to_its_users_feed(h: DurableHarness) {
    let account = h.create(h.new_account("alice")).await;
    let user = account.profile.user;
    let new = h.new_session(user, DeviceClass::Tablet);
    let opened = h.store.open_session(new.clone(), SessionPolicy::default(), None).await.unwrap();
    let OpenSession::Opened { session, ended } = opened else { panic!("refused") };
    assert_eq!((session.session, session.user, &session.device), (new.session, user, &new.device));
    assert_eq!(session.created, session.last_used);
    assert!(ended.sessions.is_empty());
    assert_eq!(h.store.sessions(user).await.unwrap(), std::slice::from_ref(&session));

    let record = h.store.session(new.session).await.unwrap().unwrap();
    assert_eq!((record.session, record.generation, record.ended), (session.clone(), Generation::ZERO, None));
    let [(reader, entry)] = &ended.entries[..] else { panic!("not one entry") };
    assert_eq!((*reader, &entry.change), (user, &FeedChange::SessionOpened(session)));
    let feed = h.store.feed(user, crate::id::Seq::ZERO, 10).await.unwrap();
    assert_eq!(feed.entries, std::slice::from_ref(entry));
}

pub async fn an_unknown_session_is_none(h: DurableHarness) {
    assert_eq!(h.store.session(h.id(SessionId::generate)).await.unwrap(), None);
    assert_eq!(h.store.sessions(h.id(UserId::generate)).await.unwrap(), []);
}

pub async fn a_login_needs_an_active_account_with_the_password_that_was_checked(h: DurableHarness) {
    let attempt = async |user, hash: Option<&Secret>| {
        let new = h.new_session(user, DeviceClass::Web);
        match h.store.open_session(new.clone(), MANY, hash).await.unwrap() {
            OpenSession::Opened { .. } => true,
            OpenSession::Refused => {
                assert_eq!(h.store.session(new.session).await.unwrap(), None);
                false
            }
        }
    };
    let (alice, bob) = h.two().await;
    let (old, new) = (password(), Secret::new("$argon2id$v=19$second"));
    assert!(attempt(alice.user, Some(&old)).await);
    assert!(!attempt(alice.user, Some(&new)).await);
    h.store.set_password(alice.user, &new, None).await.unwrap();
    assert!(!attempt(alice.user, Some(&old)).await, "a login that overlaps a change does not survive it");
    assert!(attempt(alice.user, Some(&new)).await);
    assert!(attempt(alice.user, None).await);

    assert!(!attempt(h.id(UserId::generate), None).await);
    h.store.set_disabled(alice.user, true).await.unwrap();
    h.store.delete_account(&bob.actor()).await.unwrap();
    for user in [alice.user, bob.user] {
        assert!(!attempt(user, None).await);
        assert!(h.store.sessions(user).await.unwrap().is_empty());
    }
    let provisioned = crate::account::NewAccount { password_hash: None, ..h.new_account("carol") };
    let carol = h.create(provisioned).await.profile.user;
    assert!(!attempt(carol, Some(&old)).await);
    assert!(attempt(carol, None).await);
}

pub async fn the_least_recently_used_session_gives_way_to_one_too_many(h: DurableHarness) {
    let user = h.create(h.new_account("alice")).await.profile.user;
    let policy = SessionPolicy::Many(2);
    let mut opened = Vec::new();
    for _ in 0..2 {
        opened.push(open(&h, user, DeviceClass::Web, policy).await.0.session);
        h.pass(SECOND).await;
    }
    // The first one is used again, so the second one is the older now.
    h.write(crate::message::Write::Claim { user, session: opened[0] }).await;
    h.pass(SECOND).await;
    let (third, ended) = open(&h, user, DeviceClass::Web, policy).await;
    let [gone] = &ended.sessions[..] else { panic!("not one ended: {ended:?}") };
    assert_eq!((gone.session, gone.reason), (opened[1], SessionEndReason::Replaced));
    let told: Vec<_> = ended.entries.iter().map(|(_, entry)| entry.change.clone()).collect();
    let reason = SessionEndReason::Replaced;
    assert_eq!(
        told,
        [FeedChange::SessionEnded { session: opened[1], reason }, FeedChange::SessionOpened(third.clone())]
    );
    let left: Vec<_> = h.store.sessions(user).await.unwrap().iter().map(|it| it.session).collect();
    assert_eq!(left, [third.session, opened[0]]);
}

pub async fn one_session_per_device_class_ends_that_of_its_class(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    h.store.end_sessions(alice.user, None, SessionEndReason::Logout).await.unwrap();
    let policy = SessionPolicy::OnePerDeviceClass;
    let (phone, _) = open(&h, alice.user, DeviceClass::Mobile, policy).await;
    let (web, ended) = open(&h, alice.user, DeviceClass::Web, policy).await;
    assert!(ended.sessions.is_empty());
    let (newer, ended) = open(&h, alice.user, DeviceClass::Mobile, policy).await;
    assert_eq!(ids(&ended), [phone.session].into());
    let left: BTreeSet<_> = h.store.sessions(alice.user).await.unwrap().iter().map(|it| it.session).collect();
    assert_eq!(left, [web.session, newer.session].into());
    assert_eq!(h.store.sessions(bob.user).await.unwrap().len(), 1, "others keep theirs");
}

pub async fn one_session_in_all_ends_every_other(h: DurableHarness) {
    let user = h.create(h.new_account("alice")).await.profile.user;
    let mut before = BTreeSet::new();
    for class in DeviceClass::ALL {
        before.insert(open(&h, user, class, MANY).await.0.session);
    }
    let (last, ended) = open(&h, user, DeviceClass::Web, SessionPolicy::One).await;
    assert_eq!(ids(&ended), before);
    assert!(ended.sessions.iter().all(|it| it.user == user && it.reason == SessionEndReason::Replaced));
    assert_eq!(ended.entries.len(), before.len() + 1);
    assert_eq!(h.store.sessions(user).await.unwrap(), [last]);
}

pub async fn logins_at_once_under_one_session_leave_one(h: DurableHarness) {
    let user = h.create(h.new_account("alice")).await.profile.user;
    let logins = (0..10).map(|_| {
        let (store, new) = (h.store.clone(), h.new_session(user, DeviceClass::Web));
        async move { store.open_session(new, SessionPolicy::One, None).await.unwrap() }
    });
    let mut ended = 0;
    for opened in at_once(logins).await {
        let OpenSession::Opened { ended: gone, .. } = opened else { panic!("refused") };
        ended += gone.sessions.len();
    }
    assert_eq!(ended, 9, "each gave way once");
    assert_eq!(h.store.sessions(user).await.unwrap().len(), 1);
}

pub async fn sessions_are_listed_newest_first(h: DurableHarness) {
    let user = h.create(h.new_account("alice")).await.profile.user;
    let mut opened = Vec::new();
    for _ in 0..3 {
        let NewSession { session, .. } = h.log_in(user).await;
        opened.insert(0, session);
        h.pass(SECOND).await;
    }
    let listed: Vec<_> = h.store.sessions(user).await.unwrap().iter().map(|it| it.session).collect();
    assert_eq!(listed, opened);
}
