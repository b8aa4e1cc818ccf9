//! What a gate is told about its surroundings.

use std::time::Duration;

use axum::http::HeaderValue;
use flux_core::guard::Quota;

use crate::proxy::TrustedProxies;

/// How a gate behaves. The defaults are good for one process that clients reach directly.
#[derive(Debug, Clone)]
pub struct GateConfig {
    /// Where clients connect to chat: a WebSocket URL. `None` asks the node registry for the least loaded node, and
    /// where that knows no URL takes the host that the request was sent to.
    pub chat_url: Option<String>,
    /// Whether clients reach this gate by HTTPS: then answers tell browsers to keep to it, and chat URLs begin with
    /// `wss`.
    pub https: bool,
    /// Origins (`https://app.example.org`) whose pages may call this gate from a browser, besides its own.
    pub allowed_origins: Vec<HeaderValue>,
    /// Which proxies tell whom they speak for.
    pub proxies: TrustedProxies,
    /// The longest body: 64 KiB.
    pub body_bytes: usize,
    /// Requests at once; more are refused. Health checks are not counted. 1,024.
    pub requests: usize,
    /// A request is answered within: 5 s.
    pub deadline: Duration,
    /// Requests of one session: 600 a minute.
    pub requests_per_session: Quota,
    /// Messages that one user sends through this API: 120 a minute.
    pub sends_per_user: Quota,
    /// Whether the page to try the API and its OpenAPI document are served: they are.
    pub docs: bool,
}

impl Default for GateConfig {
    fn default() -> Self {
        let minute = Duration::from_mins(1);
        Self {
            chat_url: None,
            https: false,
            allowed_origins: Vec::new(),
            proxies: TrustedProxies::default(),
            body_bytes: 64 << 10,
            requests: 1_024,
            deadline: Duration::from_secs(5),
            requests_per_session: Quota::new(600, minute),
            sends_per_user: Quota::new(120, minute),
            docs: true,
        }
    }
}
