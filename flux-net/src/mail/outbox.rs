//! Mail into a folder, for a laptop without an SMTP server.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use flux_core::Clock;
use flux_core::mail::{Mail, MailContent, MailError, Mailer};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Templates;
use crate::observe::metric;

/// Where captured mails lie and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxConfig {
    /// The folder; made if it is not there, for its owner alone.
    pub dir: PathBuf,
    /// How many mails are kept: 1,000. The oldest give way.
    pub keep: usize,
    /// What mails look like.
    pub templates: Templates,
}

impl OutboxConfig {
    /// With the defaults, in `dir`.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), keep: 1_000, templates: Templates::default() }
    }
}

/// A mail that was written down instead of being sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapturedMail {
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// To whom.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// The verification code in it, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// As plain text.
    pub text: String,
    /// As a page.
    pub html: String,
}

impl fmt::Debug for CapturedMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CapturedMail")
            .field("at_ms", &self.at_ms)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// The folder cannot be used.
#[derive(Debug, Error)]
#[error("cannot use the mail outbox {}", dir.display())]
pub struct OutboxError {
    /// Which folder.
    pub dir: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Writes each mail to a file of its own, which only the owner may read: whoever reads them can take over accounts.
#[derive(Clone)]
pub struct OutboxMailer {
    config: Arc<OutboxConfig>,
    clock: Arc<dyn Clock>,
    /// Names in use, oldest first. Held while a file is written, so that names are in the order of writing.
    names: Arc<Mutex<Vec<PathBuf>>>,
}

impl fmt::Debug for OutboxMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxMailer").field("config", &self.config).finish_non_exhaustive()
    }
}

impl OutboxMailer {
    /// Opens the folder.
    ///
    /// # Errors
    /// [`OutboxError`] if it cannot be made or read.
    pub fn open(config: OutboxConfig, clock: Arc<dyn Clock>) -> Result<Self, OutboxError> {
        let names = prepare(&config.dir).map_err(|source| OutboxError { dir: config.dir.clone(), source })?;
        Ok(Self { config: Arc::new(config), clock, names: Arc::new(Mutex::new(names)) })
    }

    fn write(&self, mail: &CapturedMail) -> io::Result<()> {
        let json = serde_json::to_vec_pretty(mail)?;
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        // After every name that there is, even if mails come within a millisecond or the clock was set back: the order
        // of names is the order of mails.
        let last = names.last().and_then(|path| place(path));
        let (mut ms, mut turn) = (mail.at_ms.max(0), 0);
        if let Some((last_ms, last_turn)) = last.filter(|(last_ms, _)| *last_ms >= ms) {
            (ms, turn) = (last_ms, last_turn + 1);
        }
        let path = loop {
            let path = self.config.dir.join(format!("{ms:015}-{turn:06}.json"));
            match create(&path) {
                Ok(mut file) => {
                    file.write_all(&json)?;
                    break path;
                }
                // Another process captures into the same folder.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && turn < 999_999 => turn += 1,
                Err(error) => return Err(error),
            }
        };
        names.push(path);
        let surplus = names.len().saturating_sub(self.config.keep.max(1));
        for old in names.drain(..surplus) {
            // Somebody else may have tidied up.
            let _ = fs::remove_file(old);
        }
        Ok(())
    }
}

#[async_trait]
impl Mailer for OutboxMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let rendered = self.config.templates.render(&mail.content)?;
        let code = match &mail.content {
            MailContent::Code { code, .. } => Some(code.expose().to_owned()),
            _ => None,
        };
        let captured = CapturedMail {
            at_ms: self.clock.now().as_millis(),
            to: mail.to.as_str().to_owned(),
            subject: rendered.subject,
            code,
            text: rendered.text,
            html: rendered.html,
        };
        let outbox = self.clone();
        let written = tokio::task::spawn_blocking(move || outbox.write(&captured)).await;
        match written {
            Ok(Ok(())) => {
                metric::MAIL.counter_of(["captured"]).increment(1);
                Ok(())
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "mail outbox cannot be written");
                Err(MailError::Failed("outbox cannot be written"))
            }
            Err(_) => Err(MailError::Failed("outbox is closing")),
        }
    }
}

/// The mails in the folder, oldest first. A folder that is not there holds none; a file that is none of ours is
/// passed over.
///
/// # Errors
/// [`OutboxError`] if the folder cannot be read.
pub fn read_outbox(dir: &Path) -> Result<Vec<CapturedMail>, OutboxError> {
    let failed = |source| OutboxError { dir: dir.to_owned(), source };
    let names = match names(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        names => names.map_err(failed)?,
    };
    let mut mails = Vec::new();
    for name in names {
        match fs::read(&name) {
            // Half a file is one that is being written now.
            Ok(json) => mails.extend(serde_json::from_slice::<CapturedMail>(&json).ok()),
            // It gave way to a newer one since the folder was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(mails)
}

fn prepare(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(dir)?;
    names(dir)
}

fn names(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            names.push(path);
        }
    }
    names.sort();
    Ok(names)
}

/// Millisecond and turn in the name of a mail.
fn place(path: &Path) -> Option<(i64, u32)> {
    let (ms, turn) = path.file_stem()?.to_str()?.split_once('-')?;
    Some((ms.parse().ok()?, turn.parse().ok()?))
}

fn create(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}
