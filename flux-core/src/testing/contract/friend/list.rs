//! Lists of relations, in pages.

use uuid::Uuid;

use crate::account::{DisplayName, ProfileChange};
use crate::friend::{PageAfter, RelationChange, RequestDirection};
use crate::testing::contract::DurableHarness;
use crate::testing::contract::world::{MS, Person, first_page, nth_name};
use crate::time::Timestamp;

type Place = (Timestamp, Uuid);

/// Alice and seven others.
async fn around_alice(h: &DurableHarness) -> (Person, Vec<Person>) {
    let alice = h.person("alice").await;
    let mut others = Vec::new();
    for n in 0..7 {
        others.push(h.person(&nth_name(n)).await);
    }
    (alice, others)
}

/// Reads a list page by page and asserts that it is `expected`, in ascending order.
async fn assert_pages(expected: &[Place], read: impl AsyncFn(PageAfter) -> Vec<Place>) {
    let mut sorted = expected.to_vec();
    sorted.sort();
    for limit in [1, 3, 7, 100] {
        let mut all: Vec<Place> = Vec::new();
        loop {
            let page = read(PageAfter { after: all.last().copied(), limit }).await;
            assert!(page.len() <= limit && all.len() <= sorted.len());
            if page.is_empty() {
                break;
            }
            all.extend(page);
        }
        assert_eq!(all, sorted, "{limit} at a time");
    }
}

pub async fn friends_are_listed_by_time_and_id(h: DurableHarness) {
    let (alice, others) = around_alice(&h).await;
    for (n, other) in others.iter().enumerate() {
        h.befriend(other, &alice).await;
        if n % 3 == 2 {
            h.pass(MS).await;
        }
    }
    let place = |friend: crate::friend::Friend| (friend.since, friend.profile.user.as_uuid());
    let mut expected = Vec::new();
    for other in &others {
        let theirs = h.friends_of(other).await.remove(0);
        expected.push((theirs.since, other.user.as_uuid()));
    }
    assert_pages(&expected, async |page| {
        h.store.friends(alice.user, page).await.unwrap().into_iter().map(place).collect()
    })
    .await;
}

pub async fn requests_are_listed_by_time_and_id(h: DurableHarness) {
    let (alice, others) = around_alice(&h).await;
    let (mut received, mut sent) = (Vec::new(), Vec::new());
    for (n, other) in others.iter().enumerate() {
        let to_alice = n % 2 == 0;
        let (from, to) = if to_alice { (other, &alice) } else { (&alice, other) };
        let request = h.request(from, to).await;
        let list = if to_alice { &mut received } else { &mut sent };
        list.push((request.created, request.request.as_uuid()));
        if n % 3 == 2 {
            h.pass(MS).await;
        }
    }
    for (direction, expected) in [(RequestDirection::Received, received), (RequestDirection::Sent, sent)] {
        assert_pages(&expected, async |page| {
            let requests = h.store.requests(alice.user, direction, page).await.unwrap();
            requests.iter().map(|it| (it.created, it.request.as_uuid())).collect()
        })
        .await;
    }
}

pub async fn blocks_are_listed_by_time_and_id(h: DurableHarness) {
    let (alice, others) = around_alice(&h).await;
    for (n, other) in others.iter().enumerate() {
        h.change(&alice, RelationChange::Block(other.user)).await;
        if n % 3 == 2 {
            h.pass(MS).await;
        }
    }
    let all = h.store.blocks(alice.user, first_page()).await.unwrap();
    let expected: Vec<_> = all.iter().map(|it| (it.since, it.profile.user.as_uuid())).collect();
    let mut users: Vec<_> = others.iter().map(|other| other.user.as_uuid()).collect();
    let mut listed: Vec<_> = expected.iter().map(|(_, user)| *user).collect();
    users.sort();
    listed.sort();
    assert_eq!(listed, users);
    assert_pages(&expected, async |page| {
        let blocks = h.store.blocks(alice.user, page).await.unwrap();
        blocks.iter().map(|it| (it.since, it.profile.user.as_uuid())).collect()
    })
    .await;
}

pub async fn lists_show_profiles_as_they_are_now(h: DurableHarness) {
    let (alice, bob, _) = h.two_friends().await;
    let carol = h.person("carol").await;
    h.request(&bob, &carol).await;
    h.change(&carol, RelationChange::Block(alice.user)).await;
    let name = DisplayName::new("Somebody Else").unwrap();
    let change = ProfileChange { display_name: Some(name.clone()), bio: None };
    for who in [&alice, &bob] {
        h.store.change_profile(&who.actor(), &change).await.unwrap();
    }
    assert_eq!(h.friends_of(&alice).await[0].profile.display_name, name);
    assert_eq!(h.received(&carol).await[0].from.display_name, name);
    let blocks = h.store.blocks(carol.user, first_page()).await.unwrap();
    assert_eq!(blocks[0].profile.display_name, name);
}
