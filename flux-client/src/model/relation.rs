use std::fmt;

use flux_proto::v1;
use flux_proto::v1::friend_requested::Outcome;

use super::{Profile, required};
use crate::error::ClientError;
use crate::id::{ConversationId, FriendRequestId};
use crate::secret::Private;

/// One request of friendship.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FriendRequest {
    /// Its id.
    pub request: FriendRequestId,
    /// Who asks.
    pub from: Profile,
    /// Who is asked.
    pub to: Profile,
    /// What they wrote with it.
    pub greeting: String,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// What became of it.
    pub state: FriendRequestState,
}

/// What became of a request of friendship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FriendRequestState {
    /// Not answered yet.
    Pending,
    /// The two became friends.
    Accepted,
    /// Turned down.
    Rejected,
    /// Taken back.
    Cancelled,
    /// Something that this release does not know.
    Unknown,
}

impl TryFrom<v1::FriendRequest> for FriendRequest {
    type Error = ClientError;
    fn try_from(wire: v1::FriendRequest) -> Result<Self, ClientError> {
        let state = match wire.state() {
            v1::FriendRequestState::Pending => FriendRequestState::Pending,
            v1::FriendRequestState::Accepted => FriendRequestState::Accepted,
            v1::FriendRequestState::Rejected => FriendRequestState::Rejected,
            v1::FriendRequestState::Cancelled => FriendRequestState::Cancelled,
            v1::FriendRequestState::Unspecified => FriendRequestState::Unknown,
        };
        Ok(Self {
            request: wire.request_id.parse()?,
            from: required(wire.from)?.try_into()?,
            to: required(wire.to)?.try_into()?,
            greeting: wire.greeting,
            created_ms: wire.created_ms,
            state,
        })
    }
}

impl fmt::Debug for FriendRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FriendRequest")
            .field("request", &self.request)
            .field("from", &self.from)
            .field("to", &self.to)
            .field("greeting", &Private(&self.greeting))
            .field("created_ms", &self.created_ms)
            .field("state", &self.state)
            .finish()
    }
}

/// Somebody one is friends with.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Friend {
    /// Who.
    pub profile: Profile,
    /// One's private name for them; empty if there is none.
    pub remark: String,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: i64,
    /// The direct conversation with them.
    pub conversation: ConversationId,
}

impl TryFrom<v1::Friend> for Friend {
    type Error = ClientError;
    fn try_from(wire: v1::Friend) -> Result<Self, ClientError> {
        Ok(Self {
            profile: required(wire.profile)?.try_into()?,
            remark: wire.remark,
            since_ms: wire.since_ms,
            conversation: wire.conversation_id.parse()?,
        })
    }
}

impl fmt::Debug for Friend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Friend")
            .field("profile", &self.profile)
            .field("remark", &Private(&self.remark))
            .field("since_ms", &self.since_ms)
            .field("conversation", &self.conversation)
            .finish()
    }
}

/// What asking for friendship came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FriendRequested {
    /// They have to answer.
    Pending(FriendRequest),
    /// They had asked already: the two are friends now.
    Friends(Friend),
}

impl TryFrom<v1::FriendRequested> for FriendRequested {
    type Error = ClientError;
    fn try_from(wire: v1::FriendRequested) -> Result<Self, ClientError> {
        Ok(match required(wire.outcome)? {
            Outcome::Pending(request) => Self::Pending(request.try_into()?),
            Outcome::Friend(friend) => Self::Friends(friend.try_into()?),
        })
    }
}

/// Somebody one has blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Block {
    /// Who.
    pub profile: Profile,
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: i64,
}

impl TryFrom<v1::Block> for Block {
    type Error = ClientError;
    fn try_from(wire: v1::Block) -> Result<Self, ClientError> {
        Ok(Self { profile: required(wire.profile)?.try_into()?, since_ms: wire.since_ms })
    }
}
