//! What an operator may choose about the database, and why it may not open.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use flux_core::{Cause, NodeId};
use sqlx::mysql::MySqlConnectOptions;
use thiserror::Error;

/// The text is no address of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not of the form mysql://USER:PASSWORD@HOST:PORT/DATABASE, with ?ssl-mode=VERIFY_IDENTITY&ssl-ca=FILE for TLS"
)]
pub struct InvalidUrl;

/// Which database, and how it is used. Its `Debug` shows no password.
#[derive(Clone)]
#[non_exhaustive]
pub struct MySqlConfig {
    pub(super) options: MySqlConnectOptions,
    pub(super) database: String,
    /// The most connections: 16. Together those of all processes must stay below the server's `max_connections`, and,
    /// times 256, below its `max_prepared_stmt_count`.
    pub connections: usize,
    /// How long a call waits for a connection: 1.5 s.
    pub acquire_timeout: Duration,
    /// Whether the schema is made and brought up to date where that is needed. Yes; without it a database that needs it
    /// is refused.
    pub migrate: bool,
    /// Whether a server is taken that may forget commits, as test servers do for speed. No.
    pub allow_unsafe_durability: bool,
    /// Whether opening begins a new epoch, as has to be done once with a database that was restored from a copy, and
    /// with a replica that was promoted: clients may have seen entries that it does not hold, and start over when they
    /// see the new epoch. Stores that are open refuse to go on when they see it. No.
    pub new_epoch: bool,
    /// Which node the connections are registered for; a new one by default. See
    /// [`MySqlStore::end_connections_of`](super::MySqlStore::end_connections_of).
    pub node: Option<NodeId>,
}

impl MySqlConfig {
    /// The database at `url`, everything else as it is by default.
    ///
    /// # Errors
    /// [`InvalidUrl`], which does not quote the URL: it may hold a password.
    pub fn new(url: &str) -> Result<Self, InvalidUrl> {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme);
        if !matches!(scheme, Some("mysql" | "mariadb")) {
            return Err(InvalidUrl);
        }
        let options = MySqlConnectOptions::from_str(url).map_err(|_| InvalidUrl)?;
        let database = options.get_database().filter(|name| !name.is_empty()).ok_or(InvalidUrl)?.to_owned();
        Ok(Self {
            options,
            database,
            connections: 16,
            acquire_timeout: Duration::from_millis(1_500),
            migrate: true,
            allow_unsafe_durability: false,
            new_epoch: false,
            node: None,
        })
    }

    /// With another number of [`connections`](Self::connections); at least one.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// With another [`acquire_timeout`](Self::acquire_timeout).
    #[must_use]
    pub fn with_acquire_timeout(mut self, acquire_timeout: Duration) -> Self {
        self.acquire_timeout = acquire_timeout;
        self
    }

    /// Leaving the schema as it is: see [`migrate`](Self::migrate).
    #[must_use]
    pub fn without_migrations(mut self) -> Self {
        self.migrate = false;
        self
    }

    /// Taking a server that may forget commits: see [`allow_unsafe_durability`](Self::allow_unsafe_durability).
    #[must_use]
    pub fn allowing_unsafe_durability(mut self) -> Self {
        self.allow_unsafe_durability = true;
        self
    }

    /// Beginning a [new epoch](Self::new_epoch).
    #[must_use]
    pub fn with_new_epoch(mut self) -> Self {
        self.new_epoch = true;
        self
    }

    /// For this [`node`](Self::node).
    #[must_use]
    pub fn with_node(mut self, node: NodeId) -> Self {
        self.node = Some(node);
        self
    }

    /// Where the server is, for people.
    pub(super) fn server(&self) -> String {
        match self.options.get_socket() {
            Some(path) => path.display().to_string(),
            None => format!("{}:{}", self.options.get_host(), self.options.get_port()),
        }
    }
}

/// Where it is, for people: without the user, and without a password.
impl fmt::Display for MySqlConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.database, self.server())
    }
}

impl fmt::Debug for MySqlConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlConfig")
            .field("server", &self.server())
            .field("user", &self.options.get_username())
            .field("database", &self.database)
            .field("connections", &self.connections)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("migrate", &self.migrate)
            .field("allow_unsafe_durability", &self.allow_unsafe_durability)
            .field("new_epoch", &self.new_epoch)
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

/// Why a database does not open as a store. Nothing in it was changed, except by migrations that succeeded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no server, or it does not answer, or not in the way that the configuration of TLS asks for.
    #[error("no database server answers at {server}")]
    Unreachable {
        /// Where.
        server: String,
        /// What went wrong.
        #[source]
        cause: Cause,
    },
    /// The server does not let the user in.
    #[error(
        "{server} does not let the user {user} in: check name and password, and whether TLS is asked for"
    )]
    Denied {
        /// Which server.
        server: String,
        /// Which user.
        user: String,
    },
    /// The server asks for the password itself, which is told over TLS only.
    #[error(
        "{server} asks for the password of {user} over a connection that is not encrypted: use ssl-mode=REQUIRED or \
         VERIFY_IDENTITY"
    )]
    PasswordNeedsTls {
        /// Which server.
        server: String,
        /// Which user.
        user: String,
    },
    /// The user may not do what a store does.
    #[error(
        "the user {user} may not {doing}: GRANT SELECT, INSERT, UPDATE, DELETE on {database}, and CREATE, ALTER, INDEX, \
         DROP for who migrates"
    )]
    MissingPrivilege {
        /// Which user.
        user: String,
        /// What was refused.
        doing: &'static str,
        /// In which database.
        database: String,
    },
    /// The server has no such database.
    #[error("there is no database {database}: CREATE DATABASE it first")]
    NoDatabase {
        /// Its name.
        database: String,
    },
    /// The server is too old, or of another kind.
    #[error("the server says that it is {found}: MySQL 8.0 or MariaDB 10.11 are the oldest that are taken")]
    Version {
        /// What it says.
        found: String,
    },
    /// The server may forget what it has committed.
    #[error(
        "the server may lose commits: {name} is {found} and must be {wanted}, unless unsafe durability is allowed"
    )]
    UnsafeDurability {
        /// Which setting.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it has to be.
        wanted: &'static str,
    },
    /// The server, or something before it, has a setting with which a store does not work.
    #[error("the server's setting {name} is {found} and must be {wanted}")]
    Setting {
        /// Which setting.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it has to be.
        wanted: &'static str,
    },
    /// The database is empty, and migrations are not allowed.
    #[error("the database {database} has no schema yet: migrate it first")]
    NoSchema {
        /// Its name.
        database: String,
    },
    /// The schema is of an older version, and migrations are not allowed.
    #[error(
        "the database {database} has schema version {found}, and this program needs {known}: migrate it first"
    )]
    OldSchema {
        /// Its name.
        database: String,
        /// Its version.
        found: i64,
        /// The version that this program needs.
        known: i64,
    },
    /// The schema is of a newer version that this program cannot use.
    #[error("the database {database} has schema version {found}, and this program knows up to {known}")]
    NewerSchema {
        /// Its name.
        database: String,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// It holds tables of another program.
    #[error("the database {database} is not of Flux: it has a table {table}")]
    NotFlux {
        /// Its name.
        database: String,
        /// One of the tables.
        table: String,
    },
    /// Tables or columns of the schema are not there, though the database says that it has them.
    #[error(
        "the database {database} lacks {lacks}: was it changed by hand, restored in part, or is that hidden from its user?"
    )]
    Incomplete {
        /// Its name.
        database: String,
        /// What is not there: tables, and columns with their tables.
        lacks: String,
    },
    /// A column of text does not keep text as it is.
    #[error("{column} compares its texts by {found} instead of utf8mb4_bin: was the schema changed by hand?")]
    Collation {
        /// Which, with its table.
        column: String,
        /// Its collation.
        found: String,
    },
    /// Another process is migrating, and does not get done.
    #[error("another process is migrating the database {database}: try again later")]
    Migrating {
        /// Its name.
        database: String,
    },
    /// Something else went wrong.
    #[error("the database {database} cannot be opened")]
    Failed {
        /// Its name.
        database: String,
        /// What went wrong.
        #[source]
        cause: Cause,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_shown_nowhere() {
        let config = MySqlConfig::new("mysql://flux:canary@db.example.org:3307/chat").unwrap();
        let shown = format!("{config:?} {config}");
        assert!(shown.contains("db.example.org:3307") && shown.contains("chat"), "{shown}");
        assert!(!shown.contains("canary"), "{shown}");
    }

    #[test]
    fn what_is_no_address_of_a_database_is_refused_without_quoting_it() {
        for bad in [
            "",
            "db.example.org/chat",
            "postgres://flux:canary@db.example.org/chat",
            "mysql://flux:canary@db.example.org",
            "mysql://flux:canary@db.example.org/",
            "mysql://flux:canary@db.example.org/chat?ssl-mode=canary",
            "mysql://flux:canary@db.example.org:canary/chat",
        ] {
            let refused = MySqlConfig::new(bad).unwrap_err();
            assert!(!format!("{refused} {refused:?}").contains("canary"), "{bad}");
        }
    }
}
