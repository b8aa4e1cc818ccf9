//! Flags that set what the configuration holds.

use std::path::PathBuf;

use clap::Args;

use crate::config::{Config, DEFAULT_FILE, Loaded, Problem, Problems, Source, Sources};

/// What a command that needs the configuration takes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SettingsArgs {
    /// Configuration file [default: ./flux.toml if there is one].
    #[arg(long, value_name = "PATH", env = "FLUX_CONFIG")]
    config: Option<PathBuf>,
    /// Folder for everything that is kept [default: ./flux-data].
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Any setting, such as `--set log.filter=debug`; `flux config show` lists all.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl SettingsArgs {
    /// As if these had been given.
    pub(crate) const fn new(config: Option<PathBuf>, data: Option<String>, set: Vec<String>) -> Self {
        Self { config, data, set }
    }

    /// Whether a folder was named on the command line.
    pub(crate) const fn names_folder(&self) -> bool {
        self.data.is_some()
    }

    /// Reads and checks the configuration, with `more` flags as `(flag, key, value)`.
    pub(crate) fn load(&self, more: Vec<(&str, &str, String)>) -> Result<Loaded, Problems> {
        let mut flags: Vec<(String, String, String)> =
            more.into_iter().map(|(flag, key, value)| (flag.to_owned(), key.to_owned(), value)).collect();
        if let Some(data) = &self.data {
            flags.push(("--data".to_owned(), "data_dir".to_owned(), data.clone()));
        }
        for pair in &self.set {
            let Some((key, value)) = pair.split_once('=') else {
                let message = format!("expected KEY=VALUE, found {pair}");
                let source = Source::Flag("--set".to_owned());
                return Err(Problems(vec![Problem { source, key: None, message }]));
            };
            flags.push(("--set".to_owned(), key.trim().to_owned(), value.to_owned()));
        }
        Loaded::load(&Sources {
            file: self.config.clone(),
            default_file: Some(PathBuf::from(DEFAULT_FILE)),
            variables: std::env::vars_os().collect(),
            flags,
        })
    }

    /// The configuration, for commands that have no flags of their own.
    pub(crate) fn config(&self) -> Result<Config, Problems> {
        self.load(Vec::new()).map(|loaded| loaded.config)
    }
}
