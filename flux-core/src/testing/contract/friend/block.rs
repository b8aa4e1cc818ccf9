//! Blocks: they close writing and hide requests, and show in nothing that the blocked one sees.

use crate::feed::FeedChange;
use crate::friend::{FriendRefusal, FriendRequest, RelationAnswer, RelationChange, RequestState};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::world::first_page;

pub async fn a_block_is_known_to_the_blocker_alone(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let before = h.feed(&alice).await.len();
    let (changed, told) = h.told(&bob, h.change(&bob, RelationChange::Block(alice.user))).await;
    assert_eq!(changed.answer, RelationAnswer::Done);
    let [FeedChange::Blocked { profile, since }] = &told[..] else { panic!("told {told:?}") };
    let [block] = &h.store.blocks(bob.user, first_page()).await.unwrap()[..] else { panic!("not one") };
    assert_eq!((&block.profile, block.since), (profile, *since));
    assert_eq!(profile.user, alice.user);
    assert_eq!(h.feed(&alice).await.len(), before);
    assert!(h.store.blocks(alice.user, first_page()).await.unwrap().is_empty());
    assert!(h.are_friends(&alice, &bob).await, "a block does not end friendship");
    assert!(!h.writable(&bob, conversation).await);

    let (_, told) = h.told(&bob, h.change(&bob, RelationChange::Block(alice.user))).await;
    assert_eq!(told, [], "blocking twice is blocking once");

    let (_, told) = h.told(&bob, h.change(&bob, RelationChange::Unblock(alice.user))).await;
    assert_eq!(told, [FeedChange::Unblocked(alice.user)]);
    assert!(h.store.blocks(bob.user, first_page()).await.unwrap().is_empty());
    assert!(h.writable(&alice, conversation).await);
    let (_, told) = h.told(&bob, h.change(&bob, RelationChange::Unblock(alice.user))).await;
    assert_eq!(told, []);
}

pub async fn who_is_blocked_asks_in_vain_and_does_not_see_it(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    h.change(&bob, RelationChange::Block(alice.user)).await;
    let (request, told) = h.told(&bob, h.request(&alice, &bob)).await;
    assert_eq!(request.state, RequestState::Pending);
    assert_eq!(told, [], "the blocker hears nothing");
    assert_eq!(h.sent(&alice).await, std::slice::from_ref(&request));
    assert!(h.received(&bob).await.is_empty());
    for change in [RelationChange::Accept(request.request), RelationChange::Reject(request.request)] {
        assert_eq!(h.try_change(&bob, change).await.unwrap_err(), FriendRefusal::NoSuchRequest);
    }
    assert_eq!(h.request(&alice, &bob).await, request);

    let (_, told) = h.told(&bob, h.change(&alice, RelationChange::Cancel(request.request))).await;
    assert_eq!(told, []);
    assert!(h.sent(&alice).await.is_empty());
}

pub async fn a_request_made_during_a_block_reaches_the_other_when_asked_again_after_it(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    h.change(&bob, RelationChange::Block(alice.user)).await;
    let request = h.request(&alice, &bob).await;
    h.change(&bob, RelationChange::Unblock(alice.user)).await;
    assert!(h.received(&bob).await.is_empty(), "the end of a block by itself tells of nothing");
    let (again, told) = h.told(&bob, h.request(&alice, &bob)).await;
    assert_eq!(again, request);
    assert_eq!(told, [FeedChange::FriendRequest(request.clone())]);
    assert_eq!(h.received(&bob).await, std::slice::from_ref(&request));
    h.change(&bob, RelationChange::Accept(request.request)).await;
    assert!(h.are_friends(&alice, &bob).await);
}

pub async fn a_block_of_a_stranger_makes_no_conversation(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let since = h.newest().await;
    h.change(&bob, RelationChange::Block(alice.user)).await;
    let conversation = alice.conversation(&bob);
    assert_eq!(h.store.conversation(alice.user, conversation).await.unwrap(), None);
    let listed = h.store.changed_conversations(alice.user, None, None, 10).await.unwrap();
    assert!(listed.conversations.is_empty());
    let readers: Vec<_> =
        h.store.changed_logs(since, 10).await.unwrap().iter().flat_map(|it| it.readers.to_vec()).collect();
    assert!(!readers.contains(&alice.user), "nothing that she reads has changed");
}

pub async fn a_block_of_a_former_friend_changes_nothing_that_they_can_see(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.change(&bob, RelationChange::Remove(alice.user)).await;
    let before = h.store.conversation(alice.user, conversation).await.unwrap();
    h.change(&bob, RelationChange::Block(alice.user)).await;
    assert_eq!(h.store.conversation(alice.user, conversation).await.unwrap(), before);
}

pub async fn who_unblocks_and_asks_back_is_a_friend_at_once(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    h.change(&bob, RelationChange::Block(alice.user)).await;
    h.request(&alice, &bob).await;
    assert_eq!(h.try_change(&bob, h.ask(&alice)).await.unwrap_err(), FriendRefusal::BlockedByYou);
    h.change(&bob, RelationChange::Unblock(alice.user)).await;
    let changed = h.change(&bob, h.ask(&alice)).await;
    assert!(matches!(changed.answer, RelationAnswer::Befriended(_)));
    assert!(h.are_friends(&alice, &bob).await);
    assert!(h.writable(&alice, alice.conversation(&bob)).await);
}

pub async fn blocking_closes_a_pending_request_as_a_plain_answer_would(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    let asked = h.request(&alice, &bob).await;
    let (_, told) = h.told(&alice, h.change(&bob, RelationChange::Block(alice.user))).await;
    let state = RequestState::Rejected;
    assert_eq!(told, [FeedChange::FriendRequest(FriendRequest { state, ..asked.clone() })]);
    assert!(h.received(&bob).await.is_empty() && h.sent(&alice).await.is_empty());
    let late = h.try_change(&bob, RelationChange::Accept(asked.request)).await;
    assert_eq!(late.unwrap_err(), FriendRefusal::NotPending);
    h.change(&bob, RelationChange::Unblock(alice.user)).await;

    let asking = h.request(&alice, &bob).await;
    let (_, told) = h.told(&bob, h.change(&alice, RelationChange::Block(bob.user))).await;
    let state = RequestState::Cancelled;
    assert_eq!(told, [FeedChange::FriendRequest(FriendRequest { state, ..asking })]);
    assert!(h.received(&bob).await.is_empty() && h.sent(&alice).await.is_empty());
}

pub async fn a_block_before_any_friendship_is_in_the_conversations_row(h: DurableHarness) {
    let (alice, bob) = h.two().await;
    h.change(&alice, RelationChange::Block(bob.user)).await;
    h.change(&alice, RelationChange::Unblock(bob.user)).await;
    h.change(&bob, RelationChange::Block(alice.user)).await;
    h.change(&bob, RelationChange::Unblock(alice.user)).await;
    let conversation = h.befriend(&alice, &bob).await;
    assert!(h.writable(&alice, conversation).await);
    h.change(&alice, RelationChange::Block(bob.user)).await;
    h.change(&alice, RelationChange::Remove(bob.user)).await;
    h.change(&alice, RelationChange::Unblock(bob.user)).await;
    assert!(!h.writable(&alice, conversation).await, "no block, but no friendship either");
}
