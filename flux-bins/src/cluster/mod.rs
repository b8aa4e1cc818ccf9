//! `flux cluster`: a whole cluster on one machine, and a look at one that runs.

mod args;
#[cfg(test)]
mod example;
mod nodes;
mod table;
mod up;
mod url;

use clap::Subcommand;

use crate::failure::Failure;

pub(crate) use args::DEFAULT_FOLDER;

/// What to do about a cluster.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a cluster on this machine: MariaDB and Redis of its own, flux-verify, flux-status, chat nodes and a gate.
    Up(up::Args),
    /// Say which chat nodes live, and how loaded they are.
    Nodes(nodes::Args),
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Up(args) => up::run(args).await,
        Command::Nodes(args) => nodes::run(args).await,
    }
}
