//! `flux db`: the durable store, as an operator sees it.

mod mysql;
mod sqlite;

use std::fmt;

use clap::{Args as ClapArgs, Subcommand};

use crate::cli::{SettingsArgs, url_without_password};
use crate::failure::Failure;
use crate::terminal::{Out, Tone};

/// What to do with the database.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say where it is, how large, and which epoch it is in.
    Info(Args),
    /// Begin a new epoch, once after restoring from a copy, or promoting a replica: clients that have seen what it lacks
    /// start over.
    NewEpoch(Args),
}

/// Which database: the one that --database names, or the SQLite file below --data, or what `mysql.url` names, or else the
/// SQLite file of `flux up`.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Args {
    /// A MySQL or MariaDB, such as mysql://root@127.0.0.1/flux, instead of what the configuration names. One with a
    /// password goes into `FLUX_MYSQL_URL`, or into a file that `FLUX_MYSQL_URL_FILE` names.
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    database: Option<String>,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    let (args, new_epoch) = match command {
        Command::Info(args) => (args, false),
        Command::NewEpoch(args) => (args, true),
    };
    let mut config = args.settings.config()?;
    if let Some(url) = &args.database {
        config.mysql.url = Some(url_without_password(url, "--database", "FLUX_MYSQL_URL")?);
    }
    if config.mysql.url.is_none() || args.settings.names_folder() {
        sqlite::run(&config, new_epoch).await
    } else {
        mysql::run(&config, new_epoch).await
    }
}

/// One line of what is told.
fn row(out: Out, name: &str, value: impl fmt::Display) -> Result<(), Failure> {
    let name = format!("{name:<8}");
    Ok(out.line(format_args!("{}  {value}", out.paint.tone(Tone::Dim, name)))?)
}

/// That it is done, and what follows.
fn done(out: Out, told: &str) -> Result<(), Failure> {
    Ok(out.line(format_args!("{}", out.paint.tone(Tone::Good, told)))?)
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_048_576 => format!("{} KiB", bytes.div_ceil(1_024)),
        _ => format!("{} MiB", bytes.div_ceil(1_048_576)),
    }
}
