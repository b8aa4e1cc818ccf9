//! Asking for friendship, answering, and what follows.

use std::sync::Arc;
use std::time::Duration;

use super::page::{Placed, page_of};
use super::{
    Block, Friend, FriendError, FriendLimits, FriendRefusal, FriendRequest, FriendStore, Greeting, MAX_PAGE,
    Page, PageAfter, PageToken, RelationAnswer, RelationChange, RelationChanged, Remark, RequestDirection,
};
use crate::cache::{CacheKey, UserCache, relations_in};
use crate::entropy::Entropy;
use crate::error::StoreError;
use crate::guard::{LimitKey, Quota, RateLimiter, take};
use crate::id::{RequestId, UserId};
use crate::session::{Actor, Announcer};
use crate::time::{Clock, REQUEST_DEADLINE, within};

/// The rules that friends go by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FriendRules {
    /// How many relations a user may have.
    pub limits: FriendLimits,
    /// Requests that one user makes: 60 an hour.
    pub requests_per_user: Quota,
    /// All other changes by one user: 120 a minute.
    pub changes_per_user: Quota,
}

impl Default for FriendRules {
    fn default() -> Self {
        Self {
            limits: FriendLimits::default(),
            requests_per_user: Quota::new(60, Duration::from_hours(1)),
            changes_per_user: Quota::new(120, Duration::from_mins(1)),
        }
    }
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// The request waits for an answer; also if it had been made before.
    Requested(FriendRequest),
    /// The other had asked too: the two are friends now.
    Befriended(Friend),
}

/// What [`Friends`] stands on.
#[derive(Clone)]
pub struct FriendPorts {
    /// Keeps relations.
    pub friends: Arc<dyn FriendStore>,
    /// Counts changes.
    pub limiter: Arc<dyn RateLimiter>,
    /// What is told of changes, before anybody else is.
    pub cache: Arc<UserCache>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Hears of feed entries.
    pub announcer: Arc<dyn Announcer>,
}

/// Friends: requests, friendships, remarks and blocks.
///
/// Who acts is the actor's user in every method; the rules are in [`decide`](super::decide).
pub struct Friends {
    ports: FriendPorts,
    rules: FriendRules,
}

impl Friends {
    /// Over its ports.
    pub fn new(ports: FriendPorts, rules: FriendRules) -> Self {
        Self { ports, rules }
    }

    /// Asks `to` for friendship. Asking again changes nothing, so that a lost answer is no harm. Whoever is blocked by
    /// `to` is answered like anybody else.
    pub async fn request(&self, actor: &Actor, to: UserId, greeting: Greeting) -> Result<Asked, FriendError> {
        let request = RequestId::generate(self.ports.clock.now(), &*self.ports.entropy);
        match self.change(actor, RelationChange::Request { request, to, greeting }).await {
            Ok(RelationAnswer::Requested(request)) => Ok(Asked::Requested(request)),
            Ok(RelationAnswer::Befriended(friend)) => Ok(Asked::Befriended(friend)),
            Ok(RelationAnswer::Done) => Err(unexpected().into()),
            // The address of what was asked for is right, what it says is not: that is another answer than the one to
            // a change of a relation which is not there.
            Err(FriendError::Refused(FriendRefusal::NoSuchUser)) => Err(FriendRefusal::CannotBeAsked.into()),
            Err(error) => Err(error),
        }
    }

    /// Says yes to a request that was made to the actor.
    pub async fn accept(&self, actor: &Actor, request: RequestId) -> Result<Friend, FriendError> {
        match self.change(actor, RelationChange::Accept(request)).await? {
            RelationAnswer::Befriended(friend) => Ok(friend),
            RelationAnswer::Requested(_) | RelationAnswer::Done => Err(unexpected().into()),
        }
    }

    /// Says no to a request that was made to the actor.
    pub async fn reject(&self, actor: &Actor, request: RequestId) -> Result<(), FriendError> {
        self.change(actor, RelationChange::Reject(request)).await.map(drop)
    }

    /// Takes back a request that the actor made.
    pub async fn cancel(&self, actor: &Actor, request: RequestId) -> Result<(), FriendError> {
        self.change(actor, RelationChange::Cancel(request)).await.map(drop)
    }

    /// Ends a friendship, for both.
    pub async fn remove(&self, actor: &Actor, friend: UserId) -> Result<(), FriendError> {
        self.change(actor, RelationChange::Remove(friend)).await.map(drop)
    }

    /// Gives a friend a private name; an empty one takes it away. Nobody else sees it.
    pub async fn set_remark(&self, actor: &Actor, friend: UserId, remark: Remark) -> Result<(), FriendError> {
        self.change(actor, RelationChange::Remark(friend, remark)).await.map(drop)
    }

    /// Blocks somebody: they can neither write to the actor nor ask for friendship, and are not told.
    pub async fn block(&self, actor: &Actor, user: UserId) -> Result<(), FriendError> {
        self.change(actor, RelationChange::Block(user)).await.map(drop)
    }

    /// Takes a block back.
    pub async fn unblock(&self, actor: &Actor, user: UserId) -> Result<(), FriendError> {
        self.change(actor, RelationChange::Unblock(user)).await.map(drop)
    }

    async fn change(&self, actor: &Actor, change: RelationChange) -> Result<RelationAnswer, FriendError> {
        within(&*self.ports.clock, REQUEST_DEADLINE, async {
            let (action, quota) = match change {
                RelationChange::Request { .. } => ("friend.request", self.rules.requests_per_user),
                _ => ("friend.change", self.rules.changes_per_user),
            };
            take(&*self.ports.limiter, &LimitKey::new(action, actor.user.to_string()), quota).await??;
            let changed = self.ports.friends.change_relation(actor, &change, &self.rules.limits);
            let doubtful = doubtful(actor, &change);
            let related = |changed: &Result<RelationChanged, _>| match changed {
                Ok(changed) => relations_in(&changed.entries),
                Err(_) => Vec::new(),
            };
            let changed = self.ports.cache.changing(&doubtful, changed, related).await??;
            self.ports.announcer.entries(&changed.entries);
            Ok(changed.answer)
        })
        .await?
    }

    /// The actor's friends, those of longest standing first; at most `limit`, and at most [`MAX_PAGE`].
    pub async fn friends(
        &self,
        actor: &Actor,
        page: Option<PageToken>,
        limit: usize,
    ) -> Result<Page<Friend>, FriendError> {
        let friends = &self.ports.friends;
        self.page(page, limit, |page| friends.friends(actor.user, page)).await
    }

    /// The actor's pending requests, the oldest first.
    pub async fn requests(
        &self,
        actor: &Actor,
        direction: RequestDirection,
        page: Option<PageToken>,
        limit: usize,
    ) -> Result<Page<FriendRequest>, FriendError> {
        let friends = &self.ports.friends;
        self.page(page, limit, |page| friends.requests(actor.user, direction, page)).await
    }

    /// Whom the actor blocks, the longest first.
    pub async fn blocks(
        &self,
        actor: &Actor,
        page: Option<PageToken>,
        limit: usize,
    ) -> Result<Page<Block>, FriendError> {
        let friends = &self.ports.friends;
        self.page(page, limit, |page| friends.blocks(actor.user, page)).await
    }

    async fn page<T: Placed, F>(
        &self,
        page: Option<PageToken>,
        limit: usize,
        list: impl FnOnce(PageAfter) -> F,
    ) -> Result<Page<T>, FriendError>
    where
        F: Future<Output = Result<Vec<T>, StoreError>>,
    {
        let limit = limit.clamp(1, MAX_PAGE);
        let after = PageAfter { after: page.map(PageToken::place), limit: limit + 1 };
        let items = within(&*self.ports.clock, REQUEST_DEADLINE, list(after)).await??;
        Ok(page_of(items, limit))
    }
}

/// Of whom the friends may be others, where it is not known what came of a change. Whose request was accepted is not
/// known without an answer: they have one friend more than is kept of them, until that ends by itself.
fn doubtful(actor: &Actor, change: &RelationChange) -> Vec<CacheKey> {
    let other = match change {
        RelationChange::Request { to: other, .. }
        | RelationChange::Remove(other)
        | RelationChange::Block(other)
        | RelationChange::Unblock(other) => Some(*other),
        RelationChange::Accept(_) => None,
        RelationChange::Reject(_) | RelationChange::Cancel(_) | RelationChange::Remark(..) => {
            return Vec::new();
        }
    };
    [Some(actor.user), other].into_iter().flatten().map(CacheKey::Friends).collect()
}

/// A store answered something else than what [`decide`](super::decide) says.
fn unexpected() -> StoreError {
    StoreError::Corrupt { what: "answer to a change of relations" }
}
