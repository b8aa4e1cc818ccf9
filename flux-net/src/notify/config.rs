//! What a webhook needs to know.

use std::time::Duration;

use thiserror::Error;

use super::WebhookSecret;

/// Where to post notices, and signed with what.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// The receiver: an `https` URL, or an `http` one where that is [allowed](Self::plain).
    pub url: String,
    /// What to sign with: one, or two while the receiver changes over, the newest first.
    pub secrets: Vec<WebhookSecret>,
    /// Names the channel: `webhook`. What the receiver was told is kept under this name, so a receiver that begins
    /// anew gets a new one.
    pub channel: String,
    /// Whether notices may travel in the clear to another machine: no. To this machine they may.
    pub plain: bool,
    /// How long a connection may take: 5 s.
    pub connect_timeout: Duration,
    /// How long all of it may take: 10 s.
    pub timeout: Duration,
    /// Certificates in PEM that are trusted besides the public ones.
    pub root_certificates: Option<String>,
}

impl WebhookConfig {
    /// With the defaults, to `url`, signed with `secret`.
    #[must_use]
    pub fn new(url: impl Into<String>, secret: WebhookSecret) -> Self {
        Self {
            url: url.into(),
            secrets: vec![secret],
            channel: "webhook".to_owned(),
            plain: false,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            root_certificates: None,
        }
    }
}

/// Why a webhook cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidWebhookConfig {
    /// `url` is none, or holds credentials or a fragment.
    #[error("`url` is no http or https URL without credentials")]
    Url,
    /// `url` goes to another machine in the clear.
    #[error("`url` is not https, and its host is not this machine")]
    Plain,
    /// There must be one secret, or two while they change.
    #[error("`secrets` must hold one secret, or two while they change")]
    Secrets,
    /// `channel` is no name of a channel.
    #[error("`channel` must be 1 to 32 of a-z, 0-9, - and _")]
    Channel,
    /// A timeout is zero.
    #[error("timeouts must not be zero")]
    Timeout,
    /// `root_certificates` holds none.
    #[error("`root_certificates` holds no certificate in PEM form")]
    Certificates,
}
