//! How many relations one may have.

use crate::friend::{FriendLimits, FriendRefusal, RelationAnswer, RelationChange, RelationChanged};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::world::Person;

async fn limited(
    h: &DurableHarness,
    who: &Person,
    change: RelationChange,
    limits: &FriendLimits,
) -> Result<RelationChanged, FriendRefusal> {
    h.store.change_relation(&who.actor(), &change, limits).await.unwrap()
}

async fn three(h: &DurableHarness) -> (Person, Person, Person) {
    let (alice, bob) = h.two().await;
    (alice, bob, h.person("carol").await)
}

pub async fn nobody_gets_more_friends_than_one_may_have(h: DurableHarness) {
    let (alice, bob, carol) = three(&h).await;
    let limits = FriendLimits { friends: 1, ..FriendLimits::default() };
    let early = h.request(&carol, &alice).await.request;
    h.befriend(&alice, &bob).await;
    for (who, change) in
        [(&alice, h.ask(&carol)), (&alice, RelationChange::Accept(early)), (&bob, h.ask(&carol))]
    {
        let refusal = limited(&h, who, change, &limits).await.unwrap_err();
        assert_eq!(refusal, FriendRefusal::TooManyFriends);
    }
    // The other side's room counts as well.
    let dave = h.person("dave").await;
    let asked = h.request(&alice, &dave).await.request;
    let refusal = limited(&h, &dave, RelationChange::Accept(asked), &limits).await.unwrap_err();
    assert_eq!(refusal, FriendRefusal::TooManyFriends);

    h.change(&alice, RelationChange::Remove(bob.user)).await;
    limited(&h, &alice, RelationChange::Accept(early), &limits).await.unwrap();
    assert!(h.are_friends(&alice, &carol).await);
}

pub async fn nobody_has_more_requests_waiting_than_one_may_have(h: DurableHarness) {
    let (alice, bob, carol) = three(&h).await;
    let limits = FriendLimits { pending: 1, ..FriendLimits::default() };
    let first = h.request(&alice, &bob).await.request;
    let refusal = limited(&h, &alice, h.ask(&carol), &limits).await.unwrap_err();
    assert_eq!(refusal, FriendRefusal::TooManyRequests);
    limited(&h, &alice, h.ask(&bob), &limits).await.unwrap();
    h.change(&alice, RelationChange::Cancel(first)).await;
    limited(&h, &alice, h.ask(&carol), &limits).await.unwrap();
}

pub async fn a_full_inbox_takes_no_more_and_does_not_show_it(h: DurableHarness) {
    let (alice, bob, carol) = three(&h).await;
    let dave = h.person("dave").await;
    let limits = FriendLimits { pending: 1, ..FriendLimits::default() };
    let first = h.request(&alice, &bob).await.request;
    let changed = limited(&h, &carol, h.ask(&bob), &limits).await.unwrap();
    assert!(matches!(changed.answer, RelationAnswer::Requested(_)));
    assert!(changed.entries.iter().all(|(user, _)| *user == carol.user));
    assert_eq!(h.sent(&carol).await.len(), 1);
    assert_eq!(h.received(&bob).await.len(), 1);

    // What reached nobody takes no room: with the first one gone there is some again.
    h.change(&bob, RelationChange::Reject(first)).await;
    limited(&h, &dave, h.ask(&bob), &limits).await.unwrap();
    let [waiting] = &h.received(&bob).await[..] else { panic!("not one request") };
    assert_eq!(waiting.from.user, dave.user);
}

pub async fn nobody_blocks_more_than_one_may(h: DurableHarness) {
    let (alice, bob, carol) = three(&h).await;
    let limits = FriendLimits { blocks: 1, ..FriendLimits::default() };
    limited(&h, &alice, RelationChange::Block(bob.user), &limits).await.unwrap();
    limited(&h, &alice, RelationChange::Block(bob.user), &limits).await.unwrap();
    let refusal = limited(&h, &alice, RelationChange::Block(carol.user), &limits).await.unwrap_err();
    assert_eq!(refusal, FriendRefusal::TooManyBlocks);
    h.change(&alice, RelationChange::Unblock(bob.user)).await;
    limited(&h, &alice, RelationChange::Block(carol.user), &limits).await.unwrap();
}
