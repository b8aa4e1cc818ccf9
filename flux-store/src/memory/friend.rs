//! Relations between users in memory.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use flux_core::friend::{
    Block, Friend, FriendLimits, FriendRefusal, FriendRequest, FriendStore, Greeting, KeptRequest, PageAfter,
    RelationChange, RelationChanged, RelationFacts, RelationWrite, Remark, RequestDirection, RequestState,
    SideFacts, decide,
};
use flux_core::session::Actor;
use flux_core::{ActError, ConversationId, Pair, RequestId, StoreError, Timestamp, UserId};

use super::MemoryStore;
use super::state::{State, taken};

/// Lists of one kind, each in the order that it is paged in.
type Lists<T> = BTreeMap<UserId, BTreeSet<(Timestamp, T)>>;

/// Requests, friendships and blocks, and the lists they are read by.
#[derive(Default)]
pub(super) struct Relations {
    requests: BTreeMap<RequestId, RequestRow>,
    pending: BTreeMap<Pair, RequestId>,
    sent: Lists<RequestId>,
    received: Lists<RequestId>,
    /// Requests made to a user that only the other side sees.
    hidden: Lists<RequestId>,
    friendships: BTreeMap<Pair, Friendship>,
    friends: Lists<UserId>,
    /// Blocks of the second by the first.
    blocks: BTreeMap<(UserId, UserId), Timestamp>,
    blocked: Lists<UserId>,
    blockers: BTreeMap<UserId, BTreeSet<UserId>>,
}

/// Profiles are joined when it is read.
#[derive(Clone)]
struct RequestRow {
    from: UserId,
    to: UserId,
    greeting: Greeting,
    created: Timestamp,
    state: RequestState,
    hidden: bool,
}

struct Friendship {
    since: Timestamp,
    /// What the one with the smaller id calls the other, and the other way round.
    remarks: [Remark; 2],
}

impl Relations {
    /// A friend of `user` after `place`, in the order of the list of friends.
    pub(super) fn friends_after(
        &self,
        user: UserId,
        place: Option<(Timestamp, UserId)>,
    ) -> impl Iterator<Item = (Timestamp, UserId)> {
        self.friends
            .get(&user)
            .into_iter()
            .flatten()
            .copied()
            .skip_while(move |item| place.is_some_and(|place| *item <= place))
    }

    /// Any pending request by or to `user`.
    pub(super) fn any_pending(&self, user: UserId) -> Option<RequestId> {
        [&self.sent, &self.received, &self.hidden]
            .into_iter()
            .find_map(|lists| lists.get(&user)?.first().map(|(_, request)| *request))
    }

    /// Somebody whom `user` blocks or who blocks them, as (who blocks, who is blocked).
    pub(super) fn any_block(&self, user: UserId) -> Option<(UserId, UserId)> {
        let by = self.blocked.get(&user).and_then(BTreeSet::first).map(|(_, other)| (user, *other));
        let of = || self.blockers.get(&user).and_then(BTreeSet::first).map(|other| (*other, user));
        by.or_else(of)
    }

    fn remark(&self, pair: Pair, of: UserId) -> Remark {
        self.friendships
            .get(&pair)
            .map_or_else(Remark::empty, |friendship| friendship.remarks[side(pair, of)].clone())
    }

    fn blocking(&self, who: UserId, whom: UserId) -> Option<Timestamp> {
        self.blocks.get(&(who, whom)).copied()
    }

    /// Whether neither blocks the other.
    fn open(&self, one: UserId, other: UserId) -> bool {
        self.blocking(one, other).is_none() && self.blocking(other, one).is_none()
    }

    fn insert_request(&mut self, kept: KeptRequest) {
        let KeptRequest { request: FriendRequest { request, from, to, greeting, created, state }, hidden } =
            kept;
        let row = RequestRow { from: from.user, to: to.user, greeting, created, state, hidden };
        if let Some(pair) = Pair::new(row.from, row.to) {
            self.pending.insert(pair, request);
        }
        list(&mut self.sent, row.from, (created, request));
        let received = if hidden { &mut self.hidden } else { &mut self.received };
        list(received, row.to, (created, request));
        self.requests.insert(request, row);
    }

    fn show_request(&mut self, request: RequestId) {
        let Some(row) = self.requests.get_mut(&request).filter(|row| row.hidden) else { return };
        row.hidden = false;
        let (to, place) = (row.to, (row.created, request));
        unlist(&mut self.hidden, to, &place);
        list(&mut self.received, to, place);
    }

    pub(super) fn close_request(&mut self, request: RequestId, state: RequestState) {
        let Some(row) = self.requests.get_mut(&request) else { return };
        row.state = state;
        if let Some(pair) = Pair::new(row.from, row.to) {
            self.pending.remove(&pair);
        }
        unlist(&mut self.sent, row.from, &(row.created, request));
        let received = if row.hidden { &mut self.hidden } else { &mut self.received };
        unlist(received, row.to, &(row.created, request));
    }

    fn insert_friendship(&mut self, pair: Pair, since: Timestamp) {
        let remarks = [Remark::empty(), Remark::empty()];
        self.friendships.insert(pair, Friendship { since, remarks });
        list(&mut self.friends, pair.low(), (since, pair.high()));
        list(&mut self.friends, pair.high(), (since, pair.low()));
    }

    pub(super) fn delete_friendship(&mut self, pair: Pair) {
        if let Some(Friendship { since, .. }) = self.friendships.remove(&pair) {
            unlist(&mut self.friends, pair.low(), &(since, pair.high()));
            unlist(&mut self.friends, pair.high(), &(since, pair.low()));
        }
    }

    fn insert_block(&mut self, who: UserId, whom: UserId, since: Timestamp) {
        self.blocks.insert((who, whom), since);
        list(&mut self.blocked, who, (since, whom));
        self.blockers.entry(whom).or_default().insert(who);
    }

    pub(super) fn delete_block(&mut self, who: UserId, whom: UserId) {
        let Some(since) = self.blocks.remove(&(who, whom)) else { return };
        unlist(&mut self.blocked, who, &(since, whom));
        if let Some(blockers) = self.blockers.get_mut(&whom) {
            blockers.remove(&who);
            if blockers.is_empty() {
                self.blockers.remove(&whom);
            }
        }
    }
}

/// Where in the remarks of `pair` that of `user` stands.
fn side(pair: Pair, user: UserId) -> usize {
    usize::from(user == pair.high())
}

fn list<T: Ord>(lists: &mut Lists<T>, user: UserId, item: (Timestamp, T)) {
    lists.entry(user).or_default().insert(item);
}

fn unlist<T: Ord>(lists: &mut Lists<T>, user: UserId, item: &(Timestamp, T)) {
    if let Some(list) = lists.get_mut(&user) {
        list.remove(item);
        if list.is_empty() {
            lists.remove(&user);
        }
    }
}

fn count<T>(lists: &Lists<T>, user: UserId) -> usize {
    lists.get(&user).map_or(0, BTreeSet::len)
}

/// One page of the list of `user`, `key` giving the id that the page goes on after.
fn page<T: Copy + Ord, U: PartialOrd>(
    lists: &Lists<T>,
    user: UserId,
    after: Option<(Timestamp, U)>,
    limit: usize,
    key: impl Fn(T) -> U,
) -> impl Iterator<Item = (Timestamp, T)> {
    lists
        .get(&user)
        .into_iter()
        .flatten()
        .copied()
        .skip_while(move |(at, id)| after.as_ref().is_some_and(|after| (*at, key(*id)) <= *after))
        .take(limit)
}

impl State {
    /// A request with the profiles as they are now.
    pub(super) fn kept_request(&self, request: RequestId) -> Option<KeptRequest> {
        let row = self.relations.requests.get(&request)?.clone();
        Some(KeptRequest {
            request: FriendRequest {
                request,
                from: self.profile(row.from),
                to: self.profile(row.to),
                greeting: row.greeting,
                created: row.created,
                state: row.state,
            },
            hidden: row.hidden,
        })
    }

    fn side_facts(&self, user: UserId, other: UserId) -> Option<SideFacts> {
        let account = self.accounts.get(user)?;
        let relations = &self.relations;
        Some(SideFacts {
            profile: account.profile.clone(),
            state: account.state,
            friends: count(&relations.friends, user),
            pending_sent: count(&relations.sent, user),
            pending_received: count(&relations.received, user),
            blocks: count(&relations.blocked, user),
            blocking: relations.blocking(user, other),
            remark: Pair::new(user, other).map_or_else(Remark::empty, |pair| relations.remark(pair, user)),
        })
    }

    fn relation_facts(
        &self,
        actor: UserId,
        change: &RelationChange,
        now: Timestamp,
    ) -> Result<RelationFacts, StoreError> {
        let (other, named) = match change {
            RelationChange::Request { to, .. } => (Some(*to), None),
            RelationChange::Remove(other)
            | RelationChange::Remark(other, _)
            | RelationChange::Block(other)
            | RelationChange::Unblock(other) => (Some(*other), None),
            RelationChange::Accept(id) | RelationChange::Reject(id) | RelationChange::Cancel(id) => {
                let named = self.kept_request(*id);
                let other = named
                    .as_ref()
                    .and_then(|kept| Pair::new(kept.request.from.user, kept.request.to.user)?.other(actor));
                (other, named)
            }
        };
        let pair = other.and_then(|other| Pair::new(actor, other));
        let relations = &self.relations;
        Ok(RelationFacts {
            actor: self
                .side_facts(actor, other.unwrap_or(actor))
                .ok_or(StoreError::Corrupt { what: "session without an account" })?,
            other: other.and_then(|other| self.side_facts(other, actor)),
            friends_since: pair.and_then(|pair| relations.friendships.get(&pair)).map(|it| it.since),
            pending: pair
                .and_then(|pair| relations.pending.get(&pair))
                .and_then(|request| self.kept_request(*request)),
            named,
            now,
        })
    }

    /// Does one write of a decision; what it tells a feed is added to `changed`.
    fn write_relation(&mut self, write: RelationWrite, now: Timestamp, changed: &mut RelationChanged) {
        match write {
            RelationWrite::InsertRequest(kept) => self.relations.insert_request(kept),
            RelationWrite::CloseRequest(request, state) => self.relations.close_request(request, state),
            RelationWrite::InsertFriendship(pair, since) => self.relations.insert_friendship(pair, since),
            RelationWrite::DeleteFriendship(pair) => self.relations.delete_friendship(pair),
            RelationWrite::SetRemark(pair, of, remark) => {
                if let Some(friendship) = self.relations.friendships.get_mut(&pair) {
                    friendship.remarks[side(pair, of)] = remark;
                }
            }
            RelationWrite::InsertBlock(who, whom, since) => self.relations.insert_block(who, whom, since),
            RelationWrite::DeleteBlock(who, whom) => self.relations.delete_block(who, whom),
            RelationWrite::ShowRequest(request) => self.relations.show_request(request),
            RelationWrite::SetDirectPolicy(pair, policy) => self.set_direct_policy(pair, policy),
            RelationWrite::OpenDirect(pair, policy) => self.open_direct(pair, policy),
            RelationWrite::Feed(user, change) => {
                let entry = self.tell(user, change, now);
                changed.entries.push((user, entry));
            }
        }
    }
}

#[async_trait]
impl FriendStore for MemoryStore {
    async fn change_relation(
        &self,
        actor: &Actor,
        change: &RelationChange,
        limits: &FriendLimits,
    ) -> Result<Result<RelationChanged, FriendRefusal>, ActError> {
        let (mut state, now) = self.begin();
        state.fence(actor)?;
        let facts = state.relation_facts(actor.user, change, now)?;
        let decision = match decide(&facts, change, limits) {
            Ok(decision) => decision,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for write in &decision.writes {
            if let RelationWrite::InsertRequest(kept) = write
                && state.relations.requests.contains_key(&kept.request.request)
            {
                return Err(taken("request id in use").into());
            }
        }
        let mut changed = RelationChanged { answer: decision.answer, entries: Vec::new() };
        for write in decision.writes {
            state.write_relation(write, now, &mut changed);
        }
        Ok(Ok(changed))
    }

    async fn requests(
        &self,
        user: UserId,
        direction: RequestDirection,
        after: PageAfter,
    ) -> Result<Vec<FriendRequest>, StoreError> {
        let state = self.read();
        let lists = match direction {
            RequestDirection::Received => &state.relations.received,
            RequestDirection::Sent => &state.relations.sent,
        };
        Ok(page(lists, user, after.after, after.limit, |id| id.as_uuid())
            .filter_map(|(_, request)| state.kept_request(request))
            .map(|kept| kept.request)
            .collect())
    }

    async fn friends(&self, user: UserId, after: PageAfter) -> Result<Vec<Friend>, StoreError> {
        let state = self.read();
        Ok(page(&state.relations.friends, user, after.after, after.limit, |id| id.as_uuid())
            .filter_map(|(since, other)| {
                let pair = Pair::new(user, other)?;
                Some(Friend {
                    profile: state.profile(other),
                    remark: state.relations.remark(pair, user),
                    since,
                    conversation: ConversationId::direct(pair),
                })
            })
            .collect())
    }

    async fn mutual_friends(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let relations = &self.read().relations;
        let mutual = |other: &UserId| {
            Pair::new(user, *other).is_some_and(|pair| relations.friendships.contains_key(&pair))
                && relations.open(user, *other)
        };
        Ok(others.iter().copied().filter(mutual).collect())
    }

    async fn all_mutual_friends(&self, user: UserId, limit: usize) -> Result<Vec<UserId>, StoreError> {
        let relations = &self.read().relations;
        let friends = page(&relations.friends, user, None, usize::MAX, |id: UserId| id.as_uuid());
        let mutual = friends.map(|(_, other)| other).filter(|other| relations.open(user, *other));
        Ok(mutual.take(limit).collect())
    }

    async fn blocks(&self, user: UserId, after: PageAfter) -> Result<Vec<Block>, StoreError> {
        let state = self.read();
        Ok(page(&state.relations.blocked, user, after.after, after.limit, |id| id.as_uuid())
            .map(|(since, other)| Block { profile: state.profile(other), since })
            .collect())
    }
}
