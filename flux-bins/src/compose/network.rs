//! From the configuration to the settings of what faces the network.

use std::time::Duration;

use flux_net::chat::ChatConfig;
use flux_net::gate::GateConfig;
use flux_net::grpc::{GrpcLimits, Reflection};
use flux_net::proxy::{ForwardedHeader, TrustedProxies};
use flux_net::serve::ServeLimits;

use super::settings::count;
use crate::config::Config;

/// The HTTP gate's.
pub(crate) fn gate(config: &Config) -> GateConfig {
    GateConfig {
        https: config.http.behind_tls_proxy || config.http.public_url.starts_with("https://"),
        // The check of the configuration has read them.
        allowed_origins: config
            .http
            .allowed_origins
            .iter()
            .filter_map(|origin| origin.parse().ok())
            .collect(),
        proxies: proxies(config),
        ..GateConfig::default()
    }
}

/// The chat's.
pub(crate) fn chat(config: &Config) -> ChatConfig {
    let mut chat = ChatConfig { proxies: proxies(config), ..ChatConfig::default() };
    chat.origins.allowed.clone_from(&config.http.allowed_origins);
    if !config.http.public_url.is_empty() {
        chat.origins.allowed.push(config.http.public_url.clone());
    }
    chat.caps.connections = count(config.limits.connections);
    chat.caps.per_client = count(config.limits.connections_per_address);
    chat
}

/// The listener's: room for the WebSockets, and for calls beside them.
pub(crate) fn listener(config: &Config) -> ServeLimits {
    const CALLS: usize = 1_024;
    ServeLimits {
        connections: count(config.limits.connections) + CALLS,
        connections_per_address: count(config.limits.connections_per_address) + CALLS,
        unlimited: proxies(config).networks,
        // WebSockets are gone by then: what is left are calls, and those have a deadline.
        drain: Duration::from_secs(6),
        ..ServeLimits::default()
    }
}

/// The listener's for other services.
pub(crate) fn grpc_limits(config: &Config) -> GrpcLimits {
    let mut limits = GrpcLimits::default();
    if config.services.reflection {
        limits.reflection = Reflection::Always;
    }
    limits
}

/// Where clients find the chat, if they do not find it where they find the gate: a WebSocket URL, or nothing.
pub(crate) fn chat_url(config: &Config) -> String {
    match config.http.public_url.strip_prefix("http") {
        Some(rest) => format!("ws{rest}/v1/chat"),
        None => String::new(),
    }
}

fn proxies(config: &Config) -> TrustedProxies {
    let networks = config.http.trusted_proxies.iter().filter_map(|network| network.parse().ok()).collect();
    TrustedProxies { networks, header: ForwardedHeader::XForwardedFor }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chat_is_where_the_public_url_is() {
        let mut config = Config::default();
        assert_eq!(chat_url(&config), "");
        config.http.public_url = "https://chat.example.org".to_owned();
        assert_eq!(chat_url(&config), "wss://chat.example.org/v1/chat");
        assert!(gate(&config).https);
        config.http.public_url = "http://127.0.0.1:9000".to_owned();
        assert_eq!(chat_url(&config), "ws://127.0.0.1:9000/v1/chat");
        assert!(!gate(&config).https);
    }
}
