//! `flux chaos`: proof that what was promised is kept.

mod args;
mod check;
mod crowd;
mod meter;
mod nemesis;
mod people;
pub mod random;
mod report;
mod run;
mod shape;
mod tape;
pub mod world;

use clap::Subcommand;

use crate::cli::on_runtime;
use crate::failure::Failure;

/// What `flux chaos` takes.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Chaos {
    #[command(flatten)]
    args: args::Args,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What to do about recorded histories.
#[derive(Debug, Subcommand)]
enum Command {
    /// Look in a recorded history for what must never happen.
    Check(check::Args),
}

/// A run that could not be made ends with 2, one that found something with 1.
pub(crate) fn run(chaos: Chaos) -> Result<(), Failure> {
    if let Some(Command::Check(args)) = chaos.command {
        return check::run(&args);
    }
    on_runtime(async {
        let outcome = Box::pin(run::run(&chaos.args)).await.map_err(|failure| failure.with_status(2))?;
        outcome.tell(&chaos.args)?;
        if outcome.is_clean() { Ok(()) } else { Err(Failure::new("a promise was not kept")) }
    })
}
