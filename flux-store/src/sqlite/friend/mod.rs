//! Requests, friendships and blocks.

mod facts;
mod list;
pub(super) mod write;

use async_trait::async_trait;
use flux_core::friend::{
    Block, Friend, FriendLimits, FriendRefusal, FriendRequest, FriendStore, PageAfter, RelationAnswer,
    RelationChange, RelationChanged, RequestDirection, decide,
};
use flux_core::session::Actor;
use flux_core::{ActError, StoreError, UserId};

use super::SqliteStore;
use super::writer::Tx;

#[cfg(test)]
pub(super) use {
    facts::STATEMENTS as FACTS, list::STATEMENTS as LISTS, list::many, write::STATEMENTS as WRITES,
};

#[async_trait]
impl FriendStore for SqliteStore {
    async fn change_relation(
        &self,
        actor: &Actor,
        change: &RelationChange,
        limits: &FriendLimits,
    ) -> Result<Result<RelationChanged, FriendRefusal>, ActError> {
        let (actor, change, limits) = (*actor, change.clone(), limits.clone());
        self.writer.write(move |tx| Box::pin(change_relation(tx, actor, change, limits))).await
    }

    async fn requests(
        &self,
        user: UserId,
        direction: RequestDirection,
        page: PageAfter,
    ) -> Result<Vec<FriendRequest>, StoreError> {
        list::requests(&self.readers, user, direction, page).await
    }

    async fn friends(&self, user: UserId, page: PageAfter) -> Result<Vec<Friend>, StoreError> {
        list::friends(&self.readers, user, page).await
    }

    async fn mutual_friends(&self, user: UserId, others: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        list::mutual(&self.readers, user, others).await
    }

    async fn all_mutual_friends(&self, user: UserId, limit: usize) -> Result<Vec<UserId>, StoreError> {
        list::all_mutual(&self.readers, user, limit).await
    }

    async fn blocks(&self, user: UserId, page: PageAfter) -> Result<Vec<Block>, StoreError> {
        list::blocks(&self.readers, user, page).await
    }
}

/// The one writer holds every lock there is, so the facts stay true until the writes are committed.
async fn change_relation(
    tx: &mut Tx,
    actor: Actor,
    change: RelationChange,
    limits: FriendLimits,
) -> Result<Result<RelationChanged, FriendRefusal>, ActError> {
    tx.fence(actor).await?;
    let facts = facts::read(tx, actor.user, &change).await?;
    let decision = match decide(&facts, &change, &limits) {
        Ok(decision) => decision,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut entries = Vec::new();
    for write in decision.writes {
        entries.extend(write::apply(tx, write).await?);
    }
    let answer: RelationAnswer = decision.answer;
    Ok(Ok(RelationChanged { answer, entries }))
}
