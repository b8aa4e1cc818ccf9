//! The rules of friendship, as a pure function that stores call inside their transaction: facts in, writes out.
//! So every store has the same rules, and none can get them wrong.

use super::{
    Friend, FriendLimits, FriendRefusal, FriendRequest, Greeting, RelationChange, Remark, RequestState,
};
use crate::account::{AccountState, Profile};
use crate::feed::FeedChange;
use crate::id::{ConversationId, Pair, RequestId, UserId};
use crate::message::DirectPolicy;
use crate::time::Timestamp;

/// What is true of one of the two users, read under their locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideFacts {
    /// Who.
    pub profile: Profile,
    /// Whether the account is in use.
    pub state: AccountState,
    /// How many friends they have.
    pub friends: usize,
    /// How many pending requests they have made.
    pub pending_sent: usize,
    /// How many pending requests they have been made, without the hidden ones: those take no room.
    pub pending_received: usize,
    /// How many users they block.
    pub blocks: usize,
    /// Whether and since when they block the other.
    pub blocking: Option<Timestamp>,
    /// What they call the other, if the two are friends; else empty.
    pub remark: Remark,
}

/// What is true between the actor and the other, read under their locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationFacts {
    /// The actor.
    pub actor: SideFacts,
    /// The other one. `None` if there is no such account.
    pub other: Option<SideFacts>,
    /// Since when the two are friends.
    pub friends_since: Option<Timestamp>,
    /// The pending request between them, in whichever direction; there is at most one.
    pub pending: Option<KeptRequest>,
    /// The request that the change names, if it names one, in whichever state.
    pub named: Option<KeptRequest>,
    /// The store's clock.
    pub now: Timestamp,
}

/// A request as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRequest {
    /// The request.
    pub request: FriendRequest,
    /// Whether only the one who made it sees it: the addressee blocked them, or has too many. So a block does not
    /// show in what the blocked one sees.
    pub hidden: bool,
}

/// One row to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelationWrite {
    /// Insert a pending request.
    InsertRequest(KeptRequest),
    /// Let the addressee see a pending request that was hidden.
    ShowRequest(RequestId),
    /// Give a pending request its final state.
    CloseRequest(RequestId, RequestState),
    /// Insert the one row of a friendship, without remarks.
    InsertFriendship(Pair, Timestamp),
    /// Delete it, remarks and all.
    DeleteFriendship(Pair),
    /// Set what `of` calls the other of the pair.
    SetRemark(Pair, UserId, Remark),
    /// Insert a block of the second by the first.
    InsertBlock(UserId, UserId, Timestamp),
    /// Delete it.
    DeleteBlock(UserId, UserId),
    /// Write who may write into the direct conversation's row, if there is one. The row is stamped as changed only if
    /// that makes a difference to who may write: else a block would show in a change of nothing.
    SetDirectPolicy(Pair, DirectPolicy),
    /// The same, making the row and its two members if there is none.
    OpenDirect(Pair, DirectPolicy),
    /// Append to the feed of a user.
    Feed(UserId, FeedChange),
}

/// What the actor is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelationAnswer {
    /// The request waits for an answer; also when the same one had been made before.
    Requested(FriendRequest),
    /// The two are friends now.
    Befriended(Friend),
    /// Done, or nothing to do.
    Done,
}

/// What to write and what to answer. Refusals write nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationDecision {
    /// In the order given, all or none.
    pub writes: Vec<RelationWrite>,
    /// For the actor.
    pub answer: RelationAnswer,
}

/// Decides one change.
///
/// # Errors
/// The refusal that the actor is told; nothing is to be written then.
pub fn decide(
    facts: &RelationFacts,
    change: &RelationChange,
    limits: &FriendLimits,
) -> Result<RelationDecision, FriendRefusal> {
    let other = facts.other.as_ref().ok_or(match change {
        RelationChange::Accept(_) | RelationChange::Reject(_) | RelationChange::Cancel(_) => {
            FriendRefusal::NoSuchRequest
        }
        _ => FriendRefusal::NoSuchUser,
    })?;
    let pair = Pair::new(facts.actor.profile.user, other.profile.user).ok_or(FriendRefusal::Oneself)?;
    let bond = Bond { facts, other, pair, limits };
    match change {
        RelationChange::Request { request, greeting, .. } => bond.request(*request, greeting),
        RelationChange::Accept(id) => bond.accept(&bond.named(*id, bond.me())?.request),
        RelationChange::Reject(id) => Ok(bond.close(bond.named(*id, bond.me())?, RequestState::Rejected)),
        RelationChange::Cancel(id) => Ok(bond.close(bond.named(*id, bond.you())?, RequestState::Cancelled)),
        RelationChange::Remove(_) => bond.remove(),
        RelationChange::Remark(_, remark) => bond.remark(remark),
        RelationChange::Block(_) => bond.block(),
        RelationChange::Unblock(_) => Ok(bond.unblock()),
    }
}

/// The two and what is known of them.
struct Bond<'a> {
    facts: &'a RelationFacts,
    other: &'a SideFacts,
    pair: Pair,
    limits: &'a FriendLimits,
}

impl Bond<'_> {
    fn me(&self) -> UserId {
        self.facts.actor.profile.user
    }

    fn you(&self) -> UserId {
        self.other.profile.user
    }

    fn conversation(&self) -> ConversationId {
        ConversationId::direct(self.pair)
    }

    fn request(&self, id: RequestId, greeting: &Greeting) -> Result<RelationDecision, FriendRefusal> {
        if self.other.state != AccountState::Active {
            return Err(FriendRefusal::NoSuchUser);
        }
        if self.facts.friends_since.is_some() {
            return Err(FriendRefusal::AlreadyFriends);
        }
        if self.facts.actor.blocking.is_some() {
            return Err(FriendRefusal::BlockedByYou);
        }
        match &self.facts.pending {
            Some(pending) if pending.request.from.user == self.me() => return Ok(self.ask_again(pending)),
            // The two have asked each other: that is agreement, even if the first request reached nobody.
            Some(pending) => return self.accept(&pending.request),
            None => {}
        }
        if self.facts.actor.friends >= self.limits.friends {
            return Err(FriendRefusal::TooManyFriends);
        }
        if self.facts.actor.pending_sent >= self.limits.pending {
            return Err(FriendRefusal::TooManyRequests);
        }
        let request = FriendRequest {
            request: id,
            from: self.facts.actor.profile.clone(),
            to: self.other.profile.clone(),
            greeting: greeting.clone(),
            created: self.facts.now,
            state: RequestState::Pending,
        };
        let kept = KeptRequest { request: request.clone(), hidden: self.hides_requests() };
        let mut writes = vec![RelationWrite::InsertRequest(kept.clone())];
        writes.extend(self.telling(&kept));
        Ok(RelationDecision { writes, answer: RelationAnswer::Requested(request) })
    }

    /// A block is not revealed, nor is a full inbox: a request then looks made, and reaches nobody.
    fn hides_requests(&self) -> bool {
        self.other.blocking.is_some() || self.other.pending_received >= self.limits.pending
    }

    /// One request is enough; one that was hidden reaches the other now, if nothing hides it any more.
    fn ask_again(&self, pending: &KeptRequest) -> RelationDecision {
        let request = pending.request.clone();
        let mut writes = Vec::new();
        if pending.hidden && !self.hides_requests() {
            writes.push(RelationWrite::ShowRequest(request.request));
            writes.push(RelationWrite::Feed(self.you(), FeedChange::FriendRequest(request.clone())));
        }
        RelationDecision { writes, answer: RelationAnswer::Requested(request) }
    }

    /// The entries that tell of a request: to both, or only to the one who made it if it is hidden.
    fn telling(&self, kept: &KeptRequest) -> Vec<RelationWrite> {
        [self.me(), self.you()]
            .into_iter()
            .filter(|user| !kept.hidden || *user == kept.request.from.user)
            .map(|user| RelationWrite::Feed(user, FeedChange::FriendRequest(kept.request.clone())))
            .collect()
    }

    /// The request that the change names, if it was made by one of the two to `addressee`, who is the other, and is
    /// pending.
    fn named(&self, id: RequestId, addressee: UserId) -> Result<&KeptRequest, FriendRefusal> {
        let named = self.facts.named.as_ref().ok_or(FriendRefusal::NoSuchRequest)?;
        let between = Pair::new(named.request.from.user, named.request.to.user) == Some(self.pair);
        let made_to = named.request.to.user == addressee;
        let unseen = named.hidden && addressee == self.me();
        if named.request.request != id || !between || !made_to || unseen {
            return Err(FriendRefusal::NoSuchRequest);
        }
        if named.request.state != RequestState::Pending {
            return Err(FriendRefusal::NotPending);
        }
        Ok(named)
    }

    fn accept(&self, request: &FriendRequest) -> Result<RelationDecision, FriendRefusal> {
        if self.other.state != AccountState::Active {
            return Err(FriendRefusal::NoSuchRequest);
        }
        if self.facts.actor.friends >= self.limits.friends || self.other.friends >= self.limits.friends {
            return Err(FriendRefusal::TooManyFriends);
        }
        let now = self.facts.now;
        let closed = FriendRequest { state: RequestState::Accepted, ..request.clone() };
        let added = |profile: &Profile| FeedChange::FriendAdded {
            profile: profile.clone(),
            since: now,
            conversation: self.conversation(),
        };
        let writes = vec![
            RelationWrite::CloseRequest(request.request, RequestState::Accepted),
            RelationWrite::InsertFriendship(self.pair, now),
            RelationWrite::OpenDirect(self.pair, self.policy(true, self.facts.actor.blocking.is_some())),
            RelationWrite::Feed(self.me(), FeedChange::FriendRequest(closed.clone())),
            RelationWrite::Feed(self.you(), FeedChange::FriendRequest(closed)),
            RelationWrite::Feed(self.me(), added(&self.other.profile)),
            RelationWrite::Feed(self.you(), added(&self.facts.actor.profile)),
        ];
        let answer = RelationAnswer::Befriended(Friend {
            profile: self.other.profile.clone(),
            remark: Remark::empty(),
            since: now,
            conversation: self.conversation(),
        });
        Ok(RelationDecision { writes, answer })
    }

    fn close(&self, kept: &KeptRequest, state: RequestState) -> RelationDecision {
        RelationDecision { writes: self.closing(kept, state), answer: RelationAnswer::Done }
    }

    fn closing(&self, kept: &KeptRequest, state: RequestState) -> Vec<RelationWrite> {
        let closed =
            KeptRequest { request: FriendRequest { state, ..kept.request.clone() }, hidden: kept.hidden };
        let mut writes = vec![RelationWrite::CloseRequest(kept.request.request, state)];
        writes.extend(self.telling(&closed));
        writes
    }

    fn remove(&self) -> Result<RelationDecision, FriendRefusal> {
        if self.facts.friends_since.is_none() {
            return Err(FriendRefusal::NotFriends);
        }
        let writes = vec![
            RelationWrite::DeleteFriendship(self.pair),
            RelationWrite::SetDirectPolicy(
                self.pair,
                self.policy(false, self.facts.actor.blocking.is_some()),
            ),
            RelationWrite::Feed(self.me(), FeedChange::FriendRemoved(self.you())),
            RelationWrite::Feed(self.you(), FeedChange::FriendRemoved(self.me())),
        ];
        Ok(RelationDecision { writes, answer: RelationAnswer::Done })
    }

    fn remark(&self, remark: &Remark) -> Result<RelationDecision, FriendRefusal> {
        if self.facts.friends_since.is_none() {
            return Err(FriendRefusal::NotFriends);
        }
        if self.facts.actor.remark == *remark {
            return Ok(RelationDecision { writes: Vec::new(), answer: RelationAnswer::Done });
        }
        let writes = vec![
            RelationWrite::SetRemark(self.pair, self.me(), remark.clone()),
            RelationWrite::Feed(
                self.me(),
                FeedChange::RemarkChanged { friend: self.you(), remark: remark.clone() },
            ),
        ];
        Ok(RelationDecision { writes, answer: RelationAnswer::Done })
    }

    fn block(&self) -> Result<RelationDecision, FriendRefusal> {
        if self.facts.actor.blocking.is_some() {
            return Ok(RelationDecision { writes: Vec::new(), answer: RelationAnswer::Done });
        }
        if self.facts.actor.blocks >= self.limits.blocks {
            return Err(FriendRefusal::TooManyBlocks);
        }
        let now = self.facts.now;
        let mut writes = Vec::new();
        if let Some(pending) = &self.facts.pending {
            // The other is told what a plain answer would tell, so that the block shows in nothing.
            let state = if pending.request.from.user == self.me() {
                RequestState::Cancelled
            } else {
                RequestState::Rejected
            };
            writes.extend(self.closing(pending, state));
        }
        writes.push(RelationWrite::InsertBlock(self.me(), self.you(), now));
        writes.push(RelationWrite::SetDirectPolicy(
            self.pair,
            self.policy(self.facts.friends_since.is_some(), true),
        ));
        writes.push(RelationWrite::Feed(
            self.me(),
            FeedChange::Blocked { profile: self.other.profile.clone(), since: now },
        ));
        Ok(RelationDecision { writes, answer: RelationAnswer::Done })
    }

    fn unblock(&self) -> RelationDecision {
        if self.facts.actor.blocking.is_none() {
            return RelationDecision { writes: Vec::new(), answer: RelationAnswer::Done };
        }
        let writes = vec![
            RelationWrite::DeleteBlock(self.me(), self.you()),
            RelationWrite::SetDirectPolicy(self.pair, self.policy(self.facts.friends_since.is_some(), false)),
            RelationWrite::Feed(self.me(), FeedChange::Unblocked(self.you())),
        ];
        RelationDecision { writes, answer: RelationAnswer::Done }
    }

    /// What is to stand in the conversation's row.
    fn policy(&self, friends: bool, i_block: bool) -> DirectPolicy {
        let you_block = self.other.blocking.is_some();
        let low_is_me = self.pair.low() == self.me();
        let gone =
            self.other.state == AccountState::Deleted || self.facts.actor.state == AccountState::Deleted;
        DirectPolicy {
            friends,
            low_blocks: if low_is_me { i_block } else { you_block },
            high_blocks: if low_is_me { you_block } else { i_block },
            closed: gone,
        }
    }
}

#[cfg(test)]
mod tests;
