//! Friendships as long as they last, and what friends call each other.

use crate::feed::FeedChange;
use crate::friend::{FriendRefusal, RelationChange, Remark};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::world::nth_name;

pub async fn removing_a_friend_ends_it_for_both(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    let before = h.feed(&bob).await.len();
    let (_, told) = h.told(&alice, h.change(&alice, RelationChange::Remove(bob.user))).await;
    assert_eq!(told, [FeedChange::FriendRemoved(bob.user)]);
    assert_eq!(h.changes(&bob).await.split_off(before), [FeedChange::FriendRemoved(alice.user)]);
    assert!(!h.are_friends(&alice, &bob).await);
    for who in [&alice, &bob] {
        assert!(!h.writable(who, conversation).await);
    }
    for (who, other) in [(&alice, &bob), (&bob, &alice)] {
        let again = h.try_change(who, RelationChange::Remove(other.user)).await;
        assert_eq!(again.unwrap_err(), FriendRefusal::NotFriends);
    }
}

pub async fn old_friends_may_become_friends_again_in_the_same_conversation(h: DurableHarness) {
    let (alice, bob, conversation) = h.two_friends().await;
    h.send(&alice, conversation, "before").await;
    h.change(&alice, RelationChange::Remove(bob.user)).await;
    assert_eq!(h.befriend(&bob, &alice).await, conversation);
    h.send(&bob, conversation, "after").await;
    assert_eq!(h.texts(&alice, conversation).await, ["before", "after"]);
}

pub async fn a_remark_is_its_owners_alone_and_goes_with_the_friendship(h: DurableHarness) {
    let (alice, bob, _) = h.two_friends().await;
    let remark = Remark::new("Bobby").unwrap();
    let change = RelationChange::Remark(bob.user, remark.clone());
    let before = h.feed(&bob).await.len();
    let (_, told) = h.told(&alice, h.change(&alice, change.clone())).await;
    assert_eq!(told, [FeedChange::RemarkChanged { friend: bob.user, remark: remark.clone() }]);
    assert_eq!(h.friends_of(&alice).await[0].remark, remark);
    assert_eq!(h.friends_of(&bob).await[0].remark, Remark::empty());
    assert_eq!(h.feed(&bob).await.len(), before, "the friend is not told");

    let (_, told) = h.told(&alice, h.change(&alice, change.clone())).await;
    assert_eq!(told, [], "the same remark is no change");

    let own = Remark::new("Ali").unwrap();
    h.change(&bob, RelationChange::Remark(alice.user, own.clone())).await;
    assert_eq!(h.friends_of(&alice).await[0].remark, remark);
    assert_eq!(h.friends_of(&bob).await[0].remark, own);
    h.change(&alice, RelationChange::Remark(bob.user, Remark::empty())).await;
    assert_eq!(h.friends_of(&alice).await[0].remark, Remark::empty());
    assert_eq!(h.friends_of(&bob).await[0].remark, own);

    h.change(&alice, RelationChange::Remove(bob.user)).await;
    assert_eq!(h.try_change(&alice, change).await.unwrap_err(), FriendRefusal::NotFriends);
    h.befriend(&alice, &bob).await;
    assert_eq!(h.friends_of(&bob).await[0].remark, Remark::empty());
}

pub async fn mutual_friends_are_those_without_a_block_in_either_direction(h: DurableHarness) {
    let alice = h.person("alice").await;
    let mut others = Vec::new();
    for name in ["bob", "carol", "dave", "erin"] {
        others.push(h.person(name).await);
    }
    let [bob, carol, dave, erin] = &others[..] else { panic!("not four") };
    for friend in [bob, carol, dave] {
        h.befriend(friend, &alice).await;
    }
    h.request(erin, &alice).await;
    let asked = [dave.user, erin.user, bob.user, alice.user, carol.user];
    let users = h.store.mutual_friends(alice.user, &asked).await.unwrap();
    assert_eq!(users, [dave.user, bob.user, carol.user], "in the order asked for");

    h.change(&alice, RelationChange::Block(bob.user)).await;
    h.change(carol, RelationChange::Block(alice.user)).await;
    let users = h.store.mutual_friends(alice.user, &asked).await.unwrap();
    assert_eq!(users, [dave.user]);
    assert_eq!(h.store.mutual_friends(carol.user, &[alice.user]).await.unwrap(), []);
    h.change(&alice, RelationChange::Unblock(bob.user)).await;
    assert_eq!(h.store.mutual_friends(bob.user, &[alice.user]).await.unwrap(), [alice.user]);
    assert_eq!(h.store.mutual_friends(alice.user, &[]).await.unwrap(), []);
}

pub async fn all_mutual_friends_are_those_and_no_more_than_asked_for(h: DurableHarness) {
    // On both sides of their pairs, most likely: ids grow with time, and in between by chance.
    let mut people = Vec::new();
    for n in 0..7 {
        people.push(h.person(&nth_name(n)).await);
    }
    let me = people.remove(3);
    for friend in &people {
        h.befriend(friend, &me).await;
    }
    let all = async |limit| {
        let mut users = h.store.all_mutual_friends(me.user, limit).await.unwrap();
        users.sort();
        users
    };
    let mut friends: Vec<_> = people.iter().map(|friend| friend.user).collect();
    friends.sort();
    assert_eq!(all(100).await, friends);
    assert_eq!(all(6).await, friends);
    let some = all(4).await;
    assert_eq!(some.len(), 4);
    assert!(some.iter().all(|user| friends.contains(user)));

    h.change(&me, RelationChange::Block(people[0].user)).await;
    h.change(&people[5], RelationChange::Block(me.user)).await;
    friends.retain(|user| *user != people[0].user && *user != people[5].user);
    assert_eq!(all(100).await, friends);
    assert_eq!(h.store.all_mutual_friends(people[0].user, 100).await.unwrap(), []);
    h.change(&me, RelationChange::Remove(people[1].user)).await;
    friends.retain(|user| *user != people[1].user);
    assert_eq!(all(100).await, friends);
}
