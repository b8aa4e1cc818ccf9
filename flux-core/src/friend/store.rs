//! The port that keeps relations between users.

use async_trait::async_trait;

use super::{
    Block, Friend, FriendLimits, FriendRefusal, FriendRequest, PageAfter, RelationAnswer, RelationChange,
};
use crate::error::{ActError, StoreError};
use crate::feed::FeedEntry;
use crate::id::UserId;
use crate::session::Actor;

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelationChanged {
    /// For the actor.
    pub answer: RelationAnswer,
    /// The entries that were appended, in order; to be pushed.
    pub entries: Vec<(UserId, FeedEntry)>,
}

/// Which requests to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestDirection {
    /// Those made to the user.
    Received,
    /// Those made by the user.
    Sent,
}

/// Keeps requests, friendships and blocks.
///
/// # Contract
/// - Friendship is one row per pair: it is symmetric at every commit.
/// - There is at most one pending request per pair, in whichever direction.
/// - Profiles in lists and facts are as they are now.
/// - Who may write into a direct conversation stands in its row and changes in the same transaction as the relation.
/// - Lists are in ascending order of (time, id of the other user; for requests, of the request), so that paging by
///   [`PageAfter`] neither repeats nor omits what does not change meanwhile. Limits are at most 500.
#[async_trait]
pub trait FriendStore: Send + Sync + 'static {
    /// One change in one transaction: checks the actor's session, locks the two users, reads the
    /// [`RelationFacts`](super::RelationFacts), asks [`decide`](super::decide), writes what it says.
    /// The inner error is the refusal; then nothing was written.
    async fn change_relation(
        &self,
        actor: &Actor,
        change: &RelationChange,
        limits: &FriendLimits,
    ) -> Result<Result<RelationChanged, FriendRefusal>, ActError>;

    /// The pending requests of `user`; among those received, none that is hidden.
    async fn requests(
        &self,
        user: UserId,
        direction: RequestDirection,
        page: PageAfter,
    ) -> Result<Vec<FriendRequest>, StoreError>;

    /// The friends of `user`, with the profiles as they are now.
    async fn friends(&self, user: UserId, page: PageAfter) -> Result<Vec<Friend>, StoreError>;

    /// Those of `others` that `user` is friends with, without a block in either direction.
    async fn mutual_friends(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>, StoreError>;

    /// All that `user` is friends with, without a block in either direction, each once and in any order; some of them,
    /// if there are more than `limit`.
    async fn all_mutual_friends(&self, user: UserId, limit: usize) -> Result<Vec<UserId>, StoreError>;

    /// Whom `user` blocks.
    async fn blocks(&self, user: UserId, page: PageAfter) -> Result<Vec<Block>, StoreError>;
}
