//! The volatile ports on Redis 6.2 or later: one server, a master behind sentinels, or a Cluster.
//!
//! [`Redis`] is the connection that all of them share: [`RedisCodes`], [`RedisLimiter`], [`RedisLocks`],
//! [`RedisCache`] for what was read of users, and [`RedisDirectory`] for who is connected where and which nodes live. It connects by itself and comes back by itself,
//! and every call ends within [`RedisConfig::deadline`]. While the server does not answer, a breaker refuses calls at
//! once as [`StoreError::Unavailable`], and attempts to reach it go on in the background, so that it is used again within a
//! second of being back. After an error the sentinels are asked for the master anew.
//!
//! What the contracts call one step is one script on one key, or on keys of one slot.
//!
//! # Time
//!
//! Whether a lease, a code or a limit is over is decided by the scripts, from times that they wrote, by the server's own
//! clock and never by that of a process. Redis has no clock but the wall clock: one that is set forward ends what it
//! passes over (nodes announce themselves anew, codes are sent anew); one that is set back never makes anything last longer
//! than twice its time, for what reaches further into the future than could have been written counts as over. The expiry
//! of keys only clears away what means nothing any more, a minute late.
//!
//! # Loss
//!
//! All that is here may be lost, at once or in part, by a restart or by a failover: nodes announce themselves and their
//! sessions again, codes are asked for again, limits start afresh. Two numbers must never repeat, and do not: the token of a
//! lock and the incarnation of a node's lease are the server's time in microseconds, or one more than the last one where
//! that is greater. This assumes that a clock is not set back while the number before is lost, and that the clocks of a
//! master and its replica differ by less than a failover takes.
//!
//! In a Cluster the directory needs the server that holds the leases and that which holds the user; the rest goes on without
//! those that are missing, as far as the Cluster serves at all without them (`cluster-require-full-coverage`).
//!
//! # What is in the keys
//!
//! Ids of users, sessions and nodes, names of locks, kinds of limits; who a limit or a code concerns only as a hash.

mod cache;
mod cached;
mod code;
mod config;
mod connect;
mod directory;
mod entry;
mod failure;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod kept;
mod leases;
mod limiter;
mod link;
mod lock;
mod node;
mod reply;
mod script;
mod time;

use std::fmt;
use std::sync::Arc;

use flux_core::{Clock, StoreError};

pub use cache::RedisCache;
pub use code::RedisCodes;
pub use config::{
    InvalidRedisUrl, RedisConfig, RedisConfigError, RedisLogin, RedisTls, RedisTopology, RedisUrl,
};
pub use directory::RedisDirectory;
pub use limiter::RedisLimiter;
pub use lock::RedisLocks;

use link::{Link, Repeat};
use time::Time;

/// One connection to Redis, shared by the adapters made from it. Clones are the same connection.
#[derive(Clone)]
pub struct Redis {
    link: Link,
    time: Time,
    prefix: Arc<str>,
}

/// Every volatile port, over one connection.
#[derive(Debug, Clone)]
pub struct RedisPorts {
    /// Verification codes.
    pub codes: Arc<RedisCodes>,
    /// Rate limits.
    pub limiter: Arc<RedisLimiter>,
    /// Locks.
    pub locks: Arc<RedisLocks>,
    /// What was read of users.
    pub cache: Arc<RedisCache>,
    /// Who is connected where, and which nodes live: the directory and the registry in one.
    pub directory: Arc<RedisDirectory>,
}

impl Redis {
    /// Over servers that need not be there yet: the first call connects. Fails only for what can never work.
    pub fn open(config: &RedisConfig) -> Result<Self, RedisConfigError> {
        Ok(Self { link: Link::new(config)?, time: Time::Server, prefix: config.prefix.as_str().into() })
    }

    /// Lets every adapter made from it go by `clock` in place of the server's, for tests that let time pass by hand. All
    /// that use the same keys have to be given the same clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { time: Time::Given(clock), ..self }
    }

    /// Whether the server answers now.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.link.ask(Repeat::Safe, &redis::cmd("PING")).await?;
        Ok(())
    }

    /// Every port.
    #[must_use]
    pub fn ports(&self) -> RedisPorts {
        RedisPorts {
            codes: Arc::new(RedisCodes::new(self.clone())),
            limiter: Arc::new(RedisLimiter::new(self.clone())),
            locks: Arc::new(RedisLocks::new(self.clone())),
            cache: Arc::new(RedisCache::new(self.clone())),
            directory: Arc::new(RedisDirectory::new(self.clone())),
        }
    }

    /// The key of `rest`.
    fn key(&self, rest: impl fmt::Display) -> String {
        format!("{}:{rest}", self.prefix)
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
