//! A directory that does not forget.

use std::sync::Arc;

use async_trait::async_trait;
use flux_core::routing::{Located, SessionDirectory};
use flux_core::{Generation, SessionId, StoreError, UserId};

use super::{Plan, Planted};

/// Says of sessions that have gone that they are there, if it is told to.
pub(super) struct FaultyDirectory {
    inner: Arc<dyn SessionDirectory>,
    plan: Arc<Plan>,
}

impl FaultyDirectory {
    pub(super) fn new(inner: Arc<dyn SessionDirectory>, plan: Arc<Plan>) -> Self {
        Self { inner, plan }
    }
}

#[async_trait]
impl SessionDirectory for FaultyDirectory {
    async fn claim(&self, entry: Located) -> Result<bool, StoreError> {
        self.inner.claim(entry).await
    }

    async fn locate(&self, users: &[UserId]) -> Result<Vec<Vec<Located>>, StoreError> {
        self.inner.locate(users).await
    }

    async fn release(
        &self,
        user: UserId,
        session: SessionId,
        generation: Generation,
    ) -> Result<bool, StoreError> {
        if self.plan.strikes(Planted::PresenceLate) {
            return Ok(true);
        }
        self.inner.release(user, session, generation).await
    }
}
