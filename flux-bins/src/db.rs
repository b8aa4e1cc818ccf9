//! `flux db`: the SQLite file, while no server uses it.

use std::path::Path;
use std::sync::Arc;

use clap::Subcommand;
use flux_core::message::MessageStore as _;
use flux_store::sqlite::SqliteStore;
use flux_store::system::{SystemClock, SystemEntropy};

use crate::cli::SettingsArgs;
use crate::compose::{database, sqlite, with_advice};
use crate::config::Config;
use crate::failure::Failure;
use crate::terminal::{Out, Tone};

/// What to do with the database.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say where it is, how large, and which epoch it is in.
    Info(SettingsArgs),
    /// Begin a new epoch, once after restoring from a copy: clients that have seen what the copy lacks start over.
    NewEpoch(SettingsArgs),
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    let (settings, new_epoch) = match command {
        Command::Info(settings) => (settings, false),
        Command::NewEpoch(settings) => (settings, true),
    };
    let config = settings.config()?;
    let path = database(&config.data_dir);
    if !path.is_file() {
        return Err(Failure::new(format!(
            "there is no database at {} yet: `flux up` makes one",
            path.display()
        )));
    }
    let store = open(&config, &path, new_epoch).await?;
    let epoch = store.epoch();
    store.close().await;

    let out = Out::new();
    let row =
        |name: &str, value: String| out.line(format_args!("{}  {value}", out.paint.tone(Tone::Dim, name)));
    row("database", path.display().to_string())?;
    row("size    ", size(std::fs::metadata(&path)?.len()))?;
    row("epoch   ", epoch.to_string())?;
    if new_epoch {
        let done = "a new epoch has begun: clients start over when they come back";
        out.line(format_args!("{}", out.paint.tone(Tone::Good, done)))?;
    }
    Ok(())
}

async fn open(config: &Config, path: &Path, new_epoch: bool) -> Result<SqliteStore, Failure> {
    let mut file = sqlite(path, config.storage.synchronous);
    if new_epoch {
        file = file.with_new_epoch();
    }
    let opened = SqliteStore::open(file, Arc::new(SystemClock::new()), Arc::new(SystemEntropy)).await;
    opened.map_err(with_advice)
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes.div_ceil(1_024)),
        _ => format!("{} MiB", bytes.div_ceil(1_048_576)),
    }
}
