//! A private Redis Cluster.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use flux_core::Secret;

use super::ServerError;
use super::process::free_port;
use super::redis::{RedisServer, RedisServerConfig};

/// How many slots a Cluster has.
const SLOTS: usize = 16_384;
const MASTERS: usize = 3;

/// Three Redis masters (7.0 or later) on loopback that share the keys between them, without replicas. They end with this
/// value.
#[derive(Debug)]
#[must_use = "the servers end when this is dropped"]
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts it in a folder of its own, and waits until all three know that they are complete.
    ///
    /// # Errors
    /// [`ServerError::NotInstalled`] where there is no Redis on this machine.
    pub async fn start(folder: impl Into<PathBuf>) -> Result<Self, ServerError> {
        let folder = folder.into();
        let mut nodes = Vec::with_capacity(MASTERS);
        let mut buses = Vec::with_capacity(MASTERS);
        for n in 0..MASTERS {
            let bus = free_port()?;
            let config = RedisServerConfig::new(folder.join(n.to_string()))
                .with_setting("cluster-enabled yes")
                .with_setting("cluster-config-file nodes.conf")
                .with_setting("cluster-node-timeout 2000")
                .with_setting(format!("cluster-port {bus}"));
            nodes.push(RedisServer::start(config).await?);
            buses.push(bus);
        }
        for (n, node) in nodes.iter().enumerate() {
            let epoch = (n + 1).to_string();
            told(node, &["CLUSTER", "SET-CONFIG-EPOCH", &epoch]).await?;
            let slots: Vec<_> =
                (n * SLOTS / MASTERS..(n + 1) * SLOTS / MASTERS).map(|slot| slot.to_string()).collect();
            let mut words = vec!["CLUSTER", "ADDSLOTS"];
            words.extend(slots.iter().map(String::as_str));
            told(node, &words).await?;
        }
        let host = Ipv4Addr::LOCALHOST.to_string();
        if let Some((first, others)) = nodes.split_first() {
            for (other, bus) in others.iter().zip(&buses[1..]) {
                let (port, bus) = (other.port().to_string(), bus.to_string());
                told(first, &["CLUSTER", "MEET", &host, &port, &bus]).await?;
            }
        }
        for node in &mut nodes {
            let complete = |info: &str| {
                info.contains("cluster_state:ok") && info.contains(&format!("cluster_known_nodes:{MASTERS}"))
            };
            node.until(&["CLUSTER", "INFO"], complete).await?;
        }
        Ok(Self { nodes })
    }

    /// Where each of its nodes is.
    #[must_use]
    pub fn urls(&self) -> Vec<Secret> {
        self.nodes.iter().map(RedisServer::url).collect()
    }

    /// Its nodes.
    pub fn nodes(&mut self) -> &mut [RedisServer] {
        &mut self.nodes
    }
}

/// Gives a node an order, which it takes.
async fn told(node: &RedisServer, words: &[&str]) -> Result<(), ServerError> {
    let doing = format!("set up a cluster: {}", words[1]);
    let answer = node.ask(words).await.map_err(ServerError::system::<io::Error>(doing.clone()))?;
    if answer == "+OK\r\n" { Ok(()) } else { Err(ServerError::system(doing)(answer)) }
}
