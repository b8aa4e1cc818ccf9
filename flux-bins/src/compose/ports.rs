//! Which adapter serves which port.

use std::path::Path;
use std::sync::Arc;

use flux_core::mail::Mailer;
use flux_core::routing::{NoNotifier, NoPeers};
use flux_core::verification::Codes;
use flux_core::{Clock, DurableStore, Entropy, Ports};
use flux_net::mail::{
    MailLanguage, OutboxConfig, OutboxMailer, SmtpConfig, SmtpMailer, SmtpSecurity, Templates,
};
use flux_net::password::{Argon2Config, Argon2Hasher};
use flux_store::memory::{MemoryCodes, MemoryDirectory, MemoryLimiter, MemoryLocks, MemoryStore};
use flux_store::sqlite::{OpenError, SqliteConfig, SqliteStore, Synchronous};

use super::DataDir;
use crate::config::{self, Backend, Config, MailMode, Sync};
use crate::failure::Failure;

/// The ports of one process on embedded storage, and what has to be closed when it ends.
pub struct Embedded {
    /// For the domain.
    pub ports: Ports,
    sqlite: Option<Arc<SqliteStore>>,
    smtp: Option<Arc<SmtpMailer>>,
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
        let smtp = match config.mail.mode {
            MailMode::Smtp => Some(Arc::new(smtp(config, &clock, &entropy)?)),
            MailMode::Outbox => None,
        };
        let mailer: Arc<dyn Mailer> = match &smtp {
            Some(smtp) => Arc::clone(smtp) as _,
            None => Arc::new(OutboxMailer::open(outbox(config), Arc::clone(&clock))?),
        };
        let directory = Arc::new(MemoryDirectory::new(Arc::clone(&clock)));
        let ports = Ports {
            durable,
            codes: Codes::Here(Arc::new(MemoryCodes::new(Arc::clone(&clock)))),
            limiter: Arc::new(MemoryLimiter::new(Arc::clone(&clock))),
            locks: Arc::new(MemoryLocks::new(Arc::clone(&clock))),
            directory: directory.clone(),
            registry: directory,
            mailer,
            hasher: Arc::new(Argon2Hasher::new(&hashing(config))?),
            peers: Arc::new(NoPeers),
            notifier: Arc::new(NoNotifier),
            sender: None,
            chooser: None,
            loads: None,
            send_policy: None,
            clock,
            entropy,
        };
        Ok(Self { ports, sqlite, smtp })
    }

    /// Lets queued mail go and closes the database.
    pub async fn close(&self) {
        if let Some(smtp) = &self.smtp {
            let unsent = smtp.shutdown(CLOSE_MAIL).await;
            if unsent > 0 {
                tracing::warn!(unsent, "mails that could not be sent are lost");
            }
        }
        if let Some(sqlite) = &self.sqlite {
            sqlite.close().await;
        }
    }
}

/// How long queued mail may take to go when the process ends.
const CLOSE_MAIL: std::time::Duration = std::time::Duration::from_secs(5);

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

fn templates(config: &Config) -> Templates {
    Templates {
        product: config.mail.product.clone(),
        language: match config.mail.language {
            config::MailLanguage::Both => MailLanguage::Both,
            config::MailLanguage::English => MailLanguage::English,
            config::MailLanguage::Chinese => MailLanguage::Chinese,
        },
        ..Templates::default()
    }
}

fn outbox(config: &Config) -> OutboxConfig {
    let mut outbox = OutboxConfig::new(crate::mail::folder(&config.data_dir));
    outbox.templates = templates(config);
    outbox
}

fn smtp(config: &Config, clock: &Arc<dyn Clock>, entropy: &Arc<dyn Entropy>) -> Result<SmtpMailer, Failure> {
    let from = &config.smtp;
    let mut smtp = SmtpConfig::new(&from.host, &from.from);
    smtp.port = (from.port != 0).then_some(from.port);
    smtp.security = match from.security {
        config::SmtpSecurity::Tls => SmtpSecurity::Tls,
        config::SmtpSecurity::Starttls => SmtpSecurity::StartTls,
        config::SmtpSecurity::None => SmtpSecurity::None,
    };
    smtp.credentials = from.password.clone().map(|password| (from.user.clone(), password));
    smtp.hello_name = (!from.helo.is_empty()).then(|| from.helo.clone());
    if !from.root_certificates.is_empty() {
        smtp.root_certificates = Some(std::fs::read_to_string(&from.root_certificates)?);
    }
    smtp.templates = templates(config);
    Ok(SmtpMailer::start(smtp, Arc::clone(clock), Arc::clone(entropy))?)
}

fn hashing(config: &Config) -> Argon2Config {
    let mut hashing = Argon2Config::default();
    if config.limits.password_workers > 0 {
        hashing.workers = usize::try_from(config.limits.password_workers).unwrap_or(hashing.workers);
    }
    hashing
}
