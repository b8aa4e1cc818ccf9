//! Friends: asking, answering, lists, and who may.

use std::collections::BTreeSet;
use std::time::Duration;

use flux_core::feed::FeedChange;
use flux_core::friend::{
    Asked, Friend, FriendError, FriendLimits, FriendRequest, FriendRules, Greeting, Page, PageToken, Remark,
    RequestDirection, RequestState,
};
use flux_core::guard::Quota;
use flux_core::session::Actor;
use flux_core::testing::SeededEntropy;
use flux_core::{Clock, ErrorCode, RequestId, UserId};

use crate::support::{Setup, World, all};

fn hello() -> Greeting {
    Greeting::new("hello").unwrap()
}

fn code<T: std::fmt::Debug>(outcome: Result<T, FriendError>) -> ErrorCode {
    outcome.unwrap_err().code()
}

impl World {
    async fn propose(&self, actor: &Actor, to: UserId) -> FriendRequest {
        match self.friends.request(actor, to, hello()).await.unwrap() {
            Asked::Requested(request) => request,
            Asked::Befriended(_) => panic!("nobody had asked before"),
        }
    }

    async fn befriend(&self, one: &Actor, other: &Actor) -> Friend {
        let request = self.propose(one, other.user).await.request;
        self.friends.accept(other, request).await.unwrap()
    }

    async fn friends_of(&self, actor: &Actor) -> Vec<UserId> {
        let page = self.friends.friends(actor, None, 100).await.unwrap();
        page.items.iter().map(|friend| friend.profile.user).collect()
    }

    async fn pending(&self, actor: &Actor, direction: RequestDirection) -> Vec<RequestId> {
        let page = self.friends.requests(actor, direction, None, 100).await.unwrap();
        page.items.iter().map(|request| request.request).collect()
    }
}

#[tokio::test]
async fn two_people_become_friends_and_part() {
    let world = World::new();
    let (ann, bob) = (world.guest("ann").await, world.guest("bob").await);
    world.told.take_entries();
    let request = world.propose(&ann, bob.user).await;
    assert_eq!(
        (request.from.user, request.to.user, request.greeting.as_str()),
        (ann.user, bob.user, "hello")
    );
    assert_eq!(world.told.readers(), BTreeSet::from([ann.user, bob.user]));
    assert_eq!(world.pending(&ann, RequestDirection::Sent).await, [request.request]);
    assert_eq!(world.pending(&bob, RequestDirection::Received).await, [request.request]);

    let friend = world.friends.accept(&bob, request.request).await.unwrap();
    assert_eq!(friend.profile.user, ann.user);
    let entries = world.told.take_entries();
    let added = |of: UserId, other: UserId| {
        entries.iter().any(|(user, entry)| {
            *user == of
                && matches!(&entry.change, FeedChange::FriendAdded { profile, conversation, .. }
                    if profile.user == other && *conversation == friend.conversation)
        })
    };
    assert!(added(ann.user, bob.user) && added(bob.user, ann.user));
    assert_eq!(world.friends_of(&ann).await, [bob.user]);
    assert_eq!(world.friends_of(&bob).await, [ann.user]);
    assert_eq!(world.pending(&ann, RequestDirection::Sent).await, []);

    world.friends.remove(&ann, bob.user).await.unwrap();
    assert_eq!(world.told.readers(), BTreeSet::from([ann.user, bob.user]));
    assert_eq!(world.friends_of(&bob).await, []);
    assert_eq!(code(world.friends.remove(&bob, ann.user).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn a51_requests_are_answered_by_whom_they_concern_and_once() {
    let world = World::new();
    let (ann, bob, eve) = (world.guest("ann").await, world.guest("bob").await, world.guest("eve").await);
    let request = world.propose(&ann, bob.user).await.request;
    let unknown = RequestId::generate(world.clock.now(), &SeededEntropy::new(8));
    for (actor, id) in [(&eve, request), (&ann, request), (&bob, unknown)] {
        assert_eq!(code(world.friends.accept(actor, id).await), ErrorCode::NotFound);
        assert_eq!(code(world.friends.reject(actor, id).await), ErrorCode::NotFound);
    }
    for (actor, id) in [(&eve, request), (&bob, request), (&ann, unknown)] {
        assert_eq!(code(world.friends.cancel(actor, id).await), ErrorCode::NotFound);
    }
    world.friends.cancel(&ann, request).await.unwrap();
    assert_eq!(code(world.friends.accept(&bob, request).await), ErrorCode::RequestNotPending);

    let request = world.propose(&ann, bob.user).await.request;
    let outcomes = all((0..10).map(|_| world.friends.accept(&bob, request))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(code(world.friends.accept(&bob, request).await), ErrorCode::RequestNotPending);
    assert_eq!(code(world.friends.reject(&bob, request).await), ErrorCode::RequestNotPending);
    assert_eq!(world.friends_of(&ann).await, [bob.user]);
}

#[tokio::test]
async fn a52_who_cannot_be_asked_is_told_and_a_block_is_not() {
    let world = World::new();
    let (ann, bob) = (world.guest("ann").await, world.guest("bob").await);
    let (off, gone) = (world.guest("off").await, world.guest("gone").await);
    world.accounts.set_disabled(off.user, true).await.unwrap();
    world.accounts.delete(&gone, None).await.unwrap();
    let unknown = UserId::generate(world.clock.now(), &SeededEntropy::new(8));
    for to in [ann.user, off.user, gone.user, unknown] {
        assert_eq!(code(world.friends.request(&ann, to, hello()).await), ErrorCode::CannotBefriend);
    }
    assert_eq!(code(world.friends.block(&ann, unknown).await), ErrorCode::NotFound);

    world.friends.block(&bob, ann.user).await.unwrap();
    let request = world.propose(&ann, bob.user).await;
    assert_eq!(request.state, RequestState::Pending);
    assert_eq!(world.pending(&ann, RequestDirection::Sent).await, [request.request]);
    assert_eq!(world.pending(&bob, RequestDirection::Received).await, []);
    assert_eq!(code(world.friends.accept(&bob, request.request).await), ErrorCode::NotFound);
    assert_eq!(code(world.friends.request(&bob, ann.user, hello()).await), ErrorCode::CannotBefriend);
    world.friends.unblock(&bob, ann.user).await.unwrap();
    let asked = world.friends.request(&bob, ann.user, hello()).await.unwrap();
    assert!(matches!(asked, Asked::Befriended(friend) if friend.profile.user == ann.user));
    assert_eq!(code(world.friends.request(&ann, bob.user, hello()).await), ErrorCode::AlreadyFriends);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a53_invariant_7_a_hundred_times_two_who_ask_each_other_at_once_are_friends_once() {
    let world = std::sync::Arc::new(World::new());
    for round in 0..100 {
        let ann = world.guest(&format!("ann{round}")).await;
        let bob = world.guest(&format!("bob{round}")).await;
        world.told.take_entries();
        let start = std::sync::Arc::new(tokio::sync::Barrier::new(2));
        let ask = |actor: Actor, to: UserId| {
            let (world, start) = (world.clone(), start.clone());
            tokio::spawn(async move {
                start.wait().await;
                world.friends.request(&actor, to, hello()).await.unwrap()
            })
        };
        let (one, other) = (ask(ann, bob.user), ask(bob, ann.user));
        let answers = [one.await.unwrap(), other.await.unwrap()];
        assert_eq!(answers.iter().filter(|answer| matches!(answer, Asked::Befriended(_))).count(), 1);
        assert_eq!(world.friends_of(&ann).await, [bob.user]);
        assert_eq!(world.friends_of(&bob).await, [ann.user]);
        for direction in [RequestDirection::Sent, RequestDirection::Received] {
            assert_eq!(world.pending(&ann, direction).await, []);
            assert_eq!(world.pending(&bob, direction).await, []);
        }
        let entries = world.told.take_entries();
        for user in [ann.user, bob.user] {
            let added = entries.iter().filter(|(reader, entry)| {
                *reader == user && matches!(entry.change, FeedChange::FriendAdded { .. })
            });
            assert_eq!(added.count(), 1);
        }
    }
}

#[tokio::test]
async fn a_remark_and_a_block_are_ones_own() {
    let world = World::new();
    let (ann, bob) = (world.guest("ann").await, world.guest("bob").await);
    world.befriend(&ann, &bob).await;
    world.told.take_entries();
    world.friends.set_remark(&ann, bob.user, Remark::new("bobby").unwrap()).await.unwrap();
    world.friends.block(&ann, bob.user).await.unwrap();
    world.friends.block(&ann, bob.user).await.unwrap();
    assert_eq!(world.told.readers(), BTreeSet::from([ann.user]));

    let of_ann = world.friends.friends(&ann, None, 10).await.unwrap();
    assert_eq!(of_ann.items[0].remark.as_str(), "bobby");
    let of_bob = world.friends.friends(&bob, None, 10).await.unwrap();
    assert_eq!(of_bob.items[0].remark.as_str(), "");
    let blocks = world.friends.blocks(&ann, None, 10).await.unwrap();
    assert_eq!(blocks.items.iter().map(|block| block.profile.user).collect::<Vec<_>>(), [bob.user]);
    assert_eq!(world.friends.blocks(&bob, None, 10).await.unwrap().items, []);
    world.friends.unblock(&ann, bob.user).await.unwrap();
    assert_eq!(world.friends.blocks(&ann, None, 10).await.unwrap().items, []);
    let stranger = world.guest("eve").await;
    let remark = world.friends.set_remark(&stranger, bob.user, Remark::new("x").unwrap()).await;
    assert_eq!(code(remark), ErrorCode::NotFound);
}

#[tokio::test]
async fn invariant_5_who_acts_is_the_user_of_the_session() {
    let world = World::new();
    let (ann, bob) = (world.guest("ann").await, world.guest("bob").await);
    let forged = Actor { user: ann.user, ..bob };
    assert_eq!(code(world.friends.request(&forged, bob.user, hello()).await), ErrorCode::SessionEnded);
    world.sessions.logout(&ann).await.unwrap();
    assert_eq!(code(world.friends.request(&ann, bob.user, hello()).await), ErrorCode::SessionEnded);
    assert_eq!(code(world.friends.block(&ann, bob.user).await), ErrorCode::SessionEnded);
    assert_eq!(world.pending(&bob, RequestDirection::Received).await, []);
}

#[tokio::test]
async fn a66_lists_are_paged_without_gaps_or_repeats() {
    let world = World::with(Setup {
        friends: FriendRules {
            requests_per_user: Quota::new(1_000, Duration::from_hours(1)),
            changes_per_user: Quota::new(1_000, Duration::from_hours(1)),
            limits: FriendLimits::default(),
        },
        ..Setup::default()
    });
    let ann = world.guest("ann").await;
    let mut expected = Vec::new();
    for n in 0..25 {
        let other = world.guest(&format!("user{n}")).await;
        // Some at the same moment.
        world.clock.advance(Duration::from_millis(n % 2));
        world.befriend(&ann, &other).await;
        expected.push(other.user);
    }
    for limit in [1, 3, 24, 25, 26, 1_000_000] {
        let mut seen = Vec::new();
        let mut next: Option<PageToken> = None;
        loop {
            let Page { items, next: after } = world.friends.friends(&ann, next, limit).await.unwrap();
            assert!(!items.is_empty() && items.len() <= limit);
            seen.extend(items.iter().map(|friend| friend.profile.user));
            let Some(token) = after else { break };
            // As it comes back from a client.
            next = Some(token.to_string().parse().unwrap());
        }
        assert_eq!(seen.iter().collect::<BTreeSet<_>>(), expected.iter().collect(), "{limit}");
        assert_eq!(seen.len(), expected.len());
    }
    assert_eq!(world.friends.friends(&ann, None, 0).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a66_pages_hold_a_hundred_at_most_and_a_token_finds_nothing_of_others() {
    let world = World::with(Setup {
        friends: FriendRules {
            requests_per_user: Quota::new(1_000, Duration::from_hours(1)),
            ..FriendRules::default()
        },
        ..Setup::default()
    });
    let (ann, eve) = (world.guest("ann").await, world.guest("eve").await);
    for n in 0..101 {
        let other = world.guest(&format!("user{n}")).await;
        world.propose(&ann, other.user).await;
    }
    let page = world.friends.requests(&ann, RequestDirection::Sent, None, usize::MAX).await.unwrap();
    assert_eq!(page.items.len(), 100);
    let rest = world.friends.requests(&ann, RequestDirection::Sent, page.next, 100).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (1, None));
    let stolen = world.friends.requests(&eve, RequestDirection::Sent, page.next, 100).await.unwrap();
    assert_eq!(stolen.items, []);
}

#[tokio::test]
async fn a55_requests_and_changes_are_limited_by_user() {
    let world = World::new();
    let (ann, bob) = (world.guest("ann").await, world.guest("bob").await);
    for _ in 0..60 {
        world.friends.request(&ann, bob.user, hello()).await.unwrap();
    }
    let limited = world.friends.request(&ann, bob.user, hello()).await.unwrap_err();
    assert_eq!(limited.code(), ErrorCode::RateLimited);
    assert_eq!(limited.retry_after(), Some(Duration::from_mins(1)));
    for n in 0..120 {
        let change = if n % 2 == 0 {
            world.friends.block(&ann, bob.user).await
        } else {
            world.friends.unblock(&ann, bob.user).await
        };
        change.unwrap();
    }
    assert_eq!(code(world.friends.block(&ann, bob.user).await), ErrorCode::RateLimited);
    world.friends.block(&bob, ann.user).await.unwrap();
    world.clock.advance(Duration::from_mins(1));
    world.friends.unblock(&ann, bob.user).await.unwrap();
}
