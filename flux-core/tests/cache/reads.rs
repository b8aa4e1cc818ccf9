//! What was read once is not read again for a while.

use std::time::Duration;

use flux_core::Settings;
use flux_core::cache::CacheSettings;
use flux_core::presence::PresenceState;
use flux_core::routing::{Outbox, OutboxLimits};

use super::world::World;

#[tokio::test]
async fn what_one_node_has_read_another_knows_without_its_store() {
    let world = World::new();
    let (node, blind) = (world.node(), world.without_store());
    let (ada, bob) = (node.person("ada").await, node.person("bob").await);
    assert_eq!(blind.name_of(ada.user).await, None, "it has none");
    // The lease of who found nothing is over, and nothing is kept of who is not there.
    world.pass(Duration::from_secs(2)).await;
    assert_eq!(node.name_of(ada.user).await.as_deref(), Some("ada"));
    assert_eq!(blind.name_of(ada.user).await.as_deref(), Some("ada"));
    assert_eq!(blind.flux.accounts.profile(ada.user).await.unwrap().user, ada.user);
    assert_eq!(blind.search(&bob, ada.user).await, [ada.user]);
    // Many, of whom one is not known there yet, and one is asked for twice.
    let asked = [ada.user, bob.user, ada.user];
    let users: Vec<_> = node.flux.accounts.profiles(&asked).await.unwrap();
    assert_eq!(users.iter().map(|profile| profile.user).collect::<Vec<_>>(), asked);
    assert_eq!(blind.flux.accounts.profiles(&asked).await.unwrap(), users);
}

#[tokio::test]
async fn who_is_friends_with_whom_and_who_may_be_seen_is_known_without_a_store() {
    let world = World::new();
    let (node, blind) = (world.node(), world.without_store());
    let (ada, bob, eve) = (node.person("ada").await, node.person("bob").await, node.person("eve").await);
    node.befriend(&ada, &bob).await;
    node.connect(&bob).await;
    world.pass(Duration::from_secs(2)).await;
    let outbox = Outbox::new(OutboxLimits::default());
    let asked = [eve.user, bob.user];
    let watch = async |node: &super::world::Node| {
        let seen = node.flux.presence.watch(&ada, &outbox, &asked).await.unwrap();
        seen.into_iter().map(|presence| (presence.user, presence.state)).collect::<Vec<_>>()
    };
    let expected = [(eve.user, PresenceState::Offline), (bob.user, PresenceState::Online)];
    assert_eq!(watch(&node).await, expected);
    assert_eq!(watch(&blind).await, expected);
}

#[tokio::test]
async fn what_is_kept_ends_after_a_minute() {
    let world = World::new();
    let (node, blind) = (world.node(), world.without_store());
    let ada = node.person("ada").await;
    node.name_of(ada.user).await;
    world.pass(Duration::from_secs(59)).await;
    assert_eq!(blind.name_of(ada.user).await.as_deref(), Some("ada"));
    world.pass(Duration::from_secs(1)).await;
    assert_eq!(blind.name_of(ada.user).await, None);
}

#[tokio::test]
async fn invariant_11_of_who_has_too_many_friends_it_is_not_kept_who_they_are() {
    let cache = CacheSettings { friends: 2, ..CacheSettings::default() };
    let world = World::with(Settings { cache, ..Settings::default() });
    let (node, blind) = (world.node(), world.without_store());
    let ada = node.person("ada").await;
    let mut friends = Vec::new();
    for name in ["bob", "carol", "dave"] {
        let friend = node.person(name).await;
        node.befriend(&ada, &friend).await;
        node.connect(&friend).await;
        friends.push(friend);
        // Two are kept, three are not.
        for friend in &friends {
            assert!(node.sees(&ada, friend.user).await);
            assert_eq!(blind.sees(&ada, friend.user).await, friends.len() < 3);
        }
    }
}
