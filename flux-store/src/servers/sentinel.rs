//! A private Redis master with a replica and sentinels.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use flux_core::Secret;

use super::ServerError;
use super::redis::{Mode, RedisServer, RedisServerConfig};

/// What the sentinels call the master.
const MASTER: &str = "flux";
const SENTINELS: usize = 3;

/// A Redis master, its replica, and three sentinels that make the replica the master when two of them miss the master for
/// half a second. All on loopback; they end with this value.
#[derive(Debug)]
#[must_use = "the servers end when this is dropped"]
pub struct RedisSentinel {
    master: RedisServer,
    replica: RedisServer,
    sentinels: Vec<RedisServer>,
}

impl RedisSentinel {
    /// Starts them in a folder of their own, and waits until the replica follows the master and the sentinels know of each
    /// other and of both.
    ///
    /// # Errors
    /// [`ServerError::NotInstalled`] where there is no Redis on this machine.
    pub async fn start(folder: impl Into<PathBuf>) -> Result<Self, ServerError> {
        let folder = folder.into();
        // The default is to wait 5 s for more replicas before the first copy.
        let config = RedisServerConfig::new(folder.join("master")).with_setting("repl-diskless-sync-delay 0");
        let master = RedisServer::start(config).await?;
        let host = Ipv4Addr::LOCALHOST;
        let config = RedisServerConfig::new(folder.join("replica"))
            .with_setting(format!("replicaof {host} {}", master.port()))
            .with_setting("repl-diskless-sync-delay 0");
        let mut replica = RedisServer::start(config).await?;
        replica.until(&["INFO", "replication"], |info| info.contains("master_link_status:up")).await?;
        let mut sentinels = Vec::with_capacity(SENTINELS);
        for n in 0..SENTINELS {
            let config = RedisServerConfig::new(folder.join(format!("sentinel-{n}")))
                .with_setting(format!("sentinel monitor {MASTER} {host} {} 2", master.port()))
                .with_setting(format!("sentinel down-after-milliseconds {MASTER} 500"))
                .with_setting(format!("sentinel failover-timeout {MASTER} 2000"));
            sentinels.push(RedisServer::start_as(Mode::Sentinel, config).await?);
        }
        let known = format!("slaves=1,sentinels={SENTINELS}");
        for sentinel in &mut sentinels {
            sentinel.until(&["INFO", "sentinel"], |info| info.contains(&known)).await?;
        }
        Ok(Self { master, replica, sentinels })
    }

    /// What the sentinels call the master.
    #[must_use]
    pub fn master_name(&self) -> &'static str {
        MASTER
    }

    /// Where the sentinels are.
    #[must_use]
    pub fn urls(&self) -> Vec<Secret> {
        self.sentinels.iter().map(RedisServer::url).collect()
    }

    /// The server that was the master at the start.
    pub fn master(&mut self) -> &mut RedisServer {
        &mut self.master
    }

    /// The server that was the replica at the start.
    pub fn replica(&mut self) -> &mut RedisServer {
        &mut self.replica
    }

    /// The sentinels.
    pub fn sentinels(&mut self) -> &mut [RedisServer] {
        &mut self.sentinels
    }
}
