//! Asking and answering.

use crate::error::{ActError, Fenced};
use crate::feed::FeedChange;
use crate::friend::{
    FriendLimits, FriendRefusal, FriendRequest, RelationAnswer, RelationChange, Remark, RequestState,
};
use crate::id::{RequestId, UserId};
use crate::session::SessionEndReason;
use crate::testing::contract::DurableHarness;
use crate::testing::contract::world::Person;

pub async fn a_request_waits_with_its_greeting_for_the_addressee(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let changed = h.change(&alice, h.ask(&bob)).await;
    let RelationAnswer::Requested(request) = &changed.answer else { panic!("not requested") };
    assert_eq!((request.from.user, request.to.user), (alice.user, bob.user));
    assert_eq!((request.greeting.as_str(), request.state), ("hello there", RequestState::Pending));
    assert_eq!(h.sent(&alice).await, std::slice::from_ref(request));
    assert_eq!(h.received(&bob).await, std::slice::from_ref(request));
    assert!(h.received(&alice).await.is_empty());
    assert!(h.sent(&bob).await.is_empty());

    let news = FeedChange::FriendRequest(request.clone());
    let mut readers: Vec<_> = changed.entries.iter().map(|(user, _)| *user).collect();
    readers.sort();
    assert_eq!(readers, alice.pair(&bob).both());
    for who in [&alice, &bob] {
        let newest = h.feed(who).await.pop().unwrap();
        assert_eq!(newest.change, news);
        assert!(changed.entries.contains(&(who.user, newest)));
    }
    assert!(!h.are_friends(&alice, &bob).await);
}

pub async fn asking_again_gives_the_same_request(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let first = h.request(&alice, &bob).await;
    let (again, told) = h.told(&bob, h.request(&alice, &bob)).await;
    assert_eq!(again, first);
    assert_eq!(told, [], "nobody is told twice");
    assert_eq!(h.received(&bob).await.len(), 1);
}

pub async fn only_the_addressee_accepts_or_rejects_and_only_the_asker_cancels(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let mallory = h.person("mallory").await;
    let request = h.request(&alice, &bob).await.request;
    let (accept, reject, cancel) =
        (RelationChange::Accept(request), RelationChange::Reject(request), RelationChange::Cancel(request));
    for (who, change) in [
        (&alice, &accept),
        (&alice, &reject),
        (&bob, &cancel),
        (&mallory, &accept),
        (&mallory, &reject),
        (&mallory, &cancel),
    ] {
        let refusal = h.try_change(who, change.clone()).await.unwrap_err();
        assert_eq!(refusal, FriendRefusal::NoSuchRequest);
    }
    let unknown = RelationChange::Accept(h.id(RequestId::generate));
    assert_eq!(h.try_change(&bob, unknown).await.unwrap_err(), FriendRefusal::NoSuchRequest);
    assert_eq!(h.received(&bob).await.len(), 1);
    assert!(!h.are_friends(&alice, &bob).await);
}

pub async fn accepting_makes_friends_of_both_at_once(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let request = h.request(&alice, &bob).await;
    let before = h.feed(&alice).await.len();
    let (changed, told_bob) = h.told(&bob, h.change(&bob, RelationChange::Accept(request.request))).await;
    let told_alice = h.changes(&alice).await.split_off(before);
    let RelationAnswer::Befriended(friend) = &changed.answer else { panic!("no friends") };
    assert_eq!(friend.profile.user, alice.user);
    assert_eq!(friend.conversation, alice.conversation(&bob));
    assert_eq!(h.friends_of(&bob).await, std::slice::from_ref(friend));

    let [seen] = &h.friends_of(&alice).await[..] else { panic!("not one friend") };
    assert_eq!((seen.profile.user, seen.since), (bob.user, friend.since));
    assert_eq!((seen.conversation, &seen.remark), (friend.conversation, &Remark::empty()));
    assert!(h.received(&bob).await.is_empty() && h.sent(&alice).await.is_empty());
    for who in [&alice, &bob] {
        assert!(h.writable(who, friend.conversation).await);
    }

    let accepted = FeedChange::FriendRequest(FriendRequest { state: RequestState::Accepted, ..request });
    for (told, other) in [(told_alice, &bob), (told_bob, &alice)] {
        let [first, FeedChange::FriendAdded { profile, since, conversation }] = &told[..] else {
            panic!("told {told:?}")
        };
        assert_eq!(*first, accepted);
        assert_eq!(profile.user, other.user);
        assert_eq!((*since, *conversation), (friend.since, friend.conversation));
    }
}

/// Asserts that the request can no longer be answered or taken back.
async fn assert_closed(h: &DurableHarness, alice: &Person, bob: &Person, request: RequestId) {
    for (who, change) in [
        (bob, RelationChange::Accept(request)),
        (bob, RelationChange::Reject(request)),
        (alice, RelationChange::Cancel(request)),
    ] {
        let friends = h.are_friends(alice, bob).await;
        assert_eq!(h.try_change(who, change).await.unwrap_err(), FriendRefusal::NotPending);
        assert_eq!(h.are_friends(alice, bob).await, friends);
    }
    assert!(h.received(bob).await.is_empty() && h.sent(alice).await.is_empty());
}

pub async fn an_answered_request_is_answered_for_ever(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let rejected = h.request(&alice, &bob).await;
    let (_, told) = h.told(&alice, h.change(&bob, RelationChange::Reject(rejected.request))).await;
    let state = RequestState::Rejected;
    assert_eq!(told, [FeedChange::FriendRequest(FriendRequest { state, ..rejected.clone() })]);
    assert_closed(&h, &alice, &bob, rejected.request).await;

    let cancelled = h.request(&alice, &bob).await;
    let (_, told) = h.told(&bob, h.change(&alice, RelationChange::Cancel(cancelled.request))).await;
    let state = RequestState::Cancelled;
    assert_eq!(told, [FeedChange::FriendRequest(FriendRequest { state, ..cancelled.clone() })]);
    assert_closed(&h, &alice, &bob, cancelled.request).await;

    let accepted = h.request(&alice, &bob).await.request;
    h.change(&bob, RelationChange::Accept(accepted)).await;
    assert_closed(&h, &alice, &bob, accepted).await;
    assert!(h.are_friends(&alice, &bob).await);
}

pub async fn requests_that_cross_become_one_friendship(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let first = h.request(&alice, &bob).await;
    let changed = h.change(&bob, h.ask(&alice)).await;
    assert!(matches!(changed.answer, RelationAnswer::Befriended(_)));
    assert!(h.are_friends(&alice, &bob).await);
    for who in [&alice, &bob] {
        assert!(h.sent(who).await.is_empty() && h.received(who).await.is_empty());
    }
    assert_closed(&h, &alice, &bob, first.request).await;
}

pub async fn some_people_cannot_be_asked(h: DurableHarness) {
    let (alice, bob, _) = h.two_friends().await;
    let nobody = RelationChange::Request {
        request: h.id(RequestId::generate),
        to: h.id(UserId::generate),
        greeting: crate::friend::Greeting::empty(),
    };
    assert_eq!(h.try_change(&alice, nobody).await.unwrap_err(), FriendRefusal::NoSuchUser);
    assert_eq!(h.try_change(&alice, h.ask(&alice)).await.unwrap_err(), FriendRefusal::Oneself);
    assert_eq!(h.try_change(&alice, h.ask(&bob)).await.unwrap_err(), FriendRefusal::AlreadyFriends);

    let (disabled, gone) = (h.person("carol").await, h.person("dave").await);
    h.store.set_disabled(disabled.user, true).await.unwrap();
    h.store.delete_account(&gone.actor()).await.unwrap();
    for who in [&disabled, &gone] {
        assert_eq!(h.try_change(&alice, h.ask(who)).await.unwrap_err(), FriendRefusal::NoSuchUser);
    }
    h.change(&alice, RelationChange::Block(bob.user)).await;
    h.change(&alice, RelationChange::Remove(bob.user)).await;
    assert_eq!(h.try_change(&alice, h.ask(&bob)).await.unwrap_err(), FriendRefusal::BlockedByYou);
    assert!(h.sent(&alice).await.is_empty());
}

pub async fn a_fenced_actor_changes_no_relation(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let request = h.request(&alice, &bob).await.request;
    let older = h.claim(&bob).await;
    let newer = h.claim(&bob).await;
    let spare = h.log_in(bob.user).await.session;
    h.store.end_session(bob.user, spare, SessionEndReason::Logout).await.unwrap();
    let change = RelationChange::Accept(request);
    let limits = FriendLimits::default();
    for (actor, why) in [
        (bob.at(older), Fenced::Superseded),
        (bob.on(spare), Fenced::SessionEnded),
        (bob.on(alice.session), Fenced::SessionEnded),
    ] {
        let answer = h.store.change_relation(&actor, &change, &limits).await;
        assert!(matches!(answer, Err(ActError::Fenced(fenced)) if fenced == why));
        assert_eq!(h.received(&bob).await.len(), 1);
    }
    h.store.change_relation(&bob.at(newer), &change, &limits).await.unwrap().unwrap();
    assert!(h.are_friends(&alice, &bob).await);
}
