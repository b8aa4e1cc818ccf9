//! Whose connections there are.

use async_trait::async_trait;
use flux_core::routing::LostNodes;
use flux_core::{NodeId, StoreError};
use sqlx::{AssertSqlSafe, Executor};
use thiserror::Error;

use super::MySqlStore;
use super::failure::Failure;
use super::pool::{PoolFigures, Slot, lock_name};
use super::rows::Columns;
use super::statement::{sql, statements};
use super::store::Inner;

statements! {
    OF_NODE = "SELECT slot, CAST(IS_USED_LOCK(CONCAT('flux ', LOWER(HEX(slot)))) AS SIGNED) FROM connections WHERE node = ?";
    HOLDER = "SELECT CAST(IS_USED_LOCK(?) AS SIGNED)";
    /// Waits for the end of who has the lock: long enough for a statement that runs.
    WAIT = "SELECT CAST(GET_LOCK(?, 2) AS SIGNED), CAST(RELEASE_LOCK(?) AS SIGNED)";
    FORGET = "DELETE FROM connections WHERE slot = ? AND node = ?";
}

impl MySqlStore {
    /// Which node this store's connections are registered for.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.inner.pool.node()
    }

    /// How the connections of this store are doing.
    #[must_use]
    pub fn pool_figures(&self) -> PoolFigures {
        self.inner.pool.figures()
    }

    /// Ends every connection that is registered for `node`, and with it what it has locked; returns how many there
    /// were. For peers of a node that has lost its lease: it may only be paused, in the middle of a transaction.
    /// MariaDB ends such a transaction by itself within a second; MySQL does not.
    ///
    /// A node that goes on makes new connections: what keeps it from writing is the generation of its sessions.
    pub async fn end_connections_of(&self, node: NodeId) -> Result<usize, StoreError> {
        let (mut ended, mut slots) = (0, Vec::new());
        for row in self.inner.all(sql(OF_NODE).bytes(node.as_bytes())).await? {
            let mut columns = Columns::of(&row);
            let slot: Slot = columns
                .bytes("connections.slot")?
                .try_into()
                .map_err(|_| crate::sql::corrupt("connections.slot"))?;
            if let Some(number) = columns.int_or_null("connection")?
                && self.inner.end_connection(number).await?
            {
                tracing::info!(connection = lock_name(slot), "ended the connection of a node");
                ended += 1;
            }
            slots.push(slot);
        }
        // Those that were listed: a connection that the node has made meanwhile needs its row.
        let forget: Vec<_> =
            slots.iter().map(|slot: &Slot| sql(FORGET).bytes(slot).bytes(node.as_bytes())).collect();
        self.inner.write(move |tx| Box::pin(tx.run_all(forget.clone()))).await?;
        Ok(ended)
    }
}

impl Inner {
    /// Ends a connection, and waits until the server is done with it. What was sent over it and had not arrived is not
    /// done after this.
    pub(super) async fn end_slot(&self, slot: Slot) -> Result<(), StoreError> {
        let name = lock_name(slot);
        let holder = self.one(sql(HOLDER).text(&name)).await?;
        let number = holder.map(|row| Columns::of(&row).int_or_null("connection")).transpose()?.flatten();
        if let Some(number) = number {
            self.end_connection(number).await?;
        }
        let waited = self.one(sql(WAIT).text(&name).text(&name)).await?;
        let over = waited.map(|row| Columns::of(&row).int_or_null("lock")).transpose()?.flatten();
        if over == Some(1) { Ok(()) } else { Err(StoreError::unavailable(StillOpen)) }
    }

    /// `false` if it is gone already.
    async fn end_connection(&self, number: i64) -> Result<bool, StoreError> {
        let mut lease = self.pool.acquire().await.map_err(|none| none.error)?;
        let kill = sqlx::raw_sql(AssertSqlSafe(format!("KILL CONNECTION {number}")));
        match lease.open()?.execute(kill).await {
            Ok(_) => {
                lease.done();
                Ok(true)
            }
            Err(error) => {
                let failure = Failure::of(&error);
                if failure.number() == Some(NO_SUCH_THREAD) {
                    lease.done();
                    return Ok(false);
                }
                Err(failure.into_store_error())
            }
        }
    }
}

#[async_trait]
impl LostNodes for MySqlStore {
    async fn end_leftovers(&self, node: NodeId) -> Result<(), StoreError> {
        self.end_connections_of(node).await.map(|_| ())
    }
}

#[derive(Debug, Error)]
#[error("a connection that was ended is still at work")]
struct StillOpen;

/// What the server says of a connection that there is not.
const NO_SUCH_THREAD: u16 = 1_094;
