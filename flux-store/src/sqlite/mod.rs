//! The durable ports on one SQLite file: what `flux up` runs on, with nothing else installed.
//!
//! Start with [`SqliteStore::open`]. One connection writes, in transactions that are a task of their own, so that a
//! caller who goes away leaves none open; a few others read, each statement from one snapshot. Every commit is on disk
//! before it is answered, unless the operator chooses otherwise ([`Synchronous`]). Only one process at a time may have
//! the file.
//!
//! No rule lives here: who may act, what a batch stores and what befriending writes is decided by
//! [`fence`](flux_core::message::fence), [`plan`](flux_core::message::plan) and
//! [`decide`](flux_core::friend::decide), inside the transaction that writes it.

mod account;
mod config;
mod feed;
mod friend;
mod job;
mod message;
mod migrations;
mod notify;
mod open;
mod reader;
mod rows;
mod session;
mod statement;
mod writer;

#[cfg(test)]
mod plans;

use std::sync::Arc;

use flux_core::{Clock, DurableStore, Entropy, Epoch};

pub use self::config::{OpenError, SqliteConfig, Synchronous};
use self::reader::Readers;
use self::writer::Writer;

/// Every durable port on one SQLite file.
///
/// Dropping it closes the file a moment later; [`close`](Self::close) waits for that.
pub struct SqliteStore {
    epoch: Epoch,
    writer: Writer,
    readers: Readers,
    entropy: Arc<dyn Entropy>,
    clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// Opens the file, making or migrating it first where that is needed.
    pub async fn open(
        config: SqliteConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        open::open(config, clock, entropy).await
    }

    /// Lets what runs finish, then closes the file. Calls after it are answered as unavailable.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl DurableStore for SqliteStore {
    fn durable(&self) -> bool {
        true
    }
}
