//! What a database says of itself, for operators: nothing is changed, and nothing large is read.

use flux_core::Epoch;
use sqlx::mysql::MySqlConnection;
use sqlx::{Connection, Executor, Row};

use super::open::{Refused, options, soon};
use super::server::{self, Flavour};
use super::{MySqlConfig, OpenError, migrations};
use crate::sql::{Id, SqlRow};

const VERSION: &str = "SELECT VERSION()";
const EPOCH: &str = "SELECT epoch FROM meta WHERE only_row = 1";
/// MySQL would give what it counted up to a day ago.
const COUNT_NOW: &str = "SET SESSION information_schema_stats_expiry = 0";
const TABLES: &str = "SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS SIGNED), \
    CAST(COALESCE(SUM(CASE WHEN table_name = 'accounts' THEN table_rows END), 0) AS SIGNED), \
    CAST(COALESCE(SUM(CASE WHEN table_name = 'conversations' THEN table_rows END), 0) AS SIGNED), \
    CAST(COALESCE(SUM(CASE WHEN table_name = 'messages' THEN table_rows END), 0) AS SIGNED) \
    FROM information_schema.tables WHERE table_schema = DATABASE()";
/// Rows of connections that are gone stay for a while; their locks do not.
const IN_USE: &str = "SELECT CAST(COUNT(*) AS SIGNED), CAST(COUNT(DISTINCT node) AS SIGNED) FROM connections \
                      WHERE IS_USED_LOCK(CONCAT('flux ', LOWER(HEX(slot)))) IS NOT NULL";

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// Where the server is: host and port, or a socket.
    pub server: String,
    /// The name of the database.
    pub database: String,
    /// What the server says that it is.
    pub version: String,
    /// The version of the schema.
    pub schema: i64,
    /// The epoch; `None` if no store has ever opened it.
    pub epoch: Option<Epoch>,
    /// About how many bytes its tables and indexes take.
    pub bytes: u64,
    /// About how many accounts there are, as the server estimates it: to count takes long where there are many.
    pub accounts: u64,
    /// About how many conversations.
    pub conversations: u64,
    /// About how many messages.
    pub messages: u64,
    /// How many processes have the database open now, on this server.
    pub processes: u64,
    /// How many connections those have.
    pub connections: u64,
}

/// Asks the database what it is, without changing anything: also one that is a replica, or that a store would refuse for
/// how its server is set up.
///
/// # Errors
/// [`OpenError`], if it is not there, is not of Flux, or is of a version that this program cannot use.
pub async fn describe(config: &MySqlConfig) -> Result<Description, OpenError> {
    soon(look(config)).await.map_err(|refused| refused.of(config))
}

async fn look(config: &MySqlConfig) -> Result<Description, Refused> {
    let mut connection = MySqlConnection::connect_with(&options(config)).await?;
    let version: String = connection.fetch_one(VERSION).await?.try_get_unchecked(0)?;
    if server::flavour(&version)? == Flavour::MySql {
        connection.execute(COUNT_NOW).await?;
    }
    let schema = migrations::version(&mut connection).await?.ok_or(Refused::NoSchema)?;
    let epoch = match connection.fetch_optional(EPOCH).await? {
        Some(row) => row.bytes(0)?.and_then(Epoch::read),
        None => None,
    };
    let [bytes, accounts, conversations, messages] = numbers(&mut connection, TABLES).await?;
    let [connections, processes] = numbers(&mut connection, IN_USE).await?;
    // What was asked is answered, however this ends.
    let _ = connection.close().await;
    Ok(Description {
        server: config.server(),
        database: config.database.clone(),
        version,
        schema: schema.into(),
        epoch,
        bytes,
        accounts,
        conversations,
        messages,
        processes,
        connections,
    })
}

/// The numbers of the one row that `text` asks for.
async fn numbers<const N: usize>(
    connection: &mut MySqlConnection,
    text: &'static str,
) -> Result<[u64; N], Refused> {
    let row = connection.fetch_one(text).await?;
    let mut numbers = [0; N];
    for (at, number) in numbers.iter_mut().enumerate() {
        *number = u64::try_from(row.int(at)?.unwrap_or(0)).unwrap_or(0);
    }
    Ok(numbers)
}
