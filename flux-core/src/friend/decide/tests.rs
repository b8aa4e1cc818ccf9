//! The rules, one by one, and what holds whatever three people do to each other.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::account::{Bio, DisplayName, Username};

const LIMITS: FriendLimits = FriendLimits { friends: 5, pending: 5, blocks: 5 };
const NAMES: [&str; 3] = ["ann", "bob", "cleo"];

fn user(n: usize) -> UserId {
    UserId::try_from(Uuid::from_u128(n as u128 + 1)).unwrap()
}

fn request(n: u128) -> RequestId {
    RequestId::try_from(Uuid::from_u128(n)).unwrap()
}

fn profile(n: usize) -> Profile {
    let username = Username::new(NAMES[n]).unwrap();
    Profile {
        user: user(n),
        display_name: DisplayName::of(&username),
        username: Some(username),
        bio: Bio::empty(),
    }
}

/// The rows of a store, as plainly as can be.
#[derive(Clone, Default)]
struct World {
    friendships: BTreeMap<Pair, Timestamp>,
    requests: BTreeMap<RequestId, KeptRequest>,
    blocks: BTreeMap<(UserId, UserId), Timestamp>,
    remarks: BTreeMap<(UserId, UserId), Remark>,
    policies: BTreeMap<Pair, DirectPolicy>,
    states: BTreeMap<UserId, AccountState>,
    feeds: BTreeMap<UserId, Vec<FeedChange>>,
    now: i64,
}

impl World {
    fn side(&self, n: usize, other: UserId) -> SideFacts {
        let me = user(n);
        let pending = |of: fn(&FriendRequest) -> UserId| {
            let is = |kept: &&KeptRequest| {
                kept.request.state == RequestState::Pending
                    && of(&kept.request) == me
                    && !(kept.hidden && of(&kept.request) == kept.request.to.user)
            };
            self.requests.values().filter(is).count()
        };
        SideFacts {
            profile: profile(n),
            state: self.states.get(&me).copied().unwrap_or(AccountState::Active),
            friends: self.friendships.keys().filter(|pair| pair.contains(me)).count(),
            pending_sent: pending(|request| request.from.user),
            pending_received: pending(|request| request.to.user),
            blocks: self.blocks.keys().filter(|(who, _)| *who == me).count(),
            blocking: self.blocks.get(&(me, other)).copied(),
            remark: self.remarks.get(&(me, other)).cloned().unwrap_or_else(Remark::empty),
        }
    }

    fn facts(&self, actor: usize, change: &RelationChange) -> RelationFacts {
        let me = user(actor);
        let (other, named) = match change {
            RelationChange::Request { to, .. } => (Some(*to), None),
            RelationChange::Remove(other)
            | RelationChange::Remark(other, _)
            | RelationChange::Block(other)
            | RelationChange::Unblock(other) => (Some(*other), None),
            RelationChange::Accept(id) | RelationChange::Reject(id) | RelationChange::Cancel(id) => {
                let named = self.requests.get(id).cloned();
                // As careless as a store may be: somebody of the request, even if the actor has no part in it.
                let other = named.as_ref().map(|kept| {
                    if kept.request.to.user == me { kept.request.from.user } else { kept.request.to.user }
                });
                (other, named)
            }
        };
        let pair = other.and_then(|other| Pair::new(me, other));
        let between = |kept: &&KeptRequest| {
            kept.request.state == RequestState::Pending
                && Pair::new(kept.request.from.user, kept.request.to.user) == pair
        };
        RelationFacts {
            actor: self.side(actor, other.unwrap_or(me)),
            other: other.and_then(|other| (0..3).find(|n| user(*n) == other)).map(|n| self.side(n, me)),
            friends_since: pair.and_then(|pair| self.friendships.get(&pair)).copied(),
            pending: pair.and_then(|_| self.requests.values().find(between)).cloned(),
            named,
            now: Timestamp::from_millis(self.now),
        }
    }

    fn act(&mut self, actor: usize, change: &RelationChange) -> Result<RelationDecision, FriendRefusal> {
        self.act_within(actor, change, &LIMITS)
    }

    fn act_within(
        &mut self,
        actor: usize,
        change: &RelationChange,
        limits: &FriendLimits,
    ) -> Result<RelationDecision, FriendRefusal> {
        self.now += 1;
        let decision = decide(&self.facts(actor, change), change, limits)?;
        for write in decision.writes.clone() {
            match write {
                RelationWrite::InsertRequest(kept) => {
                    assert!(self.requests.insert(kept.request.request, kept).is_none());
                }
                RelationWrite::CloseRequest(id, state) => {
                    let kept = self.requests.get_mut(&id).expect("only what is there is closed");
                    assert_eq!(kept.request.state, RequestState::Pending);
                    assert_ne!(state, RequestState::Pending);
                    kept.request.state = state;
                }
                RelationWrite::InsertFriendship(pair, since) => {
                    assert!(self.friendships.insert(pair, since).is_none());
                }
                RelationWrite::DeleteFriendship(pair) => {
                    assert!(self.friendships.remove(&pair).is_some());
                    let [low, high] = pair.both();
                    self.remarks.remove(&(low, high));
                    self.remarks.remove(&(high, low));
                }
                RelationWrite::SetRemark(pair, of, remark) => {
                    assert!(self.friendships.contains_key(&pair));
                    self.remarks.insert((of, pair.other(of).unwrap()), remark);
                }
                RelationWrite::InsertBlock(who, whom, since) => {
                    assert!(self.blocks.insert((who, whom), since).is_none());
                }
                RelationWrite::DeleteBlock(who, whom) => {
                    assert!(self.blocks.remove(&(who, whom)).is_some());
                }
                RelationWrite::OpenDirect(pair, policy) => {
                    self.policies.insert(pair, policy);
                }
                RelationWrite::SetDirectPolicy(pair, policy) => {
                    if let Some(kept) = self.policies.get_mut(&pair) {
                        *kept = policy;
                    }
                }
                RelationWrite::ShowRequest(id) => {
                    let kept = self.requests.get_mut(&id).unwrap();
                    assert!(std::mem::take(&mut kept.hidden));
                }
                RelationWrite::Feed(of, entry) => self.feeds.entry(of).or_default().push(entry),
            }
        }
        Ok(decision)
    }

    fn ask(&mut self, actor: usize, to: usize, id: u128) -> Result<RelationAnswer, FriendRefusal> {
        let greeting = Greeting::new("hello").unwrap();
        let change = RelationChange::Request { request: request(id), to: user(to), greeting };
        self.act(actor, &change).map(|decision| decision.answer)
    }

    fn befriend(&mut self, one: usize, other: usize, id: u128) {
        self.ask(one, other, id).unwrap();
        self.act(other, &RelationChange::Accept(request(id))).unwrap();
    }

    fn state_of(&self, id: u128) -> RequestState {
        self.requests[&request(id)].request.state
    }

    fn feed(&self, n: usize) -> &[FeedChange] {
        self.feeds.get(&user(n)).map_or(&[], Vec::as_slice)
    }
}

#[test]
fn a_request_waits_and_both_are_told() {
    let mut world = World::default();
    let RelationAnswer::Requested(made) = world.ask(0, 1, 1).unwrap() else { panic!("it waits") };
    assert_eq!((made.from, made.to, made.state), (profile(0), profile(1), RequestState::Pending));
    assert_eq!(world.feed(0), world.feed(1));
    assert_eq!(world.feed(0).len(), 1);
}

#[test]
fn asking_again_changes_nothing() {
    let mut world = World::default();
    let first = world.ask(0, 1, 1).unwrap();
    assert_eq!(world.ask(0, 1, 2).unwrap(), first);
    assert_eq!(world.requests.len(), 1);
    assert_eq!(world.feed(1).len(), 1);
}

#[test]
fn a53_requests_that_cross_become_one_friendship() {
    let mut world = World::default();
    world.ask(0, 1, 1).unwrap();
    assert!(matches!(world.ask(1, 0, 2).unwrap(), RelationAnswer::Befriended(_)));
    assert_eq!(world.friendships.len(), 1);
    assert_eq!((world.requests.len(), world.state_of(1)), (1, RequestState::Accepted));
    for n in [0, 1] {
        let added = |entry: &&FeedChange| matches!(entry, FeedChange::FriendAdded { .. });
        assert_eq!(world.feed(n).iter().filter(added).count(), 1);
    }
}

#[test]
fn a51_only_the_addressee_answers_and_only_the_asker_takes_back() {
    use RelationChange::{Accept, Cancel, Reject};
    let mut world = World::default();
    world.ask(0, 1, 1).unwrap();
    let id = request(1);
    for (actor, change) in
        [(0, Accept(id)), (0, Reject(id)), (1, Cancel(id)), (2, Accept(id)), (2, Reject(id)), (2, Cancel(id))]
    {
        assert_eq!(world.act(actor, &change), Err(FriendRefusal::NoSuchRequest), "{actor} {change:?}");
    }
    assert_eq!(world.act(1, &Accept(request(9))), Err(FriendRefusal::NoSuchRequest));
    assert_eq!(world.state_of(1), RequestState::Pending);
}

#[test]
fn a51_an_answered_request_stays_answered() {
    use RelationChange::{Accept, Cancel, Reject};
    for (first, by, state) in [
        (Accept(request(1)), 1, RequestState::Accepted),
        (Reject(request(1)), 1, RequestState::Rejected),
        (Cancel(request(1)), 0, RequestState::Cancelled),
    ] {
        let mut world = World::default();
        world.ask(0, 1, 1).unwrap();
        world.act(by, &first).unwrap();
        for (actor, change) in [(1, Accept(request(1))), (1, Reject(request(1))), (0, Cancel(request(1)))] {
            assert_eq!(world.act(actor, &change), Err(FriendRefusal::NotPending), "{first:?} {change:?}");
        }
        assert_eq!(world.state_of(1), state);
    }
}

#[test]
fn a52_some_cannot_be_asked() {
    let mut world = World::default();
    assert_eq!(world.ask(0, 0, 1), Err(FriendRefusal::Oneself));
    assert_eq!(world.ask(0, 7, 1), Err(FriendRefusal::NoSuchUser));
    for state in [AccountState::Disabled, AccountState::Deleted] {
        world.states.insert(user(2), state);
        assert_eq!(world.ask(0, 2, 1), Err(FriendRefusal::NoSuchUser));
    }
    world.befriend(0, 1, 1);
    assert_eq!(world.ask(0, 1, 2), Err(FriendRefusal::AlreadyFriends));
    assert_eq!(world.ask(1, 0, 2), Err(FriendRefusal::AlreadyFriends));
    world.act(0, &RelationChange::Remove(user(1))).unwrap();
    world.act(0, &RelationChange::Block(user(1))).unwrap();
    assert_eq!(world.ask(0, 1, 2), Err(FriendRefusal::BlockedByYou));
}

#[test]
fn a52_a_block_shows_in_nothing_that_the_blocked_one_sees() {
    let mut open = World::default();
    let mut blocked = World::default();
    blocked.act(1, &RelationChange::Block(user(0))).unwrap();
    blocked.now -= 1;
    assert_eq!(open.ask(0, 1, 1), blocked.ask(0, 1, 1));
    assert_eq!(open.feed(0), blocked.feed(0));
    let cancel = RelationChange::Cancel(request(1));
    assert_eq!(open.act(0, &cancel).unwrap().answer, blocked.act(0, &cancel).unwrap().answer);
    assert_eq!(open.feed(0), blocked.feed(0));
    let only_the_block = |entry: &FeedChange| matches!(entry, FeedChange::Blocked { .. });
    assert!(blocked.feed(1).iter().all(only_the_block), "and who blocks hears of nothing");
}

#[test]
fn a_hidden_request_is_no_bodys_to_answer_but_still_agreement() {
    let mut world = World::default();
    world.act(1, &RelationChange::Block(user(0))).unwrap();
    world.ask(0, 1, 1).unwrap();
    for change in [RelationChange::Accept(request(1)), RelationChange::Reject(request(1))] {
        assert_eq!(world.act(1, &change), Err(FriendRefusal::NoSuchRequest));
    }
    world.act(1, &RelationChange::Unblock(user(0))).unwrap();
    assert!(matches!(world.ask(1, 0, 2).unwrap(), RelationAnswer::Befriended(_)));
}

#[test]
fn blocking_ends_a_pending_request_as_a_plain_answer_would() {
    for (blocker, state) in [(1, RequestState::Rejected), (0, RequestState::Cancelled)] {
        let mut world = World::default();
        world.ask(0, 1, 1).unwrap();
        world.act(blocker, &RelationChange::Block(user(1 - blocker))).unwrap();
        assert_eq!(world.state_of(1), state);
        let last = world.feed(1 - blocker).last().unwrap();
        assert!(matches!(last, FeedChange::FriendRequest(closed) if closed.state == state));
    }
}

#[test]
fn a_block_keeps_the_friendship_and_closes_the_conversation() {
    let mut world = World::default();
    world.befriend(0, 1, 1);
    let pair = Pair::new(user(0), user(1)).unwrap();
    assert!(world.policies[&pair].writable());
    let told = world.feed(0).len();
    world.act(1, &RelationChange::Block(user(0))).unwrap();
    assert!(!world.policies[&pair].writable());
    assert!(world.friendships.contains_key(&pair));
    assert_eq!(world.feed(0).len(), told, "the blocked one is not told");
    world.act(1, &RelationChange::Unblock(user(0))).unwrap();
    assert!(world.policies[&pair].writable());
}

#[test]
fn blocks_and_remarks_are_repeatable() {
    let mut world = World::default();
    world.befriend(0, 1, 1);
    for change in [
        RelationChange::Block(user(1)),
        RelationChange::Remark(user(1), Remark::new("bobby").unwrap()),
        RelationChange::Unblock(user(1)),
    ] {
        assert!(!world.act(0, &change).unwrap().writes.is_empty(), "{change:?}");
        assert_eq!(world.act(0, &change).unwrap().writes, [], "{change:?}");
    }
    assert_eq!(world.act(0, &RelationChange::Unblock(user(2))).unwrap().writes, []);
}

#[test]
fn a_remark_is_seen_by_its_author_alone_and_ends_with_the_friendship() {
    let mut world = World::default();
    let remark = RelationChange::Remark(user(1), Remark::new("bobby").unwrap());
    assert_eq!(world.act(0, &remark), Err(FriendRefusal::NotFriends));
    world.befriend(0, 1, 1);
    let told = world.feed(1).len();
    world.act(0, &remark).unwrap();
    assert_eq!(world.feed(1).len(), told);
    world.act(1, &RelationChange::Remove(user(0))).unwrap();
    assert_eq!(world.act(1, &RelationChange::Remove(user(0))), Err(FriendRefusal::NotFriends));
    world.befriend(0, 1, 2);
    assert!(world.remarks.is_empty());
}

#[test]
fn a55_relations_are_limited() {
    let limits = |friends, pending, blocks| FriendLimits { friends, pending, blocks };
    let ask =
        |to, id| RelationChange::Request { request: request(id), to: user(to), greeting: Greeting::empty() };

    let mut world = World::default();
    world.befriend(0, 1, 1);
    let full = limits(1, 9, 9);
    assert_eq!(world.act_within(0, &ask(2, 2), &full), Err(FriendRefusal::TooManyFriends));
    world.act_within(2, &ask(0, 3), &full).unwrap();
    let accept = RelationChange::Accept(request(3));
    assert_eq!(world.act_within(0, &accept, &full), Err(FriendRefusal::TooManyFriends));
    assert_eq!(world.state_of(3), RequestState::Pending);

    let mut world = World::default();
    world.ask(0, 1, 1).unwrap();
    assert_eq!(world.act_within(0, &ask(2, 2), &limits(9, 1, 9)), Err(FriendRefusal::TooManyRequests));

    let mut world = World::default();
    world.act(0, &RelationChange::Block(user(1))).unwrap();
    let block = RelationChange::Block(user(2));
    assert_eq!(world.act_within(0, &block, &limits(9, 9, 1)), Err(FriendRefusal::TooManyBlocks));
}

#[test]
fn a55_a_full_inbox_hides_requests_and_does_not_say_so() {
    let mut world = World::default();
    world.ask(0, 1, 1).unwrap();
    let greeting = Greeting::empty();
    let second = RelationChange::Request { request: request(2), to: user(1), greeting };
    let limits = FriendLimits { friends: 9, pending: 1, blocks: 9 };
    let decision = world.act_within(2, &second, &limits).unwrap();
    assert!(
        matches!(decision.answer, RelationAnswer::Requested(made) if made.state == RequestState::Pending)
    );
    assert!(world.requests[&request(2)].hidden);
    assert_eq!(world.feed(1).len(), 1);
}

#[test]
fn every_refusal_has_a_code_of_a_request_that_fails_again() {
    use FriendRefusal as R;
    for refusal in [
        R::NoSuchUser,
        R::CannotBeAsked,
        R::NoSuchRequest,
        R::NotPending,
        R::Oneself,
        R::AlreadyFriends,
        R::NotFriends,
        R::BlockedByYou,
        R::TooManyFriends,
        R::TooManyRequests,
        R::TooManyBlocks,
    ] {
        assert!(!refusal.code().retryable(), "{refusal:?}");
    }
}

fn step() -> impl Strategy<Value = (usize, u8, usize, u128)> {
    (0..3_usize, 0..8_u8, 0..3_usize, 1..12_u128)
}

proptest! {
    #[test]
    fn invariant_7_friendship_is_agreed_symmetric_and_what_the_conversation_says(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        let mut world = World::default();
        for (i, (actor, kind, other, id)) in steps.into_iter().enumerate() {
            let to = user(other);
            let change = match kind {
                0 | 1 => RelationChange::Request {
                    request: request(i as u128 + 1),
                    to,
                    greeting: Greeting::empty(),
                },
                2 => RelationChange::Accept(request(id)),
                3 => RelationChange::Reject(request(id)),
                4 => RelationChange::Cancel(request(id)),
                5 => RelationChange::Remove(to),
                6 => RelationChange::Block(to),
                _ => RelationChange::Unblock(to),
            };
            let before = world.clone();
            let Ok(decision) = world.act(actor, &change) else { continue };

            // A friendship begins only by the answer of the addressee, or when both have asked.
            for pair in world.friendships.keys().filter(|pair| !before.friendships.contains_key(pair)) {
                let asked = before.requests.values().find(|kept| {
                    kept.request.state == RequestState::Pending
                        && Pair::new(kept.request.from.user, kept.request.to.user) == Some(*pair)
                });
                prop_assert_eq!(asked.map(|kept| kept.request.to.user), Some(user(actor)));
            }
            // Nobody answers for another.
            for (id, kept) in &world.requests {
                if before.requests.get(id).is_some_and(|old| old.request.state != kept.request.state) {
                    prop_assert!([kept.request.from.user, kept.request.to.user].contains(&user(actor)));
                    if kept.request.state == RequestState::Accepted {
                        prop_assert_eq!(kept.request.to.user, user(actor));
                    }
                }
            }
            // Nobody else hears of it, and nobody's relations change but those of the two.
            let concerned: BTreeSet<UserId> = decision.writes.iter().filter_map(|write| match write {
                RelationWrite::Feed(user, _) => Some(*user),
                _ => None,
            }).collect();
            prop_assert!(concerned.len() <= 2);
            // One pending request at most between two, and none between friends.
            let mut waiting = BTreeSet::new();
            for kept in world.requests.values().filter(|kept| kept.request.state == RequestState::Pending) {
                let pair = Pair::new(kept.request.from.user, kept.request.to.user).unwrap();
                prop_assert!(waiting.insert(pair));
                prop_assert!(!world.friendships.contains_key(&pair));
            }
            // The conversation's row, which friendship makes, says what the relations say.
            for low in 0..3 {
                for high in low + 1..3 {
                    let pair = Pair::new(user(low), user(high)).unwrap();
                    let Some(said) = world.policies.get(&pair).copied() else {
                        prop_assert!(!world.friendships.contains_key(&pair));
                        continue;
                    };
                    let blocks = |who, whom| world.blocks.contains_key(&(user(who), user(whom)));
                    prop_assert_eq!(said, DirectPolicy {
                        friends: world.friendships.contains_key(&pair),
                        low_blocks: blocks(low, high),
                        high_blocks: blocks(high, low),
                        closed: false,
                    });
                }
            }
        }
    }
}
