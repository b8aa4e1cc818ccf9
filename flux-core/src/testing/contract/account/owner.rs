//! What owners change about their accounts.

use std::collections::BTreeSet;

use crate::account::{AccountState, Bio, ChangeEmail, DisplayName, Email, Ended, ProfileChange};
use crate::error::{ActError, Fenced};
use crate::feed::FeedChange;
use crate::id::UserId;
use crate::secret::Secret;
use crate::session::SessionEndReason;
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::{Person, nth_name, password};
use crate::time::Timestamp;

fn new_name() -> ProfileChange {
    ProfileChange { display_name: Some(DisplayName::new("Ada L.").unwrap()), bio: None }
}

pub async fn a_changed_profile_is_told_to_its_owner_and_leaves_a_job_for_the_friends(h: DurableHarness) {
    let (alice, _) = h.two().await;
    let (answer, told) = h.told(&alice, h.store.change_profile(&alice.actor(), &new_name())).await;
    let (profile, entry) = answer.unwrap();
    assert_eq!(profile.display_name.as_str(), "Ada L.");
    assert_eq!(profile.username, Some(alice.username.clone()));
    assert_eq!(told, [FeedChange::ProfileChanged(profile.clone())]);
    assert_eq!(entry, h.feed(&alice).await.pop());
    assert_eq!(h.store.account(alice.user).await.unwrap().unwrap().profile, profile);
    assert_eq!(h.store.jobs(10).await.unwrap().len(), 1);

    let bio = Bio::new("Counts.").unwrap();
    let change = ProfileChange { display_name: None, bio: Some(bio.clone()) };
    let (changed, _) = h.store.change_profile(&alice.actor(), &change).await.unwrap();
    assert_eq!((changed.display_name, changed.bio), (profile.display_name, bio));
}

pub async fn a_profile_that_stays_as_it_is_tells_nobody(h: DurableHarness) {
    let (alice, _) = h.two().await;
    let before = h.store.account(alice.user).await.unwrap().unwrap().profile;
    let same =
        ProfileChange { display_name: Some(before.display_name.clone()), bio: Some(before.bio.clone()) };
    for change in [ProfileChange::default(), same] {
        let (answer, told) = h.told(&alice, h.store.change_profile(&alice.actor(), &change)).await;
        assert_eq!(answer.unwrap(), (before.clone(), None));
        assert_eq!(told, []);
    }
    assert_eq!(h.store.jobs(10).await.unwrap(), []);
}

pub async fn a_fenced_actor_changes_no_account(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let older = h.claim(&alice).await;
    h.claim(&alice).await;
    let spare = h.log_in(alice.user).await.session;
    h.store.end_session(alice.user, spare, SessionEndReason::Logout).await.unwrap();
    let before = (h.store.account(alice.user).await.unwrap(), h.feed(&alice).await);
    for (actor, why) in [
        (alice.at(older), Fenced::Superseded),
        (alice.on(spare), Fenced::SessionEnded),
        (alice.on(bob.session), Fenced::SessionEnded),
    ] {
        let fenced = |error: ActError| matches!(error, ActError::Fenced(it) if it == why);
        assert!(fenced(h.store.change_profile(&actor, &new_name()).await.unwrap_err()));
        let email = Email::new("new@example.org").unwrap();
        assert!(fenced(h.store.set_email(&actor, &email).await.unwrap_err()));
        assert!(fenced(h.store.set_invisible(&actor, true).await.unwrap_err()));
        assert!(fenced(h.store.delete_account(&actor).await.unwrap_err()));
        assert_eq!((h.store.account(alice.user).await.unwrap(), h.feed(&alice).await), before);
        assert_eq!(h.store.account_by_email(&email).await.unwrap(), None);
    }
    assert_eq!(h.store.jobs(10).await.unwrap(), []);
    assert_eq!(h.store.sessions(alice.user).await.unwrap().len(), 1);
}

pub async fn a_new_password_ends_every_session_but_the_one_to_keep(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let others = [h.log_in(alice.user).await.session, h.log_in(alice.user).await.session];
    let hash = Secret::new("$argon2id$v=19$second");
    let ended = h.store.set_password(alice.user, &hash, Some(alice.session)).await.unwrap();
    let ids: BTreeSet<_> = ended.sessions.iter().map(|it| it.session).collect();
    assert_eq!(ids, others.into());
    assert!(ended.sessions.iter().all(|it| it.reason == SessionEndReason::PasswordChanged));
    assert_eq!(ended.entries.len(), 2);
    let account = h.store.account(alice.user).await.unwrap().unwrap();
    assert_eq!(account.password_hash, Some(hash.clone()));

    let ended = h.store.set_password(alice.user, &hash, None).await.unwrap();
    assert_eq!(ended.sessions.len(), 1);
    assert!(h.store.sessions(alice.user).await.unwrap().is_empty());
    assert_eq!(h.store.sessions(bob.user).await.unwrap().len(), 1);
    let nobody = h.store.set_password(h.id(UserId::generate), &hash, None).await.unwrap();
    assert_eq!(nobody, Ended::default());
}

pub async fn a_password_hash_is_upgraded_only_while_it_is_the_one_that_was_read(h: DurableHarness) {
    let (alice, _) = h.two().await;
    let (stronger, other) = (Secret::new("$argon2id$v=19$stronger"), Secret::new("$argon2id$v=19$other"));
    let hash = async || h.store.account(alice.user).await.unwrap().unwrap().password_hash.unwrap();
    h.store.upgrade_password_hash(alice.user, &other, &stronger).await.unwrap();
    assert_eq!(hash().await, password());
    h.store.upgrade_password_hash(alice.user, &password(), &stronger).await.unwrap();
    assert_eq!(hash().await, stronger);
    h.store.upgrade_password_hash(alice.user, &password(), &other).await.unwrap();
    assert_eq!(hash().await, stronger);
    h.store.upgrade_password_hash(h.id(UserId::generate), &password(), &other).await.unwrap();
    assert_eq!(h.store.sessions(alice.user).await.unwrap().len(), 1, "sessions stay");
}

pub async fn a_new_address_takes_the_place_of_the_old_one(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let new = Email::new("Ada@example.org").unwrap();
    assert_eq!(h.store.set_email(&alice.actor(), &new).await.unwrap(), ChangeEmail::Changed);
    let found = h.store.account_by_email(&Email::new("ada@example.org").unwrap()).await.unwrap().unwrap();
    assert_eq!((found.profile.user, found.email), (alice.user, Some(new.clone())));
    assert_eq!(h.store.account_by_email(&alice.email).await.unwrap(), None);

    for taken in [&new, &Email::new("ADA@example.org").unwrap()] {
        assert_eq!(h.store.set_email(&bob.actor(), taken).await.unwrap(), ChangeEmail::Taken);
    }
    let account = h.store.account(bob.user).await.unwrap().unwrap();
    assert_eq!(account.email, Some(bob.email.clone()));
    assert_eq!(h.store.set_email(&bob.actor(), &alice.email).await.unwrap(), ChangeEmail::Changed);

    let other_case = Email::new("ADA@example.org").unwrap();
    assert_eq!(h.store.set_email(&alice.actor(), &other_case).await.unwrap(), ChangeEmail::Changed);
    let found = h.store.account_by_email(&new).await.unwrap().unwrap();
    assert_eq!(found.email, Some(other_case), "one may write one's own address otherwise");
}

pub async fn of_those_who_take_one_address_at_once_one_gets_it(h: DurableHarness) {
    let mut people: Vec<Person> = Vec::new();
    for n in 0..8 {
        people.push(h.person(&nth_name(n)).await);
    }
    let wanted = Email::new("wanted@example.org").unwrap();
    let changes = people.iter().map(|person| {
        let (store, actor, email) = (h.store.clone(), person.actor(), wanted.clone());
        async move { store.set_email(&actor, &email).await.unwrap() }
    });
    let outcomes = at_once(changes).await;
    let winners: Vec<_> =
        outcomes.iter().zip(&people).filter(|(it, _)| **it == ChangeEmail::Changed).collect();
    let [(_, winner)] = winners[..] else { panic!("{} winners", winners.len()) };
    let owner = h.store.account_by_email(&wanted).await.unwrap().unwrap();
    assert_eq!(owner.profile.user, winner.user);
}

pub async fn a_disabled_account_loses_its_sessions_and_may_come_back(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let ended = h.store.set_disabled(alice.user, true).await.unwrap().unwrap();
    let [gone] = &ended.sessions[..] else { panic!("not one ended") };
    assert_eq!((gone.session, gone.reason), (alice.session, SessionEndReason::AccountDisabled));
    assert_eq!(ended.entries.len(), 1);
    let account = h.store.account_by_username(&alice.username).await.unwrap().unwrap();
    assert_eq!(account.state, AccountState::Disabled);
    assert_eq!(h.store.account_by_email(&alice.email).await.unwrap(), Some(account));

    let again = h.store.set_disabled(alice.user, true).await.unwrap().unwrap();
    assert_eq!(again, Ended::default());
    assert_eq!(h.store.set_disabled(alice.user, false).await.unwrap(), Some(Ended::default()));
    assert_eq!(h.store.account(alice.user).await.unwrap().unwrap().state, AccountState::Active);
    h.log_in(alice.user).await;

    h.store.delete_account(&bob.actor()).await.unwrap();
    for user in [bob.user, h.id(UserId::generate)] {
        assert_eq!(h.store.set_disabled(user, true).await.unwrap(), None);
        assert_eq!(h.store.set_disabled(user, false).await.unwrap(), None);
    }
    assert_eq!(h.store.account(bob.user).await.unwrap().unwrap().state, AccountState::Deleted);
}

pub async fn being_invisible_is_kept(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    for wish in [true, false, true] {
        h.store.set_invisible(&alice.actor(), wish).await.unwrap();
        assert_eq!(h.store.account(alice.user).await.unwrap().unwrap().invisible, wish);
    }
    assert!(!h.store.account(bob.user).await.unwrap().unwrap().invisible);
}

pub async fn the_time_last_seen_only_grows(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let at = Timestamp::from_millis;
    let seen = async |who: &Person| h.store.account(who.user).await.unwrap().unwrap().last_seen;
    h.store.touch_last_seen(&[(alice.user, at(5_000)), (bob.user, at(7_000))]).await.unwrap();
    assert_eq!((seen(&alice).await, seen(&bob).await), (Some(at(5_000)), Some(at(7_000))));
    let unknown = h.id(UserId::generate);
    let later = [(alice.user, at(6_000)), (unknown, at(9_000)), (bob.user, at(6_000))];
    h.store.touch_last_seen(&later).await.unwrap();
    assert_eq!((seen(&alice).await, seen(&bob).await), (Some(at(6_000)), Some(at(7_000))));
    h.store.touch_last_seen(&[]).await.unwrap();
}
