//! Which adapter serves which port.

use std::path::Path;
use std::sync::Arc;

use flux_core::routing::NoPeers;
use flux_core::verification::Codes;
use flux_core::{Clock, DurableStore, Entropy, Ports};
use flux_net::password::{Argon2Config, Argon2Hasher};
use flux_store::memory::{MemoryCodes, MemoryDirectory, MemoryLimiter, MemoryLocks, MemoryStore};
use flux_store::sqlite::{OpenError, SqliteConfig, SqliteStore, Synchronous};

use super::DataDir;
use super::mail::MailOut;
use crate::config::{Backend, Config, Sync};
use crate::failure::Failure;

/// The ports of one process on embedded storage, and what has to be closed when it ends.
pub struct Embedded {
    /// For the domain.
    pub ports: Ports,
    sqlite: Option<Arc<SqliteStore>>,
    mail: MailOut,
}

impl Embedded {
    /// Opens everything that `config` names.
    pub async fn open(
        config: &Config,
        data: &DataDir,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, Failure> {
        let sqlite = match config.storage.backend {
            Backend::Sqlite => {
                let file = sqlite(&data.database(), config.storage.synchronous);
                let opened = SqliteStore::open(file, Arc::clone(&clock), Arc::clone(&entropy)).await;
                Some(Arc::new(opened.map_err(with_advice)?))
            }
            Backend::Memory => None,
        };
        let durable: Arc<dyn DurableStore> = match &sqlite {
            Some(sqlite) => Arc::clone(sqlite) as _,
            None => Arc::new(MemoryStore::new(Arc::clone(&clock), Arc::clone(&entropy))),
        };
        let mail = MailOut::open(config, &clock, &entropy)?;
        let mailer = mail.mailer();
        let notices = super::notices(config, &durable, &mailer, &clock)?;
        let directory = Arc::new(MemoryDirectory::new(Arc::clone(&clock)));
        let ports = Ports {
            durable,
            codes: Codes::Here(Arc::new(MemoryCodes::new(Arc::clone(&clock)))),
            limiter: Arc::new(MemoryLimiter::new(Arc::clone(&clock))),
            locks: Arc::new(MemoryLocks::new(Arc::clone(&clock))),
            directory: directory.clone(),
            registry: directory,
            // SQLite in this process is as near as a cache would be.
            cache: None,
            mailer,
            hasher: Arc::new(Argon2Hasher::new(&hashing(config))?),
            peers: Arc::new(NoPeers),
            notices,
            sender: None,
            chooser: None,
            loads: None,
            lost_nodes: None,
            send_policy: None,
            clock,
            entropy,
        };
        #[cfg(feature = "faults")]
        let ports = crate::faults::plant(ports);
        Ok(Self { ports, sqlite, mail })
    }

    /// Lets queued mail go and closes the database.
    pub async fn close(&self) {
        self.mail.close().await;
        if let Some(sqlite) = &self.sqlite {
            sqlite.close().await;
        }
    }
}

/// How the database at `path` is used.
pub(crate) fn sqlite(path: &Path, synchronous: Sync) -> SqliteConfig {
    SqliteConfig::new(path).with_synchronous(match synchronous {
        Sync::Full => Synchronous::Full,
        Sync::Normal => Synchronous::Normal,
    })
}

/// What an operator can do about a database that does not open.
pub(crate) fn with_advice(error: OpenError) -> Failure {
    let advice = match &error {
        OpenError::NotFlux { .. } => "; choose another folder with --data",
        OpenError::NewerSchema { .. } => "; run the newer release of flux that wrote it",
        OpenError::InUse { .. } => "; stop it, or choose another folder with --data",
        _ => "",
    };
    let failure = Failure::from(error);
    Failure::new(format!("{}{advice}", failure.message().unwrap_or_default()))
}

pub(super) fn hashing(config: &Config) -> Argon2Config {
    let mut hashing = Argon2Config::default();
    if config.limits.password_workers > 0 {
        hashing.workers = usize::try_from(config.limits.password_workers).unwrap_or(hashing.workers);
    }
    hashing
}
