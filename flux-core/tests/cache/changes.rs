//! What changes is seen changed at once, on every node that shares the cache.

use std::time::Duration;

use flux_core::account::AccountError;
use flux_core::friend::{Asked, Greeting};
use flux_core::presence::OwnPresence;
use flux_core::{Clock, UserId};

use super::world::{Node, World};

/// Two nodes over one store.
fn two() -> (World, Node, Node) {
    let world = World::new();
    let (here, there) = (world.node(), world.node());
    (world, here, there)
}

#[tokio::test]
async fn a_new_name_is_seen_at_once() {
    let (_world, here, there) = two();
    let ada = here.person("ada").await;
    for name in ["Ada L.", "Ada B."] {
        here.name_of(ada.user).await;
        there.name_of(ada.user).await;
        here.rename(&ada, name).await;
        for node in [&there, &here] {
            assert_eq!(node.name_of(ada.user).await.as_deref(), Some(name));
        }
    }
}

#[tokio::test]
async fn who_is_switched_off_or_gone_is_seen_so_at_once() {
    let (_world, here, there) = two();
    let (ada, bob) = (here.person("ada").await, here.person("bob").await);
    here.befriend(&ada, &bob).await;
    here.connect(&bob).await;
    assert!(there.sees(&ada, bob.user).await);
    for disabled in [true, false] {
        there.name_of(bob.user).await;
        here.flux.accounts.set_disabled(bob.user, disabled).await.unwrap();
        assert_eq!(there.name_of(bob.user).await.is_none(), disabled);
        assert_eq!(there.search(&ada, bob.user).await.is_empty(), disabled);
        assert_eq!(there.flux.accounts.profiles(&[bob.user]).await.unwrap().len(), 1);
    }
    let carol = here.person("carol").await;
    here.befriend(&ada, &carol).await;
    here.connect(&carol).await;
    assert!(there.sees(&ada, carol.user).await);
    there.name_of(carol.user).await;
    here.flux.accounts.delete(&carol, None).await.unwrap();
    assert!(there.flux.accounts.profile(carol.user).await.unwrap().deleted());
    assert!(there.search(&ada, carol.user).await.is_empty());
    assert!(!there.sees(&ada, carol.user).await);
    let nobody = there.flux.accounts.profile(UserId::from_slice(&[9; 16]).unwrap()).await;
    assert!(matches!(nobody, Err(AccountError::NotFound)));
}

#[tokio::test]
async fn who_becomes_a_friend_or_stops_being_one_is_seen_so_at_once() {
    let (_world, here, there) = two();
    let (ada, bob) = (here.person("ada").await, here.person("bob").await);
    here.connect(&ada).await;
    here.connect(&bob).await;
    let each_other = async || {
        let mut seen = Vec::new();
        for node in [&there, &here] {
            seen.extend([node.sees(&ada, bob.user).await, node.sees(&bob, ada.user).await]);
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
        seen[0]
    };
    assert!(!each_other().await);
    here.befriend(&ada, &bob).await;
    assert!(each_other().await);
    here.flux.friends.block(&ada, bob.user).await.unwrap();
    assert!(!each_other().await);
    here.flux.friends.unblock(&ada, bob.user).await.unwrap();
    assert!(each_other().await);
    here.flux.friends.block(&bob, ada.user).await.unwrap();
    assert!(!each_other().await);
    here.flux.friends.unblock(&bob, ada.user).await.unwrap();
    here.flux.friends.remove(&bob, ada.user).await.unwrap();
    assert!(!each_other().await);
    let Asked::Requested(request) =
        here.flux.friends.request(&ada, bob.user, Greeting::empty()).await.unwrap()
    else {
        panic!("not asked");
    };
    assert!(!each_other().await);
    here.flux.friends.accept(&bob, request.request).await.unwrap();
    assert!(each_other().await);
}

#[tokio::test]
async fn the_friends_of_who_left_have_one_less_once_the_job_has_told_them() {
    let (_world, here, there) = two();
    let (ada, bob) = (here.person("ada").await, here.person("bob").await);
    here.befriend(&ada, &bob).await;
    there.sees(&ada, bob.user).await;
    here.flux.accounts.delete(&bob, None).await.unwrap();
    here.flux.jobs.turn(false).await.unwrap();
    let (durable, bob) = (&here.flux.ports.durable, [bob.user]);
    assert_eq!(durable.mutual_friends(ada.user, &bob).await.unwrap(), []);
    assert_eq!(there.flux.cache.mutual_friends(&**durable, ada.user, &bob).await.unwrap(), []);
}

#[tokio::test]
async fn who_hides_is_hidden_at_once_and_when_they_left_is_as_it_is() {
    let (world, here, there) = two();
    let (ada, bob) = (here.person("ada").await, here.person("bob").await);
    here.befriend(&ada, &bob).await;
    let connected = here.connect(&bob).await;
    assert!(there.sees(&ada, bob.user).await);
    for (presence, seen) in
        [(OwnPresence::Invisible, false), (OwnPresence::Online, true), (OwnPresence::Invisible, false)]
    {
        here.flux.presence.set(&connected.actor, presence).await.unwrap();
        assert_eq!(there.sees(&ada, bob.user).await, seen);
        assert_eq!(here.sees(&ada, bob.user).await, seen);
    }
    here.flux.presence.set(&connected.actor, OwnPresence::Online).await.unwrap();
    let last_seen = async |node: &Node| {
        let durable = &node.flux.ports.durable;
        node.flux.cache.visibilities(&**durable, &[bob.user]).await.unwrap()[0].last_seen
    };
    assert_eq!(last_seen(&there).await, None);
    here.flux.connections.disconnect(&connected).await;
    let left = world.clock.now();
    world.pass(Duration::from_secs(8)).await;
    assert_eq!(last_seen(&there).await, Some(left));
}
