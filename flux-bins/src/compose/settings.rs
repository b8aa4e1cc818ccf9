//! From the configuration to the settings of the domain.

use flux_core::Settings;
use flux_core::session::SessionPolicy;
use flux_core::verification::CodeSecret;
use flux_net::token::TokenConfig;

use crate::config::{Config, SessionsPolicy};

/// How the domain behaves in one process.
pub(crate) fn domain(config: &Config, code_secret: CodeSecret, client_url: String) -> Settings {
    Settings { code_secret: Some(code_secret), client_url, ..cluster_domain(config) }
}

/// How the domain behaves in a process of a cluster, where others issue codes.
pub(crate) fn cluster_domain(config: &Config) -> Settings {
    let Config { sessions, limits, .. } = config;
    let mut settings = Settings { capacity: limits.connections, ..Settings::default() };
    settings.sessions.policy = match sessions.policy {
        SessionsPolicy::Many => SessionPolicy::Many(sessions.max),
        SessionsPolicy::OnePerDeviceClass => SessionPolicy::OnePerDeviceClass,
        SessionsPolicy::One => SessionPolicy::One,
    };
    settings.sessions.lifetimes.idle = sessions.idle;
    // An access token is refused as long as it could be taken, and somewhat longer.
    settings.revocations.remember = settings.revocations.remember.max(sessions.access_token * 2);
    settings.traces.sample = f64::from(config.otel.sample_per_thousand) / 1_000.0;
    settings.friends.limits.friends = count(limits.friends);
    settings.friends.limits.pending = count(limits.pending_requests);
    settings
}

/// What access tokens say.
pub(crate) fn tokens(config: &Config) -> TokenConfig {
    TokenConfig {
        issuer: config.sessions.issuer.clone(),
        lifetime: config.sessions.access_token,
        ..TokenConfig::default()
    }
}

pub(super) fn count(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
