//! Requests, friendships and blocks.

mod facts;
mod list;
pub(super) mod write;

use async_trait::async_trait;
use flux_core::friend::{
    Block, Friend, FriendLimits, FriendRefusal, FriendRequest, FriendStore, PageAfter, RelationChange,
    RelationChanged, RequestDirection, decide,
};
use flux_core::session::Actor;
use flux_core::{ActError, StoreError, UserId};

use super::MySqlStore;
use super::transaction::Tx;

#[cfg(all(test, feature = "servers", feature = "system"))]
pub(super) use {
    facts::STATEMENTS as FACTS, list::STATEMENTS as LISTS, list::many, write::STATEMENTS as WRITES,
};

#[async_trait]
impl FriendStore for MySqlStore {
    async fn change_relation(
        &self,
        actor: &Actor,
        change: &RelationChange,
        limits: &FriendLimits,
    ) -> Result<Result<RelationChanged, FriendRefusal>, ActError> {
        let (actor, change, limits) = (*actor, change.clone(), limits.clone());
        self.inner.write(move |tx| Box::pin(change_relation(tx, actor, change.clone(), limits.clone()))).await
    }

    async fn requests(
        &self,
        user: UserId,
        direction: RequestDirection,
        page: PageAfter,
    ) -> Result<Vec<FriendRequest>, StoreError> {
        list::requests(&self.inner, user, direction, page).await
    }

    async fn friends(&self, user: UserId, page: PageAfter) -> Result<Vec<Friend>, StoreError> {
        list::friends(&self.inner, user, page).await
    }

    async fn mutual_friends(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        list::mutual(&self.inner, user, others).await
    }

    async fn all_mutual_friends(&self, user: UserId, limit: usize) -> Result<Vec<UserId>, StoreError> {
        list::all_mutual(&self.inner, user, limit).await
    }

    async fn blocks(&self, user: UserId, page: PageAfter) -> Result<Vec<Block>, StoreError> {
        list::blocks(&self.inner, user, page).await
    }
}

/// Whoever changes anything between two users holds the locks of both accounts, so the facts stay true until the writes
/// are committed.
async fn change_relation(
    tx: &mut Tx,
    actor: Actor,
    change: RelationChange,
    limits: FriendLimits,
) -> Result<Result<RelationChanged, FriendRefusal>, ActError> {
    let concerned = facts::lock(tx, actor.user, &change).await?;
    tx.fence(actor).await?;
    let facts = facts::read(tx, actor.user, concerned).await?;
    let decision = match decide(&facts, &change, &limits) {
        Ok(decision) => decision,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let entries = write::apply(tx, decision.writes).await?;
    Ok(Ok(RelationChanged { answer: decision.answer, entries }))
}
