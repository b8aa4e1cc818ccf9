//! Beginning a new epoch, as an operator does, while no store has to be open.

use flux_core::{Entropy, Epoch, Timestamp};
use sqlx::mysql::MySqlConnection;
use sqlx::{Connection, Executor};

use super::open::{Refused, check_server, options, soon};
use super::server::now_micros;
use super::{MySqlConfig, OpenError, migrations};
use crate::sql::{Id, SqlRow};

const BEGIN: &str = "START TRANSACTION";
const COMMIT: &str = "COMMIT";
const CLOCK: &str = concat!("SELECT ", now_micros!(), " DIV 1000");
/// Of two who begin one at the same time, the second waits, and ends the epoch of the first.
const LOCK: &str = "SELECT epoch FROM meta WHERE only_row = 1 FOR UPDATE";
pub(super) const REPLACE: &str = "INSERT INTO meta (only_row, epoch) VALUES (1, ?) \
                                  ON DUPLICATE KEY UPDATE epoch = VALUES(epoch)";

/// One life of a database has ended, and another has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EpochBegun {
    /// The one that ended; `None` if no store had ever opened the database.
    pub former: Option<Epoch>,
    /// The one that began.
    pub epoch: Epoch,
}

/// Begins a new epoch, in one transaction, and says which: to be done once with a database that was restored from a copy,
/// and with a replica that was promoted without every commit of its master. Clients start over when they see it.
///
/// Stores that are open refuse everything as soon as they notice, as
/// [`StoreError::OtherEpoch`](flux_core::StoreError::OtherEpoch), and have to be opened again. The schema is left as it
/// is, and so is everything else.
///
/// # Errors
/// [`OpenError`], if the database could not be opened as a store either: one that takes no writes, one without a schema,
/// one of another program. Nothing was changed then; but after [`OpenError::Unreachable`] and [`OpenError::Failed`] a new
/// epoch may have begun. To begin another one does no harm.
pub async fn begin_epoch(config: &MySqlConfig, entropy: &dyn Entropy) -> Result<EpochBegun, OpenError> {
    soon(begin(config, entropy)).await.map_err(|refused| refused.of(config))
}

async fn begin(config: &MySqlConfig, entropy: &dyn Entropy) -> Result<EpochBegun, Refused> {
    let mut connection = MySqlConnection::connect_with(&options(config)).await?;
    check_server(&mut connection, config).await?;
    migrations::version(&mut connection).await?.ok_or(Refused::NoSchema)?;
    let clock = connection.fetch_one(CLOCK).await?.int(0)?.unwrap_or_default();
    let epoch = Epoch::generate(Timestamp::from_millis(clock), entropy);
    connection.execute(BEGIN).await?;
    let former = match connection.fetch_optional(LOCK).await? {
        Some(row) => row.bytes(0)?.and_then(Epoch::read),
        None => None,
    };
    sqlx::query(REPLACE).bind(epoch.blob()).execute(&mut connection).await?;
    connection.execute(COMMIT).await?;
    // What was to be done is done, however this ends.
    let _ = connection.close().await;
    Ok(EpochBegun { former, epoch })
}
