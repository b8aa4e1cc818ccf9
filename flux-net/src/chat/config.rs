//! How the chat behaves.

use std::time::Duration;

use flux_core::guard::Quota;

use crate::proxy::TrustedProxies;

/// Which web pages may open connections. Programs that are no browsers send no origin, and are not concerned: what
/// authenticates anybody is the access token in `hello`, never a cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    /// Pages that were loaded from the host that the request names.
    pub same_host: bool,
    /// Pages of these origins, each a scheme, a host and, where it is not the scheme's own, a port:
    /// `https://chat.example.com`.
    pub allowed: Vec<String>,
}

impl Default for Origins {
    fn default() -> Self {
        Self { same_host: true, allowed: Vec::new() }
    }
}

/// How much one connection may ask for. Who asks for more is answered with `rate_limited`; who goes on in spite of
/// that is cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatRates {
    /// Frames of every kind, pings and pongs too: 1,000 in 10 s.
    pub frames: Quota,
    /// Messages: 300 in 10 s.
    pub sends: Quota,
    /// Signs of typing, in each conversation: 3 in 3 s.
    pub typing: Quota,
    /// Changes of the own presence: 5 in 5 s.
    pub presence: Quota,
    /// Searches: 10 in 10 s. An account has a limit of its own.
    pub searches: Quota,
    /// Answers that say "too much" before the connection is cut off: 100 in a minute.
    pub strikes: Quota,
}

impl Default for ChatRates {
    fn default() -> Self {
        const TEN_SECONDS: Duration = Duration::from_secs(10);
        Self {
            frames: Quota::new(1_000, TEN_SECONDS),
            sends: Quota::new(300, TEN_SECONDS),
            typing: Quota::new(3, Duration::from_secs(3)),
            presence: Quota::new(5, Duration::from_secs(5)),
            searches: Quota::new(10, TEN_SECONDS),
            strikes: Quota::new(100, Duration::from_mins(1)),
        }
    }
}

/// How many connections there may be. Those beyond are refused before the upgrade, which costs next to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatCaps {
    /// In all: 10,000.
    pub connections: usize,
    /// From one address: 256.
    pub per_client: usize,
    /// That have not said hello yet, in all: 1,000.
    pub anonymous: usize,
    /// That have not said hello yet, from one address: 32.
    pub anonymous_per_client: usize,
    /// New ones from one address: 120 in a minute.
    pub connects_per_client: Quota,
}

impl Default for ChatCaps {
    fn default() -> Self {
        Self {
            connections: 10_000,
            per_client: 256,
            anonymous: 1_000,
            anonymous_per_client: 32,
            connects_per_client: Quota::new(120, Duration::from_mins(1)),
        }
    }
}

/// How the chat behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatConfig {
    /// Which web pages may connect.
    pub origins: Origins,
    /// Which proxies tell whom they speak for.
    pub proxies: TrustedProxies,
    /// How many connections there may be.
    pub caps: ChatCaps,
    /// How much each may ask for.
    pub rates: ChatRates,
    /// How long a connection may take to say hello: 10 s.
    pub hello_within: Duration,
    /// From one heartbeat to the next; who is silent for two is cut off: 20 s.
    pub heartbeat: Duration,
    /// How long a peer may take nothing of what is written to it: 10 s.
    pub write_within: Duration,
    /// How long the last words and the closing handshake may take: 2 s.
    pub close_within: Duration,
    /// The longest frame, and the longest message, that is read: 64 KiB.
    pub frame_bytes: usize,
    /// How many requests of one connection may wait for their answers: 64.
    pub open_requests: usize,
    /// How many users one connection may watch, as clients are told: 500, as the presence service has it.
    pub watched_users: usize,
}

impl Default for ChatConfig {
    fn default() -> Self {
        Self {
            origins: Origins::default(),
            proxies: TrustedProxies::default(),
            caps: ChatCaps::default(),
            rates: ChatRates::default(),
            hello_within: Duration::from_secs(10),
            heartbeat: Duration::from_secs(20),
            write_within: Duration::from_secs(10),
            close_within: Duration::from_secs(2),
            frame_bytes: 64 * 1_024,
            open_requests: 64,
            watched_users: 500,
        }
    }
}
