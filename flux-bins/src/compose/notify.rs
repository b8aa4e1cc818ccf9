//! How people who are away hear that messages wait.

use std::sync::Arc;

use flux_core::mail::Mailer;
use flux_core::notify::{Digest, NoticeChannel, NoticeSettings};
use flux_core::{Clock, DurableStore};
use flux_net::notify::{Webhook, WebhookConfig, WebhookSecret};

use crate::config::Config;
use crate::failure::Failure;

/// The channels that `config` switches on.
pub(crate) fn notices(
    config: &Config,
    durable: &Arc<dyn DurableStore>,
    mailer: &Arc<dyn Mailer>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<NoticeChannel>, Failure> {
    let from = &config.notify;
    let mut channels = Vec::new();
    if !from.webhook.is_empty() {
        let secret = from.webhook_secret.as_ref();
        let secret = secret.ok_or_else(|| Failure::new("notify.webhook needs notify.webhook_secret"))?;
        let mut webhook = WebhookConfig::new(from.webhook.clone(), WebhookSecret::parse(secret)?);
        if let Some(former) = &from.former_webhook_secret {
            webhook.secrets.push(WebhookSecret::parse(former)?);
        }
        if !from.root_certificates.is_empty() {
            webhook.root_certificates = Some(std::fs::read_to_string(&from.root_certificates)?);
        }
        channels.push(NoticeChannel {
            notifier: Arc::new(Webhook::new(webhook, Arc::clone(clock))?),
            settings: NoticeSettings::default(),
        });
    }
    if from.digest {
        let accounts = Arc::clone(durable) as _;
        channels.push(NoticeChannel {
            notifier: Arc::new(Digest::new(accounts, Arc::clone(mailer))),
            settings: NoticeSettings::digest(),
        });
    }
    Ok(channels)
}
