//! Telling people who are away: [`Webhook`], a [`flux_core::notify::OfflineNotifier`] that posts each notice to a URL of
//! the operator's, signed as [Standard Webhooks](https://www.standardwebhooks.com) says.
//!
//! The URL comes from whoever runs Flux, never from a user, so there is nothing to forge a request with: a receiver in
//! a private network, or on the same machine, is the usual case and not refused. Redirects are not followed. What
//! travels are ids, seqs, counts and times; no text of a message and no name.

mod config;
mod dial;
mod payload;
mod signature;
mod webhook;

pub use config::{InvalidWebhookConfig, WebhookConfig};
pub use signature::{InvalidWebhookSecret, WebhookSecret};
pub use webhook::Webhook;
