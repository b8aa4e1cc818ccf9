//! `flux config`: what would be used, and whether it can be.

use clap::{Args, Subcommand};

use super::SettingsArgs;
use crate::config::Program;
use crate::failure::Failure;
use crate::terminal::{Out, Tone};

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say everything that is wrong with it.
    Check(Check),
    /// Print every setting as a configuration file.
    Show(Show),
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    settings: SettingsArgs,
    /// The program that is to use it.
    #[arg(long = "for", value_name = "PROGRAM", value_enum, default_value_t = Program::Up)]
    program: Program,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Say where each value comes from.
    #[arg(long)]
    sources: bool,
}

pub(crate) fn run(command: Command) -> Result<(), Failure> {
    let out = Out::new();
    match command {
        Command::Check(check) => {
            check.settings.load(Vec::new())?.check_for(check.program)?;
            out.line(format_args!("{}", out.paint.tone(Tone::Good, "the configuration is in order")))?;
        }
        Command::Show(show) => {
            let shown = show.settings.load(Vec::new())?.show(show.sources);
            out.line(format_args!("{}", shown.trim_end()))?;
        }
    }
    Ok(())
}
