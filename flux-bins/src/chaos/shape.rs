//! What a run is on.

use std::path::PathBuf;
use std::time::Duration;

use super::world::{Cluster, Plan, Program, Single, Site, WorldError};

/// How long a server may take to be ready.
const PATIENCE: Duration = Duration::from_mins(1);

/// One process, or a cluster.
pub(super) enum Shape {
    /// `flux up`.
    Up(Box<Single>),
    /// All that there is of a cluster.
    Cluster(Box<Cluster>),
}

impl Shape {
    /// Starts `flux up`, or a cluster of so many chat nodes.
    pub(super) async fn start(chats: Option<usize>, site: &Site, seed: u64) -> Result<Self, WorldError> {
        let Some(chats) = chats else {
            let mut single = Single::prepare(site, Vec::new(), seed).await?;
            single.up.plant();
            single.up.start().await?;
            single.whole(PATIENCE).await?;
            return Ok(Self::Up(Box::new(single)));
        };
        let plan = Plan::chats(chats)
            .with_peers_by_proxy()
            .with_redis_by_proxy()
            .with_mysql_by_proxy()
            .with_clients_by_proxy()
            .with_seed(seed);
        let plan = if chats > 1 { plan.with_two_gates() } else { plan };
        Ok(Self::Cluster(Box::new(plan.start(site).await?)))
    }

    /// Where people find it.
    pub(super) fn url(&self) -> String {
        match self {
            Self::Up(single) => single.url(),
            Self::Cluster(cluster) => cluster.url(),
        }
    }

    /// The folder of captured mail.
    pub(super) fn outbox(&self) -> PathBuf {
        let data = match self {
            Self::Up(single) => single.data(),
            Self::Cluster(cluster) => cluster.data(),
        };
        crate::mail::folder(&data)
    }

    /// Those that hold clients.
    pub(super) fn nodes(&mut self) -> Vec<&mut Program> {
        match self {
            Self::Up(single) => vec![&mut single.up],
            Self::Cluster(cluster) => cluster.chats.iter_mut().collect(),
        }
    }

    /// All of them.
    pub(super) fn programs(&mut self) -> Vec<&mut Program> {
        match self {
            Self::Up(single) => vec![&mut single.up],
            Self::Cluster(cluster) => cluster.programs_mut().collect(),
        }
    }

    /// Waits until nothing is lacking.
    pub(super) async fn whole(&self, patience: Duration) -> Result<(), WorldError> {
        match self {
            Self::Up(single) => single.whole(patience).await,
            Self::Cluster(cluster) => cluster.whole(patience).await,
        }
    }
}
