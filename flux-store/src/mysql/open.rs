//! Opening the database: what server it is, whose database, and whether it needs migrating.

use std::sync::Arc;
use std::time::Duration;

use flux_core::{Entropy, Epoch, NodeId, Timestamp};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use tokio::time::timeout;

use super::failure::Failure;
use super::late::Late;
use super::pool::{Pool, settings};
use super::server::{self, now_micros};
use super::stamp::Horizon;
use super::store::{Inner, Time};
use super::{MySqlConfig, MySqlStore, OpenError, epoch, migrations};
use crate::observe::SqlMeters;
use crate::sql::{Id, SqlRow};

const BEGIN_EPOCH: &str = "INSERT IGNORE INTO meta (only_row, epoch) VALUES (1, ?)";
const EPOCH: &str = "SELECT epoch FROM meta WHERE only_row = 1";
const LOOK: &str = concat!(
    "SELECT GREATEST(COALESCE((SELECT MAX(changed) FROM conversations), 0), \
                     COALESCE((SELECT MAX(changed) FROM feed_heads), 0)), ",
    now_micros!()
);
/// What needs a privilege that is not used until later.
const PROBES: [(&str, &str); 2] = [
    ("UPDATE rows", "UPDATE meta SET epoch = epoch WHERE only_row = 0"),
    ("DELETE rows", "DELETE FROM meta WHERE only_row = 0"),
];

/// How long the server may take for each thing that is asked of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many texts a connection keeps prepared: every text of this adapter, in every length.
const CACHED_TEXTS: usize = 512;

/// Why a database is not taken, before its name is added.
pub(super) enum Refused {
    NotFlux(String),
    NoSchema,
    Old(i32),
    Newer(i32),
    Migrating,
    Collation(String, String),
    Incomplete(String),
    Missing(&'static str),
    Slow,
    Driver(sqlx::Error),
    Open(OpenError),
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Driver(error)
    }
}

impl From<OpenError> for Refused {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl Refused {
    /// The same, with the names of what was refused.
    pub(super) fn of(self, config: &MySqlConfig) -> OpenError {
        let (database, server) = (config.database.clone(), config.server());
        let user = config.options.get_username().to_owned();
        match self {
            Self::NotFlux(table) => OpenError::NotFlux { database, table },
            Self::NoSchema => OpenError::NoSchema { database },
            Self::Old(found) => {
                OpenError::OldSchema { database, found: found.into(), known: migrations::NEWEST.into() }
            }
            Self::Newer(found) => {
                OpenError::NewerSchema { database, found: found.into(), known: migrations::NEWEST.into() }
            }
            Self::Migrating => OpenError::Migrating { database },
            Self::Collation(column, found) => OpenError::Collation { column, found },
            Self::Incomplete(lacks) => OpenError::Incomplete { database, lacks },
            Self::Missing(doing) => OpenError::MissingPrivilege { user, doing, database },
            Self::Slow => OpenError::Unreachable {
                server,
                cause: format!("no answer within {} s", PATIENCE.as_secs()).into(),
            },
            Self::Open(error) => error,
            Self::Driver(error) => {
                let failure = Failure::of(&error);
                match (failure.number(), error) {
                    (Some(1_049), _) => OpenError::NoDatabase { database },
                    (Some(1_045 | 1_698), _) => OpenError::Denied { server, user },
                    (Some(1_044), _) => {
                        OpenError::MissingPrivilege { user, doing: "use the database", database }
                    }
                    (Some(1_142 | 1_143 | 1_227 | 1_370), _) => {
                        OpenError::MissingPrivilege { user, doing: "make and read the tables", database }
                    }
                    // How MySQL lets somebody in whom it has not let in since it started; later a digest does.
                    (None, sqlx::Error::Configuration(error)) if error.to_string().contains("RSA") => {
                        OpenError::PasswordNeedsTls { server, user }
                    }
                    // What TLS and configuration say holds no values of anybody.
                    (None, error @ (sqlx::Error::Tls(_) | sqlx::Error::Configuration(_))) => {
                        OpenError::Unreachable { server, cause: error.into() }
                    }
                    (None, sqlx::Error::Io(error)) => OpenError::Unreachable { server, cause: error.into() },
                    _ => OpenError::Failed { database, cause: failure.into() },
                }
            }
        }
    }
}

pub(super) async fn open(
    mut config: MySqlConfig,
    time: Time,
    entropy: Arc<dyn Entropy>,
) -> Result<MySqlStore, OpenError> {
    let options = options(&config);
    let ready = match prepare(&options, &config, &*entropy).await {
        Ok(ready) => ready,
        Err(refused) => return Err(refused.of(&config)),
    };
    let node = config.node.take().unwrap_or_else(|| NodeId::generate(ready.clock, &*entropy));
    let room = (config.connections.max(1), config.acquire_timeout);
    let meters = SqlMeters::new("mysql");
    let pool = Pool::new(options, ready.flavour, node, room, Arc::clone(&entropy), meters.clone());
    Ok(MySqlStore {
        inner: Arc::new(Inner {
            pool,
            epoch: ready.epoch,
            over: false.into(),
            horizon: ready.horizon,
            late: Late::default(),
            time,
            entropy,
            numbers: 0.into(),
            meters,
        }),
    })
}

/// How connections are made.
pub(super) fn options(config: &MySqlConfig) -> MySqlConnectOptions {
    config
        .options
        .clone()
        .statement_cache_capacity(CACHED_TEXTS)
        .pipes_as_concat(false)
        .disable_statement_logging()
}

/// What opening found out.
struct Ready {
    flavour: server::Flavour,
    epoch: Epoch,
    horizon: Horizon,
    clock: Timestamp,
}

async fn prepare(
    options: &MySqlConnectOptions,
    config: &MySqlConfig,
    entropy: &dyn Entropy,
) -> Result<Ready, Refused> {
    let mut connection = soon(async { Ok(options.connect().await?) }).await?;
    let flavour = soon(check_server(&mut connection, config)).await?;
    migrations::run(&mut connection, config.migrate).await?;
    let ready = soon(async {
        migrations::check_columns(&mut connection).await?;
        let (greatest, micros) = look(&mut connection).await?;
        let clock = Timestamp::from_millis(i64::try_from(micros / 1_000).unwrap_or(i64::MAX));
        let fresh = Epoch::generate(clock, entropy);
        let epoch = begin(&mut connection, fresh, config.new_epoch).await?;
        for (doing, probe) in PROBES {
            if connection.execute(probe).await.is_err() {
                return Err(Refused::Missing(doing));
            }
        }
        Ok(Ready { flavour, epoch, horizon: Horizon::new(greatest, micros), clock })
    });
    let ready = ready.await?;
    // It has served its purpose; whatever goes wrong with its end is nobody's concern.
    let _ = soon(async { Ok(connection.close().await?) }).await;
    Ok(ready)
}

/// `asking`, if it is answered in time.
pub(super) async fn soon<T>(asking: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
    timeout(PATIENCE, asking).await.unwrap_or(Err(Refused::Slow))
}

/// Whether it is a server that keeps its promises, and ours; makes the connection like those of a store.
pub(super) async fn check_server(
    connection: &mut MySqlConnection,
    config: &MySqlConfig,
) -> Result<server::Flavour, Refused> {
    let version: String = connection.fetch_one("SELECT VERSION()").await?.try_get_unchecked(0)?;
    let flavour = server::flavour(&version)?;
    // As the connections of the store will be, but for the bounds on time: a migration may take longer.
    let isolation = settings(flavour);
    let isolation = isolation.split_inclusive(';').next().unwrap_or_default().to_owned();
    connection.execute(sqlx::raw_sql(AssertSqlSafe(isolation))).await?;
    let found = server::settings(connection).await?;
    found.check(config.allow_unsafe_durability)?;
    if let Some(most) = found.too_few_prepared(config.connections) {
        tracing::warn!(most, "max_prepared_stmt_count leaves no room for the statements of every connection");
    }
    Ok(flavour)
}

/// The greatest stamp, and the server's clock in microseconds.
async fn look(connection: &mut MySqlConnection) -> Result<(u64, u64), Refused> {
    let row = connection.fetch_one(LOOK).await?;
    let number = |at| row.int(at).map(|found| u64::try_from(found.unwrap_or(0)).unwrap_or(0));
    Ok((number(0)?, number(1)?))
}

/// The epoch of the database, which is `fresh` if there is none yet or a new one is to begin.
async fn begin(connection: &mut MySqlConnection, fresh: Epoch, new: bool) -> Result<Epoch, Refused> {
    let text = if new { epoch::REPLACE } else { BEGIN_EPOCH };
    sqlx::query(text).bind(fresh.blob()).execute(&mut *connection).await?;
    let row = connection.fetch_one(EPOCH).await?;
    let bytes = SqlRow::bytes(&row, 0)?;
    bytes.and_then(Epoch::read).ok_or_else(|| {
        let cause = crate::sql::corrupt("meta.epoch").into();
        Refused::Open(OpenError::Failed { database: String::new(), cause })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_only_tls_keeps_secret_is_told_from_a_server_that_is_not_there() {
        let config = MySqlConfig::new("mysql://flux:canary@db.example.org/chat?ssl-mode=DISABLED").unwrap();
        let refused = |text: &str| Refused::Driver(sqlx::Error::Configuration(text.into())).of(&config);
        let password = refused("RSA auth backend disabled; enable feature `mysql-rsa` or use TLS.");
        assert!(
            matches!(&password, OpenError::PasswordNeedsTls { user, .. } if user == "flux"),
            "{password:?}"
        );
        assert!(password.to_string().contains("ssl-mode=REQUIRED"), "{password}");
        let keys = refused("no keys found pem file");
        assert!(matches!(keys, OpenError::Unreachable { .. }), "{keys:?}");
    }
}
