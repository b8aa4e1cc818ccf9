//! Requests, friendships, remarks and blocks.

use serde::{Deserialize, Serialize};

pub use super::text::{Greeting, Remark};
use crate::account::Profile;
use crate::id::{ConversationId, RequestId, UserId};
use crate::time::Timestamp;

/// One request of friendship.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FriendRequest {
    /// Its id.
    pub request: RequestId,
    /// Who asks.
    pub from: Profile,
    /// Who is asked, and alone may accept or reject.
    pub to: Profile,
    /// What the one who asks says; may be empty.
    pub greeting: Greeting,
    /// When it was made.
    pub created: Timestamp,
    /// What became of it.
    pub state: RequestState,
}

/// What became of a request. Only a pending one ever changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RequestState {
    /// Nobody has answered yet.
    Pending,
    /// The two are, or were, friends.
    Accepted,
    /// The addressee said no.
    Rejected,
    /// The one who asked took it back, or either blocked the other or left.
    Cancelled,
}

impl RequestState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Accepted, Self::Rejected, Self::Cancelled];

    /// As it stands in the HTTP API and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads what [`as_str`](Self::as_str) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Somebody one is friends with, as one sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Friend {
    /// Who.
    pub profile: Profile,
    /// One's private name for them; may be empty.
    pub remark: Remark,
    /// Since when.
    pub since: Timestamp,
    /// The direct conversation with them.
    pub conversation: ConversationId,
}

/// Somebody one has blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Who.
    pub profile: Profile,
    /// Since when.
    pub since: Timestamp,
}

/// How many relations a user may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FriendLimits {
    /// Friends of one user: 5,000.
    pub friends: usize,
    /// Pending requests that one user has made, and that one user has been made: 500 each.
    pub pending: usize,
    /// Users that one user blocks: 5,000.
    pub blocks: usize,
}

impl Default for FriendLimits {
    fn default() -> Self {
        Self { friends: 5_000, pending: 500, blocks: 5_000 }
    }
}

/// What a user wants to change between them and another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelationChange {
    /// Ask `to` for friendship.
    Request {
        /// The id that the request gets.
        request: RequestId,
        /// Whom.
        to: UserId,
        /// With which words.
        greeting: Greeting,
    },
    /// Say yes to a request made to the actor.
    Accept(RequestId),
    /// Say no to a request made to the actor.
    Reject(RequestId),
    /// Take back a request made by the actor.
    Cancel(RequestId),
    /// End a friendship.
    Remove(UserId),
    /// Call a friend something else; empty for no private name.
    Remark(UserId, Remark),
    /// Block somebody: the friendship stays, writing and requests end.
    Block(UserId),
    /// Take a block back.
    Unblock(UserId),
}

/// Which page of a list of relations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageAfter {
    /// Time and id of the last item of the page before; `None` for the first page.
    pub after: Option<(Timestamp, uuid::Uuid)>,
    /// How many items at most.
    pub limit: usize,
}
