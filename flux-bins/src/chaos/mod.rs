//! `flux chaos`: proof that what was promised is kept.

mod check;
pub mod random;
pub mod world;

use clap::Subcommand;

use crate::failure::Failure;

/// What to do about recorded histories.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look in a recorded history for what must never happen.
    Check(check::Args),
}

pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Check(args) => check::run(&args),
    }
}
