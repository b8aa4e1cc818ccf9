//! Cases of [`JobStore`](crate::job::JobStore).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::account::{Bio, ProfileChange};
use crate::durable::DurableStore;
use crate::feed::FeedChange;
use crate::friend::{FriendRefusal, FriendRequest, RelationChange, RequestState};
use crate::id::{JobId, UserId};
use crate::job::JobStep;
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::{MANY_STEPS, Person, first_page, nth_name};

async fn change_bio(h: &DurableHarness, who: &Person, bio: &str) {
    let change = ProfileChange { display_name: None, bio: Some(Bio::new(bio).unwrap()) };
    h.store.change_profile(&who.actor(), &change).await.unwrap();
}

/// Advances `job` until it is done, and gives whom it told.
async fn advance(store: Arc<dyn DurableStore>, job: JobId) -> Vec<UserId> {
    let mut told = Vec::new();
    for _ in 0..MANY_STEPS {
        let step = store.advance_job(job, 2).await.unwrap();
        told.extend(step.entries.into_iter().map(|(user, _)| user));
        if step.done {
            return told;
        }
    }
    panic!("a job that never ends")
}

/// Alice and `n` friends of hers.
async fn with_friends(h: &DurableHarness, n: usize) -> (Person, Vec<Person>) {
    let alice = h.person("alice").await;
    let mut friends = Vec::new();
    for n in 0..n {
        let friend = h.person(&nth_name(n)).await;
        h.befriend(&friend, &alice).await;
        friends.push(friend);
    }
    (alice, friends)
}

pub async fn a_job_that_is_not_there_is_done(h: DurableHarness) {
    assert_eq!(h.store.jobs(10).await.unwrap(), []);
    let step = h.store.advance_job(h.id(JobId::generate), 10).await.unwrap();
    assert_eq!(step, JobStep { entries: Vec::new(), done: true });
}

pub async fn a_changed_profile_reaches_every_friend_once_page_by_page(h: DurableHarness) {
    let (alice, friends) = with_friends(&h, 7).await;
    let stranger = h.person("mallory").await;
    h.request(&stranger, &alice).await;
    h.change(&friends[1], RelationChange::Block(alice.user)).await;
    let mut before = BTreeMap::new();
    for person in friends.iter().chain([&stranger]) {
        before.insert(person.user, h.feed(person).await.len());
    }
    change_bio(&h, &alice, "new").await;
    let [job] = h.store.jobs(10).await.unwrap()[..] else { panic!("not one job") };
    let mut told = Vec::new();
    for steps in 1.. {
        assert!(steps < MANY_STEPS, "a job that never ends");
        let step = h.store.advance_job(job, 3).await.unwrap();
        assert!(step.entries.len() <= 3);
        told.extend(step.entries);
        if step.done {
            break;
        }
        assert_eq!(h.store.jobs(10).await.unwrap(), [job]);
    }
    assert_eq!(told.len(), 7);
    assert_eq!(h.store.jobs(10).await.unwrap(), []);
    assert_eq!(h.store.advance_job(job, 3).await.unwrap(), JobStep { entries: Vec::new(), done: true });

    let profile = h.store.account(alice.user).await.unwrap().unwrap().profile;
    for friend in &friends {
        let news = h.feed(friend).await.split_off(before[&friend.user]);
        assert_eq!(news.len(), 1);
        assert_eq!(news[0].change, FeedChange::ProfileChanged(profile.clone()));
        assert!(told.contains(&(friend.user, news[0].clone())));
    }
    assert_eq!(h.feed(&stranger).await.len(), before[&stranger.user]);
}

pub async fn friends_are_told_the_profile_as_it_is_when_the_page_is_written(h: DurableHarness) {
    let (alice, friends) = with_friends(&h, 2).await;
    change_bio(&h, &alice, "first").await;
    let job = h.store.jobs(1).await.unwrap()[0];
    h.store.advance_job(job, 1).await.unwrap();
    change_bio(&h, &alice, "second").await;
    let step = h.store.advance_job(job, 1).await.unwrap();
    let [(_, entry)] = &step.entries[..] else { panic!("not one told") };
    let FeedChange::ProfileChanged(profile) = &entry.change else { panic!("{:?}", entry.change) };
    assert_eq!(profile.bio.as_str(), "second");
    h.finish_jobs(10).await;
    for friend in &friends {
        let last = h.changes(friend).await.pop().unwrap();
        assert!(matches!(last, FeedChange::ProfileChanged(it) if it.bio.as_str() == "second"));
    }
}

pub async fn jobs_are_listed_oldest_first(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let mut expected = Vec::new();
    for (who, bio) in [(&alice, "1"), (&bob, "2"), (&alice, "3"), (&bob, "4")] {
        change_bio(&h, who, bio).await;
        let newest: Vec<_> =
            h.store.jobs(10).await.unwrap().into_iter().filter(|job| !expected.contains(job)).collect();
        assert_eq!(newest.len(), 1);
        expected.extend(newest);
    }
    assert_eq!(h.store.jobs(10).await.unwrap(), expected);
    assert_eq!(h.store.jobs(2).await.unwrap(), expected[..2]);
    h.store.advance_job(expected[1], 10).await.unwrap();
    expected.remove(1);
    assert_eq!(h.store.jobs(10).await.unwrap(), expected);
}

pub async fn a_job_advanced_by_several_at_once_does_each_page_once(h: DurableHarness) {
    let (alice, friends) = with_friends(&h, 12).await;
    change_bio(&h, &alice, "new").await;
    let job = h.store.jobs(1).await.unwrap()[0];
    let workers = (0..4).map(|_| advance(h.store.clone(), job));
    let mut told = at_once(workers).await.concat();
    told.sort();
    let mut expected: Vec<_> = friends.iter().map(|friend| friend.user).collect();
    expected.sort();
    assert_eq!(told, expected);
    for friend in &friends {
        let news = h.changes(friend).await;
        let count = news.iter().filter(|it| matches!(it, FeedChange::ProfileChanged(_))).count();
        assert_eq!(count, 1);
    }
}

pub async fn who_leaves_is_nobodys_friend_and_their_conversations_are_closed_but_readable(h: DurableHarness) {
    let (alice, friends) = with_friends(&h, 5).await;
    let former = h.person("former").await;
    let old = h.befriend(&alice, &former).await;
    h.send(&former, old, "once").await;
    h.change(&alice, RelationChange::Remove(former.user)).await;
    for friend in &friends {
        h.send(&alice, alice.conversation(friend), "goodbye").await;
    }
    h.store.delete_account(&alice.actor()).await.unwrap();
    let told = h.finish_jobs(2).await;

    let readers: BTreeSet<UserId> = friends.iter().map(|friend| friend.user).collect();
    assert_eq!(told.keys().copied().collect::<BTreeSet<_>>(), readers);
    for friend in &friends {
        let conversation = alice.conversation(friend);
        assert_eq!(told[&friend.user], [FeedChange::FriendRemoved(alice.user)]);
        assert!(h.friends_of(friend).await.is_empty());
        assert!(!h.writable(friend, conversation).await);
        assert_eq!(h.texts(friend, conversation).await, ["goodbye"]);
        h.try_cursor(friend, conversation, 1, 1).await;
        assert_eq!(h.cursor(friend, conversation).await, (1, 1));
    }
    assert!(h.friends_of(&alice).await.is_empty());
    assert_eq!(h.texts(&former, old).await, ["once"]);
    assert_eq!(h.store.mutual_friends(friends[0].user, &[alice.user]).await.unwrap(), []);
}

pub async fn the_requests_of_who_leaves_are_cancelled_before_the_other_side(h: DurableHarness) {
    let (alice, asked) = h.two().await;
    let asking = h.person("carol").await;
    let (blocker, blocked) = (h.person("dave").await, h.person("erin").await);
    let sent = h.request(&alice, &asked).await;
    let received = h.request(&asking, &alice).await;
    h.change(&blocker, RelationChange::Block(alice.user)).await;
    h.request(&alice, &blocker).await;
    h.change(&alice, RelationChange::Block(blocked.user)).await;
    let hidden = h.request(&blocked, &alice).await;
    h.store.delete_account(&alice.actor()).await.unwrap();
    let told = h.finish_jobs(1).await;

    let cancelled = |user: UserId, request: &FriendRequest| {
        let [FeedChange::FriendRequest(now)] = &told[&user][..] else { panic!("told {:?}", told[&user]) };
        assert_eq!((now.request, now.state), (request.request, RequestState::Cancelled));
    };
    cancelled(asked.user, &sent);
    cancelled(asking.user, &received);
    cancelled(blocked.user, &hidden);
    assert_eq!(told.get(&blocker.user), None, "who never saw the request does not see it go");
    for who in [&alice, &asked, &asking, &blocker, &blocked] {
        assert!(h.sent(who).await.is_empty() && h.received(who).await.is_empty());
    }
    let late = h.try_change(&asked, RelationChange::Accept(sent.request)).await;
    assert!(matches!(late, Err(FriendRefusal::NotPending | FriendRefusal::NoSuchRequest)));
}

pub async fn the_blocks_by_and_of_who_leaves_are_gone(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let carol = h.person("carol").await;
    h.change(&alice, RelationChange::Block(bob.user)).await;
    h.change(&carol, RelationChange::Block(alice.user)).await;
    h.store.delete_account(&alice.actor()).await.unwrap();
    let told = h.finish_jobs(1).await;
    assert!(told.is_empty(), "blocks are told to nobody");
    for who in [&alice, &carol] {
        assert!(h.store.blocks(who.user, first_page()).await.unwrap().is_empty());
    }
}

pub async fn who_has_left_is_befriended_by_nobody_even_before_the_job_is_done(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let carol = h.person("carol").await;
    let request = h.request(&alice, &bob).await.request;
    h.store.delete_account(&alice.actor()).await.unwrap();
    for (who, change) in [(&bob, RelationChange::Accept(request)), (&carol, h.ask(&alice))] {
        assert!(h.try_change(who, change).await.is_err());
    }
    h.finish_jobs(10).await;
    for who in [&bob, &carol] {
        assert!(!h.are_friends(who, &alice).await);
    }
}

pub async fn a_departure_done_by_several_at_once_tells_each_friend_once(h: DurableHarness) {
    let (alice, friends) = with_friends(&h, 9).await;
    h.store.delete_account(&alice.actor()).await.unwrap();
    let job = h.store.jobs(1).await.unwrap()[0];
    let workers = (0..3).map(|_| advance(h.store.clone(), job));
    let told = at_once(workers).await.concat();
    assert_eq!(told.len(), friends.len());
    for friend in &friends {
        let removed = FeedChange::FriendRemoved(alice.user);
        assert_eq!(h.changes(friend).await.iter().filter(|it| **it == removed).count(), 1);
    }
}
