//! The durable ports on MySQL 8 or MariaDB 10.11: what any number of processes share.
//!
//! Start with [`MySqlStore::open`]; [`describe`] and [`begin_epoch`] are for operators. No rule lives here: who may act,
//! what a batch stores and what befriending writes is decided by [`fence`](flux_core::message::fence),
//! [`plan`](flux_core::message::plan) and [`decide`](flux_core::friend::decide), inside the transaction that writes it.
//!
//! # Locks
//!
//! Every transaction runs at READ COMMITTED and takes the locks of rows in one order, so that two that meet wait for
//! each other but not in a ring:
//!
//! 1. the job that it advances,
//! 2. accounts, ascending by user: held by whoever changes an account, opens a session of it, or changes anything
//!    between it and another,
//! 3. the name that it takes or gives up,
//! 4. sessions, ascending by id: held by whoever ends or claims one, and by whoever acts in it,
//! 5. requests, friendships and blocks, which are changed under the locks of their accounts alone,
//! 6. conversations, ascending by id, whose lock is that of their messages and cursors too,
//! 7. the heads of feeds, ascending by user, whose lock is that of their entries too.
//!
//! Notices are locked by themselves: users, then their conversations. Where two meet all the same, and where a key was
//! taken by somebody else first, the whole transaction is run again, up to five times, after a random pause, within 5 s.
//!
//! # Commits whose answer is lost
//!
//! With each commit goes the number of the transaction, into the one row that its connection has in `connections`. When
//! the connection breaks before the answer to COMMIT is read, the store reads that row again, over another connection
//! and with a lock, so that it waits for the end of a transaction that is still open. So it knows what happened: it
//! answers what the transaction had found out, or runs it again. A message that was stored by the first try is answered
//! as stored, not as repeated.
//!
//! # How long things take
//!
//! A call takes at most 5 s. It waits at most 1.5 s for a connection (by default) and 2 s for a lock; a statement takes
//! at most 2.5 s (on MySQL, one that reads), and a transaction 2 s, of which it waits at most one for its client. Where a
//! caller goes away while something is open on a connection, that connection is closed, not given to the next one.
//!
//! What a stamp is, and what readers by time may count on, is told in the module `stamp`; how many round trips a batch
//! takes, in `message::commit`.

mod account;
mod config;
mod describe;
mod epoch;
mod failure;
mod feed;
mod friend;
mod job;
mod late;
mod message;
mod migrations;
mod node;
mod notify;
mod open;
mod pool;
mod rows;
mod server;
mod session;
mod stamp;
mod statement;
mod store;
mod transaction;

#[cfg(all(test, feature = "servers", feature = "system"))]
mod bounds;
#[cfg(all(test, feature = "servers", feature = "system"))]
mod plans;
// The server that the tests of the public face start.
#[cfg(all(test, feature = "servers", feature = "system"))]
#[path = "../../tests/mysql/support.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "not all of it is needed here; a test fails by panicking")]
mod support;

use std::sync::Arc;
use std::time::Duration;

use flux_core::{Clock, DurableStore, Entropy};

pub use self::config::{InvalidUrl, MySqlConfig, OpenError};
pub use self::describe::{Description, describe};
pub use self::epoch::{EpochBegun, begin_epoch};
pub use self::pool::PoolFigures;
use self::store::{Inner, Time};

/// Every durable port on one database, which other processes use as well.
///
/// Dropping it closes its connections; [`close`](Self::close) waits for what runs.
pub struct MySqlStore {
    inner: Arc<Inner>,
}

impl MySqlStore {
    /// Opens the database, making or migrating its schema first where that is needed. Times come from the database's
    /// clock, which is the same for every process.
    pub async fn open(config: MySqlConfig, entropy: Arc<dyn Entropy>) -> Result<Self, OpenError> {
        open::open(config, Time::Database, entropy).await
    }

    /// The same with a clock of one's own, for tests: processes whose clocks differ must not share a database.
    pub async fn open_with_clock(
        config: MySqlConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        open::open(config, Time::Clock(clock), entropy).await
    }

    /// Lets what runs finish, at most for 5 s, then closes the connections. Calls after it are answered as unavailable.
    pub async fn close(&self) {
        self.inner.pool.close(Duration::from_secs(5)).await;
    }
}

impl std::fmt::Debug for MySqlStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (epoch, node) = (self.inner.epoch, self.node());
        f.debug_struct("MySqlStore").field("epoch", &epoch).field("node", &node).finish_non_exhaustive()
    }
}

impl DurableStore for MySqlStore {
    fn durable(&self) -> bool {
        true
    }
}
