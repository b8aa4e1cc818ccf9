//! What a feed tells its one reader.

use serde::{Deserialize, Serialize};

use crate::account::Profile;
use crate::friend::{FriendRequest, Remark};
use crate::id::{ConversationId, Seq, SessionId, UserId};
use crate::session::{Session, SessionEndReason};
use crate::time::Timestamp;

/// One entry of a user's own feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedEntry {
    /// Its place: dense, from 1.
    pub seq: Seq,
    /// When it was stored, by the store's clock.
    pub at: Timestamp,
    /// What happened.
    pub change: FeedChange,
}

/// What happened. Profiles are as they were then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeedChange {
    /// A request was made or answered, by or for the reader.
    FriendRequest(FriendRequest),
    /// The reader has a new friend.
    FriendAdded {
        /// Who.
        profile: Profile,
        /// Since when.
        since: Timestamp,
        /// Their direct conversation.
        conversation: ConversationId,
    },
    /// The reader has a friend less.
    FriendRemoved(UserId),
    /// The reader calls a friend something else.
    RemarkChanged {
        /// Whom.
        friend: UserId,
        /// What.
        remark: Remark,
    },
    /// The reader blocked somebody.
    Blocked {
        /// Whom.
        profile: Profile,
        /// Since when.
        since: Timestamp,
    },
    /// The reader unblocked somebody.
    Unblocked(UserId),
    /// The reader's own profile, or that of a friend, is now this.
    ProfileChanged(Profile),
    /// The reader logged in.
    SessionOpened(Session),
    /// A session of the reader ended.
    SessionEnded {
        /// Which.
        session: SessionId,
        /// Why.
        reason: SessionEndReason,
    },
}

/// A stretch of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRange {
    /// Ascending, without holes.
    pub entries: Vec<FeedEntry>,
    /// The newest seq of the feed.
    pub head: Seq,
    /// Entries up to this one are gone: who is below it reads the lists again.
    pub floor: Seq,
}
