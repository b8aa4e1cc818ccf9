//! The command line of `flux`.

mod config;
mod invocation;
mod settings;
mod url;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::Failure;
use crate::{chaos, chat, cluster, db, demo, mail, register, service, up};

pub(crate) use invocation::invocation;
pub(crate) use settings::SettingsArgs;
pub(crate) use url::url_without_password;

/// A chat server, and the tools to try it: everything in one process.
///
/// Without a command it serves, as `flux up` does.
#[derive(Debug, Parser)]
#[command(name = "flux", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(flatten)]
    up: up::Args,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve everything in one process on embedded storage.
    Up(up::Args),
    /// Serve as one of the processes of a cluster.
    #[command(subcommand)]
    Serve(service::Command),
    /// Run a cluster on this machine, or look at one.
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Make an account, with the code that comes by mail.
    Register(register::Args),
    /// Talk with friends in this terminal.
    Chat(chat::Args),
    /// Try it: two friends in this terminal, one of them you.
    Demo(demo::Args),
    /// Look at captured mail.
    #[command(subcommand)]
    Mail(mail::Command),
    /// Check or show the configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// Prove that nothing is lost, doubled or reordered: break a server of its own under load, and check what clients saw.
    Chaos(chaos::Chaos),
    /// Look at the database, or begin a new epoch of it.
    #[command(subcommand)]
    Db(db::Command),
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    #[cfg(feature = "faults")]
    if let Err(failure) = crate::faults::switch_on() {
        return finish(Err(failure));
    }
    finish(run(Cli::parse()))
}

/// Says what went wrong, if something did.
pub(crate) fn finish(done: Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(message) = failure.message() {
                // If standard error is gone as well, there is nobody to tell.
                let _ = writeln!(std::io::stderr().lock(), "flux: {message}");
                return ExitCode::from(failure.status());
            }
            ExitCode::SUCCESS
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command.unwrap_or(Command::Up(cli.up)) {
        Command::Up(args) => on_runtime(up::run(args)),
        Command::Serve(command) => on_runtime(service::run(command)),
        Command::Cluster(command) => on_runtime(cluster::run(command)),
        Command::Register(args) => on_runtime(register::run(args)),
        Command::Chat(args) => on_runtime(chat::run(args)),
        Command::Demo(args) => on_runtime(demo::run(args)),
        Command::Mail(command) => on_runtime(mail::run(command)),
        Command::Config(command) => config::run(command),
        Command::Chaos(command) => chaos::run(command),
        Command::Db(command) => on_runtime(db::run(command)),
    }
}

pub(crate) fn on_runtime(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    // A thread that waits for the keyboard never ends by itself.
    runtime.shutdown_background();
    done
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serving_needs_no_command() {
        let cli = Cli::try_parse_from(["flux", "--memory", "--listen", "127.0.0.1:0"]).unwrap();
        assert!(cli.command.is_none());
        assert!(Cli::try_parse_from(["flux", "--memory", "up"]).is_err());
    }
}
