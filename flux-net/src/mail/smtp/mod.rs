//! Mail through an SMTP server.

mod letter;
mod trial;
mod worker;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::mail::{Mail, MailError, Mailer};
use flux_core::{Clock, Entropy, Secret};
use lettre::message::Mailbox;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use metrics::{Counter, Gauge};
use thiserror::Error;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::letter::Letters;
pub use self::trial::{TrialError, try_out};
use self::worker::{Job, Worker};
use super::{RenderedMail, Templates};
use crate::observe::{Place, metric};

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SmtpSecurity {
    /// Begin in the clear and switch to TLS before anything is said; a server that cannot is not used. Port 587.
    #[default]
    StartTls,
    /// TLS from the first byte. Port 465.
    Tls,
    /// In the clear, for a relay on the same machine or in a private network. Port 25.
    None,
}

impl SmtpSecurity {
    /// The port that goes with it.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// Which server to send through, and as whom.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Name or address of the server.
    pub host: String,
    /// Its port; `None` for the one that goes with `security`.
    pub port: Option<u16>,
    /// STARTTLS by default.
    pub security: SmtpSecurity,
    /// Certificates in PEM that are trusted besides the public ones.
    pub root_certificates: Option<String>,
    /// User name and password, if the server wants them. Not given in the clear to anything but this machine.
    pub credentials: Option<(String, Secret)>,
    /// What stands in `From`: `Flux <no-reply@example.org>`.
    pub from: String,
    /// What to say in EHLO; the machine's name if `None`.
    pub hello_name: Option<String>,
    /// How long the server may take for each step: 10 s.
    pub timeout: Duration,
    /// How many mails may wait, those that are tried again included: 1,000.
    pub queue: usize,
    /// How many are sent at once: 2.
    pub connections: usize,
    /// How often a mail is tried: 6 times.
    pub attempts: u32,
    /// How long after the first failure it is tried again: 1 s. After each further one four times as long, so that the
    /// last try is within the ten minutes that a code is good.
    pub retry_after: Duration,
    /// What mails look like.
    pub templates: Templates,
}

impl SmtpConfig {
    /// With the defaults, through `host`, from `from`.
    #[must_use]
    pub fn new(host: impl Into<String>, from: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            security: SmtpSecurity::default(),
            root_certificates: None,
            credentials: None,
            from: from.into(),
            hello_name: None,
            timeout: Duration::from_secs(10),
            queue: 1_000,
            connections: 2,
            attempts: 6,
            retry_after: Duration::from_secs(1),
            templates: Templates::default(),
        }
    }
}

/// Why an SMTP configuration cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidSmtpConfig {
    /// `from` is no mailbox.
    #[error("`from` is not of the form `Name <address>`")]
    From,
    /// A password would go over the network in the clear.
    #[error("credentials need TLS unless the server is on this machine")]
    CredentialsInTheClear,
    /// `root_certificates` holds no certificate.
    #[error("`root_certificates` holds no certificate in PEM form")]
    Certificates,
    /// Name of the server, queue, connections or attempts are empty or zero.
    #[error("`host`, `queue`, `connections` and `attempts` must not be empty or zero")]
    Empty,
    /// TLS cannot be set up for that host.
    #[error("no TLS to this host")]
    Tls,
}

/// Sends mail through an SMTP server: a bounded queue, a worker, and another try for what did not get through.
pub struct SmtpMailer {
    letters: Letters,
    /// Shares its connections with the worker.
    transport: AsyncSmtpTransport<Tokio1Executor>,
    queue: mpsc::Sender<Job>,
    /// Mails that wait, are being sent, or will be tried again.
    places: Arc<Semaphore>,
    waiting: Gauge,
    refused: Counter,
    stop: CancellationToken,
    worker: Mutex<Option<JoinHandle<usize>>>,
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("free", &self.places.available_permits()).finish_non_exhaustive()
    }
}

impl SmtpMailer {
    /// Starts the worker; needs a runtime. No connection is made before there is a mail.
    ///
    /// # Errors
    /// [`InvalidSmtpConfig`].
    pub fn start(
        config: SmtpConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, InvalidSmtpConfig> {
        let (from, transport) = (sender(&config)?, transport(&config)?);
        let (outcomes, time) = Worker::meters();
        let worker = Worker {
            transport: transport.clone(),
            clock: Arc::clone(&clock),
            connections: config.connections,
            attempts: config.attempts,
            retry_after: config.retry_after,
            outcomes,
            time,
        };
        let (queue, jobs) = mpsc::channel(config.queue);
        let stop = CancellationToken::new();
        let worker = tokio::spawn(worker.run(jobs, stop.clone()));
        Ok(Self {
            letters: Letters { from, templates: config.templates, clock, entropy },
            transport,
            queue,
            places: Arc::new(Semaphore::new(config.queue)),
            waiting: metric::MAIL_QUEUE.gauge(),
            refused: metric::MAIL.counter_of(["refused"]),
            stop,
            worker: Mutex::new(Some(worker)),
        })
    }

    /// Takes no more mail, tries everything that waits once more without further delay, and returns how many mails
    /// did not get through by then or within `deadline`. The second call returns 0 at once.
    pub async fn shutdown(&self, deadline: Duration) -> usize {
        self.stop.cancel();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut worker) = worker else { return 0 };
        let capacity = self.queue.max_capacity();
        if let Ok(lost) = tokio::time::timeout(deadline, &mut worker).await {
            return lost.unwrap_or(0);
        }
        worker.abort();
        capacity - self.places.available_permits()
    }
}

impl Drop for SmtpMailer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let letter = self.letters.write(&mail)?;
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            self.refused.increment(1);
            MailError::Full
        })?;
        let place = Place::new(place, &self.waiting);
        // There are as many places as the queue has room for, so only a stopped worker can refuse.
        self.queue.try_send(Job::new(letter, place)).map_err(|_| MailError::Failed("mail worker has stopped"))
    }

    async fn deliver(&self, mail: Mail) -> Result<(), MailError> {
        let letter = self.letters.write(&mail)?;
        let Err(error) = self.transport.send(letter).await else {
            metric::MAIL.counter_of(["sent"]).increment(1);
            return Ok(());
        };
        // The server's words are not logged: they name the recipient.
        let status = error.status().map(|code| code.to_string()).unwrap_or_default();
        tracing::warn!(status, kind = worker::kind(&error), "mail not taken");
        let refused = worker::hopeless(&error);
        metric::MAIL.counter_of([if refused { "given_up" } else { "put_off" }]).increment(1);
        Err(if refused { MailError::Refused } else { MailError::Failed("not taken by the mail server") })
    }
}

fn sender(config: &SmtpConfig) -> Result<Mailbox, InvalidSmtpConfig> {
    if config.host.is_empty() || config.queue == 0 || config.connections == 0 || config.attempts == 0 {
        return Err(InvalidSmtpConfig::Empty);
    }
    config.from.parse().map_err(|_| InvalidSmtpConfig::From)
}

fn transport(config: &SmtpConfig) -> Result<AsyncSmtpTransport<Tokio1Executor>, InvalidSmtpConfig> {
    let tls = match config.security {
        SmtpSecurity::None => Tls::None,
        SmtpSecurity::StartTls => Tls::Required(tls_parameters(config)?),
        SmtpSecurity::Tls => Tls::Wrapper(tls_parameters(config)?),
    };
    // A pool keeps the connection for the next mail; idle ones are let go after half a minute.
    let pool = u32::try_from(config.connections).unwrap_or(u32::MAX);
    let pool = PoolConfig::new().max_size(pool).idle_timeout(Duration::from_secs(30));
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
        .port(config.port.unwrap_or(config.security.default_port()))
        .tls(tls)
        .timeout(Some(config.timeout))
        .pool_config(pool);
    if let Some(name) = &config.hello_name {
        builder = builder.hello_name(ClientId::Domain(name.clone()));
    }
    if let Some((user, password)) = &config.credentials {
        let near = config.host == "localhost"
            || config.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if config.security == SmtpSecurity::None && !near {
            return Err(InvalidSmtpConfig::CredentialsInTheClear);
        }
        builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    Ok(builder.build())
}

fn tls_parameters(config: &SmtpConfig) -> Result<TlsParameters, InvalidSmtpConfig> {
    let mut tls = TlsParameters::builder(config.host.clone());
    if let Some(pem) = &config.root_certificates {
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(InvalidSmtpConfig::Certificates);
        }
        let certificates = Certificate::from_pem(pem.as_bytes());
        tls = tls.add_root_certificate(certificates.map_err(|_| InvalidSmtpConfig::Certificates)?);
    }
    tls.build_rustls().map_err(|_| InvalidSmtpConfig::Tls)
}
