//! `flux up`: everything in one process.

use std::path::PathBuf;
use std::time::Duration;

use super::proxy::Sources;
use super::{Kind, Program, Proxy, Site, WorldError, lacks_nothing, port, readiness};

/// How long it may take to start; far longer than it does.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `flux up` over SQLite. It ends with this value.
#[derive(Debug)]
#[must_use = "the process ends when this is dropped"]
pub struct Single {
    /// The process.
    pub up: Program,
    /// In front of it: clients seem to come from many machines.
    pub proxy: Proxy,
    data: PathBuf,
}

impl Single {
    /// Starts it with these settings, `KEY=VALUE`, and waits until it is ready.
    pub async fn start(
        site: &Site,
        settings: impl IntoIterator<Item = String>,
        seed: u64,
    ) -> Result<Self, WorldError> {
        let mut single = Self::prepare(site, settings, seed).await?;
        single.up.start().await?;
        single.whole(PATIENCE).await?;
        Ok(single)
    }

    /// The same, with nothing started yet.
    pub async fn prepare(
        site: &Site,
        settings: impl IntoIterator<Item = String>,
        seed: u64,
    ) -> Result<Self, WorldError> {
        let port = port();
        let proxy = Proxy::seeded(format!("127.0.0.1:{port}"), seed, Sources::many()).await?;
        let data = site.folder.join("data");
        let own = [
            format!("data_dir={}", data.display()),
            format!("http.public_url=http://{}", proxy.address),
            "log.format=json".to_owned(),
        ];
        let up = Program::new(site, Kind::Up, "up", port, own.into_iter().chain(settings), &[]);
        Ok(Self { up, proxy, data })
    }

    /// Where clients find it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.proxy.address)
    }

    /// The folder of everything that it keeps.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.data.clone()
    }

    /// Waits until it lacks nothing.
    pub async fn whole(&self, patience: Duration) -> Result<(), WorldError> {
        readiness(&self.up, patience, lacks_nothing).await.map(drop)
    }
}
