//! Where the settings of a cluster come from.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::SettingsArgs;
use crate::config::{Loaded, Problems};
use crate::failure::Failure;

/// The folder of a cluster that no other is named for.
pub(crate) const DEFAULT_FOLDER: &str = "./flux-cluster";

/// The configuration of a cluster that `flux cluster up` started, in its folder.
pub(super) const FILE: &str = "flux.toml";

/// The flags of settings, for commands about a cluster.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ClusterSettings {
    /// Configuration file.
    #[arg(long, value_name = "PATH", env = "FLUX_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of a cluster on this machine [default: ./flux-cluster].
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Any setting, such as `--set log.filter=debug`; `flux config show` lists all.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl ClusterSettings {
    /// As `--data FOLDER` names one.
    #[cfg(test)]
    pub(super) fn of_the_folder(folder: &Path) -> Self {
        Self { data: Some(folder.display().to_string()), ..Self::default() }
    }

    /// The settings to start a cluster with, and its folder.
    pub(super) fn of_a_new_one(
        &self,
        more: Vec<(&str, &str, String)>,
    ) -> Result<(Loaded, PathBuf), Problems> {
        let args = SettingsArgs::new(self.config.clone(), self.data.clone(), self.set.clone());
        let loaded = args.load(more)?;
        let unnamed = loaded.is_default("data_dir");
        let folder = if unnamed { PathBuf::from(DEFAULT_FOLDER) } else { loaded.config.data_dir.clone() };
        Ok((loaded, folder))
    }

    /// The settings of one that runs: those of the file that is named, or else of the folder that `flux cluster up`
    /// keeps, or else those that every program here would use.
    pub(super) fn of_a_running_one(&self) -> Result<Loaded, Failure> {
        let folder = Path::new(self.data.as_deref().unwrap_or(DEFAULT_FOLDER));
        let kept = folder.join(FILE);
        let config = match &self.config {
            Some(named) => Some(named.clone()),
            None if kept.is_file() => Some(kept),
            None if self.data.is_some() => {
                return Err(Failure::new(format!(
                    "no cluster was started in {}: {} is not there",
                    folder.display(),
                    kept.display()
                )));
            }
            None => None,
        };
        Ok(SettingsArgs::new(config, None, self.set.clone()).load(Vec::new())?)
    }
}
