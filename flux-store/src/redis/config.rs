//! Which Redis, and how long to wait for it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use flux_core::Secret;
use redis::{ConnectionInfo, IntoConnectionInfo};
use thiserror::Error;

/// Where a Redis server is and how to log in: `redis://[user][:password@]host[:port][/database]`, `rediss://` for TLS,
/// `unix:///path`. `Debug` shows the address alone.
#[derive(Clone)]
pub struct RedisUrl(pub(super) ConnectionInfo);

/// A text that is no [`RedisUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a Redis URL: redis://[user][:password@]host[:port][/database], or rediss:// for TLS")]
pub struct InvalidRedisUrl;

impl FromStr for RedisUrl {
    type Err = InvalidRedisUrl;

    fn from_str(text: &str) -> Result<Self, InvalidRedisUrl> {
        text.into_connection_info().map(Self).map_err(|_| InvalidRedisUrl)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({})", self.0.addr())
    }
}

/// What a master that sentinels name wants to hear.
#[derive(Debug, Clone, Default)]
pub struct RedisLogin {
    /// The user; without one, the default user.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<Secret>,
    /// The number of the database.
    pub database: i64,
    /// Whether the master speaks TLS.
    pub tls: bool,
}

/// How servers stand together.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RedisTopology {
    /// One server.
    Standalone {
        /// Where.
        url: RedisUrl,
    },
    /// A master and its replicas, watched over by sentinels, which say who the master is.
    Sentinel {
        /// Where sentinels are; any one that answers is enough.
        sentinels: Vec<RedisUrl>,
        /// What they call the master.
        master: String,
        /// How to log in to it.
        login: RedisLogin,
    },
    /// A Redis Cluster.
    Cluster {
        /// Some of its nodes; the others are found. All take the login of the first.
        nodes: Vec<RedisUrl>,
    },
}

/// Whom to trust over TLS, and who to be. `Debug` shows only what is set.
#[derive(Clone, Default)]
pub struct RedisTls {
    /// Certificates of authorities to trust, as PEM, in place of those that browsers trust.
    pub roots: Option<Vec<u8>>,
    /// A certificate of one's own, as PEM, with its key.
    pub identity: Option<(Vec<u8>, Secret)>,
}

impl fmt::Debug for RedisTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisTls")
            .field("roots", &self.roots.is_some())
            .field("identity", &self.identity.is_some())
            .finish()
    }
}

/// How Redis is used. `RedisConfig::new` has good defaults for everything but the address.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RedisConfig {
    /// Which servers.
    pub topology: RedisTopology,
    /// What every key starts with: `flux`. Installations that share a Redis choose different ones.
    pub prefix: String,
    /// Trust over TLS.
    pub tls: RedisTls,
    /// The longest that any call takes, whatever happens: 1 s.
    pub deadline: Duration,
    /// The longest wait for the answer to one command: 500 ms.
    pub response_timeout: Duration,
    /// The longest that making a connection takes, login included: 500 ms.
    pub connect_timeout: Duration,
    /// After so many commands in a row without an answer the breaker opens: 3.
    pub failures: u32,
    /// The longest pause between two attempts to connect anew: 500 ms.
    pub retry_pause: Duration,
}

impl RedisConfig {
    /// The defaults, for servers of `topology`.
    pub fn new(topology: RedisTopology) -> Self {
        Self {
            topology,
            prefix: "flux".to_owned(),
            tls: RedisTls::default(),
            deadline: Duration::from_secs(1),
            response_timeout: Duration::from_millis(500),
            connect_timeout: Duration::from_millis(500),
            failures: 3,
            retry_pause: Duration::from_millis(500),
        }
    }

    /// The defaults, for one server.
    pub fn standalone(url: RedisUrl) -> Self {
        Self::new(RedisTopology::Standalone { url })
    }

    pub(super) fn check(&self) -> Result<(), RedisConfigError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
        if self.prefix.is_empty() || self.prefix.len() > 64 || !self.prefix.chars().all(plain) {
            return Err(RedisConfigError::Prefix);
        }
        let spans = [self.deadline, self.response_timeout, self.connect_timeout, self.retry_pause];
        if spans.iter().any(Duration::is_zero) || self.failures == 0 {
            return Err(RedisConfigError::Zero);
        }
        match &self.topology {
            RedisTopology::Sentinel { sentinels: urls, .. } | RedisTopology::Cluster { nodes: urls }
                if urls.is_empty() =>
            {
                Err(RedisConfigError::NoServers)
            }
            _ => Ok(()),
        }
    }
}

/// What is wrong with a [`RedisConfig`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RedisConfigError {
    /// The prefix.
    #[error("a prefix has 1 to 64 letters, digits, and any of - _ . :")]
    Prefix,
    /// A span of time, or the breaker's number.
    #[error("deadlines, timeouts, pauses and the number of failures are greater than zero")]
    Zero,
    /// No address.
    #[error("no sentinel or node is named")]
    NoServers,
    /// Certificates, keys, or TLS on a socket.
    #[error("the addresses or certificates cannot be used: {0}")]
    Refused(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a76_no_debug_print_shows_a_password() {
        let url: RedisUrl = "redis://ada:hunter2@example.org:6380/3".parse().unwrap();
        let login = RedisLogin { password: Some(Secret::new("hunter2")), ..RedisLogin::default() };
        let sentinels = vec![url.clone()];
        let topology = RedisTopology::Sentinel { sentinels, master: "flux".to_owned(), login };
        let mut config = RedisConfig::new(topology);
        config.tls.identity = Some((Vec::new(), Secret::new("hunter2")));
        let shown = format!("{url:?} {config:?}");
        assert!(shown.contains("example.org:6380"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert_eq!("http://hunter2@example.org".parse::<RedisUrl>().unwrap_err(), InvalidRedisUrl);
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let good = RedisConfig::standalone("redis://localhost".parse().unwrap());
        assert_eq!(good.check(), Ok(()));
        for prefix in ["", "fl ux", "{flux}"] {
            let bad = RedisConfig { prefix: prefix.to_owned(), ..good.clone() };
            assert_eq!(bad.check(), Err(RedisConfigError::Prefix), "{prefix:?}");
        }
        let bad = RedisConfig { deadline: Duration::ZERO, ..good };
        assert_eq!(bad.check(), Err(RedisConfigError::Zero));
        let nowhere = RedisConfig::new(RedisTopology::Cluster { nodes: Vec::new() });
        assert_eq!(nowhere.check(), Err(RedisConfigError::NoServers));
    }
}
