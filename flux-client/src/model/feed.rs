use std::fmt;

use flux_proto::v1;
use flux_proto::v1::feed_entry::Change;

use super::{Block, Friend, FriendRequest, Profile, SessionEndReason, SessionInfo};
use crate::error::ClientError;
use crate::id::{SessionId, UserId};
use crate::secret::Private;

/// One entry of one's own feed: what happened to one's friends, profile and sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedEntry {
    /// Its place: dense, from 1.
    pub seq: u64,
    /// When it was stored, in milliseconds since the Unix epoch by the server's clock.
    pub stored_ms: i64,
    /// What happened.
    pub change: FeedChange,
}

/// What happened. Profiles are as they were then.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedChange {
    /// A request was made or answered, by or for oneself.
    FriendRequest(FriendRequest),
    /// There is a new friend.
    FriendAdded(Friend),
    /// There is a friend less.
    FriendRemoved(UserId),
    /// A friend is called something else from now on.
    RemarkChanged {
        /// Whom.
        friend: UserId,
        /// What; empty for no longer.
        remark: String,
    },
    /// Somebody was blocked.
    Blocked(Block),
    /// Somebody was unblocked.
    Unblocked(UserId),
    /// One's own profile, or that of a friend, is now this.
    ProfileChanged(Profile),
    /// There was a login.
    SessionOpened(SessionInfo),
    /// A session ended.
    SessionEnded {
        /// Which.
        session: SessionId,
        /// Why.
        reason: SessionEndReason,
    },
    /// Something that this release does not know.
    Unknown,
}

impl TryFrom<v1::FeedEntry> for FeedEntry {
    type Error = ClientError;
    fn try_from(wire: v1::FeedEntry) -> Result<Self, ClientError> {
        if wire.seq == 0 {
            return Err(ClientError::Protocol("a feed entry without a seq"));
        }
        let change = match wire.change {
            None => FeedChange::Unknown,
            Some(Change::FriendRequest(request)) => FeedChange::FriendRequest(request.try_into()?),
            Some(Change::FriendAdded(friend)) => FeedChange::FriendAdded(friend.try_into()?),
            Some(Change::FriendRemoved(user)) => FeedChange::FriendRemoved(user.user_id.parse()?),
            Some(Change::RemarkChanged(changed)) => {
                FeedChange::RemarkChanged { friend: changed.user_id.parse()?, remark: changed.remark }
            }
            Some(Change::Blocked(block)) => FeedChange::Blocked(block.try_into()?),
            Some(Change::Unblocked(user)) => FeedChange::Unblocked(user.user_id.parse()?),
            Some(Change::ProfileChanged(profile)) => FeedChange::ProfileChanged(profile.try_into()?),
            Some(Change::SessionOpened(session)) => FeedChange::SessionOpened(session.try_into()?),
            Some(Change::SessionEnded(ended)) => {
                FeedChange::SessionEnded { session: ended.session_id.parse()?, reason: ended.reason().into() }
            }
        };
        Ok(Self { seq: wire.seq, stored_ms: wire.stored_ms, change })
    }
}

impl fmt::Debug for FeedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FriendRequest(request) => f.debug_tuple("FriendRequest").field(request).finish(),
            Self::FriendAdded(friend) => f.debug_tuple("FriendAdded").field(friend).finish(),
            Self::FriendRemoved(user) => f.debug_tuple("FriendRemoved").field(user).finish(),
            Self::RemarkChanged { friend, remark } => f
                .debug_struct("RemarkChanged")
                .field("friend", friend)
                .field("remark", &Private(remark))
                .finish(),
            Self::Blocked(block) => f.debug_tuple("Blocked").field(block).finish(),
            Self::Unblocked(user) => f.debug_tuple("Unblocked").field(user).finish(),
            Self::ProfileChanged(profile) => f.debug_tuple("ProfileChanged").field(profile).finish(),
            Self::SessionOpened(session) => f.debug_tuple("SessionOpened").field(session).finish(),
            Self::SessionEnded { session, reason } => {
                f.debug_struct("SessionEnded").field("session", session).field("reason", reason).finish()
            }
            Self::Unknown => f.write_str("Unknown"),
        }
    }
}
