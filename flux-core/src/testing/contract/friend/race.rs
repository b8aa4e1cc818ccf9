//! What holds when several change relations at once.

use crate::feed::FeedChange;
use crate::friend::{FriendLimits, FriendRefusal, RelationAnswer, RelationChange, RelationChanged};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::harness::at_once;
use crate::testing::contract::world::Person;

type Outcome = Result<RelationChanged, FriendRefusal>;

/// Everybody does their change at once.
async fn together<const N: usize>(
    h: &DurableHarness,
    changes: [(&Person, RelationChange); N],
) -> [Outcome; N] {
    let tasks = changes.map(|(who, change)| {
        let (store, actor) = (h.store.clone(), who.actor());
        async move { store.change_relation(&actor, &change, &FriendLimits::default()).await.unwrap() }
    });
    at_once(tasks).await.try_into().unwrap()
}

fn befriended(outcome: &Outcome) -> bool {
    matches!(outcome, Ok(RelationChanged { answer: RelationAnswer::Befriended(_), .. }))
}

pub async fn requests_that_cross_at_once_become_one_friendship(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    for round in 0..100 {
        let before = [h.feed(&alice).await.len(), h.feed(&bob).await.len()];
        let outcomes = together(&h, [(&alice, h.ask(&bob)), (&bob, h.ask(&alice))]).await;
        let [one, two] = outcomes.map(|outcome| befriended(&outcome));
        assert!(one != two, "round {round}: one asks first, and the other agrees");
        assert!(h.are_friends(&alice, &bob).await);
        for (who, before) in [&alice, &bob].into_iter().zip(before) {
            assert!(h.sent(who).await.is_empty() && h.received(who).await.is_empty());
            let told = h.changes(who).await.split_off(before);
            let added = told.iter().filter(|it| matches!(it, FeedChange::FriendAdded { .. })).count();
            assert_eq!(added, 1, "round {round}: each is told once");
        }
        h.change(&alice, RelationChange::Remove(bob.user)).await;
    }
}

pub async fn a_request_accepted_twice_at_once_is_accepted_once(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    for _ in 0..25 {
        let request = h.request(&alice, &bob).await.request;
        let accept = || (&bob, RelationChange::Accept(request));
        let outcomes = together(&h, [accept(), accept(), accept()]).await;
        assert_eq!(outcomes.iter().filter(|it| befriended(it)).count(), 1);
        for refusal in outcomes.iter().filter_map(|it| it.as_ref().err()) {
            assert_eq!(*refusal, FriendRefusal::NotPending);
        }
        assert_eq!(h.friends_of(&bob).await.len(), 1);
        h.change(&alice, RelationChange::Remove(bob.user)).await;
    }
}

pub async fn a_request_accepted_and_cancelled_at_once_has_one_end(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    for _ in 0..25 {
        let request = h.request(&alice, &bob).await.request;
        let changes = [(&bob, RelationChange::Accept(request)), (&alice, RelationChange::Cancel(request))];
        let [accepted, cancelled] = together(&h, changes).await;
        assert!(accepted.is_ok() != cancelled.is_ok(), "exactly one of them was in time");
        assert_eq!(h.are_friends(&alice, &bob).await, accepted.is_ok());
        assert!(h.received(&bob).await.is_empty());
        if accepted.is_ok() {
            h.change(&alice, RelationChange::Remove(bob.user)).await;
        }
    }
}

pub async fn a_block_and_an_acceptance_at_once_leave_one_truth(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    for _ in 0..25 {
        let request = h.request(&alice, &bob).await.request;
        let changes = [(&bob, RelationChange::Accept(request)), (&alice, RelationChange::Block(bob.user))];
        let [accepted, blocked] = together(&h, changes).await;
        blocked.unwrap();
        assert_eq!(h.are_friends(&alice, &bob).await, accepted.is_ok());
        assert!(!h.writable(&bob, alice.conversation(&bob)).await);
        h.change(&alice, RelationChange::Unblock(bob.user)).await;
        assert_eq!(h.writable(&bob, alice.conversation(&bob)).await, accepted.is_ok());
        if accepted.is_ok() {
            h.change(&alice, RelationChange::Remove(bob.user)).await;
        }
    }
}

pub async fn changes_in_a_ring_do_not_wait_for_each_other_for_ever(h: DurableHarness) {
    let mut people = Vec::new();
    for name in ["alice", "bob", "carol", "dave"] {
        people.push(h.person(name).await);
    }
    for one in &people {
        for other in &people {
            if one.user < other.user {
                h.befriend(one, other).await;
            }
        }
    }
    let tasks: Vec<_> = (0..people.len())
        .flat_map(|n| [1, 2, 3].map(|step| (n, (n + step) % people.len())))
        .map(|(one, other)| {
            let (store, actor, other) = (h.store.clone(), people[one].actor(), people[other].user);
            async move {
                for _ in 0..5 {
                    for change in [RelationChange::Block(other), RelationChange::Unblock(other)] {
                        let limits = FriendLimits::default();
                        store.change_relation(&actor, &change, &limits).await.unwrap().unwrap();
                    }
                }
            }
        })
        .collect();
    at_once(tasks).await;
    for one in &people {
        for other in people.iter().filter(|other| other.user != one.user) {
            assert!(h.are_friends(one, other).await);
            assert!(h.writable(one, one.conversation(other)).await);
        }
    }
}
