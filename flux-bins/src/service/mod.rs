//! The programs of a cluster: `flux-gate`, `flux-chat`, `flux-status` and `flux-verify`, also as `flux serve NAME`.
//!
//! Each reads the whole configuration, opens what it needs of it, serves, and ends in good order.

mod chat;
mod gate;
mod health;
mod status;
mod verify;

pub(crate) use health::serve as serve_figures;

use std::process::ExitCode;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::cli::{SettingsArgs, finish, on_runtime};
use crate::config::{Config, Program};
use crate::failure::Failure;
use crate::process::Signals;
use crate::telemetry;

/// What every program of a cluster takes.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Ends in good order when standard input does, as on a signal: for a process that lives with whoever started it.
    #[arg(long, hide = true)]
    until_stdin_closes: bool,
}

/// Which program.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The HTTP gate: accounts, sessions, friends, history.
    Gate(Args),
    /// A chat node: the WebSocket that clients live on.
    Chat(Args),
    /// Balance and presence.
    Status(Args),
    /// Verification codes and mail.
    Verify(Args),
}

/// A program of its own.
#[derive(Debug, Parser)]
#[command(version)]
struct Alone {
    #[command(flatten)]
    args: Args,
}

/// The main function of the binary of `program`.
pub fn main(program: Program) -> ExitCode {
    #[cfg(feature = "faults")]
    if let Err(failure) = crate::faults::switch_on() {
        return finish(Err(failure));
    }
    finish(on_runtime(serve(program, Alone::parse().args)))
}

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Gate(args) => serve(Program::Gate, args).await,
        Command::Chat(args) => serve(Program::Chat, args).await,
        Command::Status(args) => serve(Program::Status, args).await,
        Command::Verify(args) => serve(Program::Verify, args).await,
    }
}

async fn serve(program: Program, args: Args) -> Result<(), Failure> {
    let loaded = args.settings.load(Vec::new())?;
    loaded.check_for(program)?;
    let config = loaded.config;
    let telemetry = telemetry::init(
        &config,
        match program {
            Program::Gate => "flux-gate",
            Program::Chat => "flux-chat",
            Program::Status => "flux-status",
            Program::Verify => "flux-verify",
            Program::Up => "flux",
        },
    )?;
    // From here on a signal ends the process in good order.
    let mut signals = Signals::listen()?;
    if args.until_stdin_closes {
        signals = signals.with_standard_input()?;
    }
    let signals = &mut signals;
    let served = match program {
        Program::Gate => gate::serve(&config, signals).await,
        Program::Chat => chat::serve(&config, signals).await,
        Program::Status => status::serve(&config, signals).await,
        Program::Verify => verify::serve(&config, signals).await,
        Program::Up => Err(Failure::new("that is `flux up`")),
    };
    telemetry.finish().await;
    served
}

/// What a started process says on standard output: one line, which ends in the URL, for scripts that took port 0.
fn announce(name: &str, url: &str) -> Result<(), Failure> {
    let version = env!("CARGO_PKG_VERSION");
    Ok(crate::terminal::Out::new().line(format_args!("flux-{name} {version} serves at {url}"))?)
}

/// The keys that access tokens go by, shared with other processes through their file.
fn tokens(
    config: &Config,
    entropy: &dyn flux_core::Entropy,
) -> Result<std::sync::Arc<flux_net::token::Tokens>, Failure> {
    let path = crate::compose::token_file(config);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let keys = crate::compose::token_keys(&path, entropy)?;
    let tokens = flux_net::token::Tokens::new(crate::compose::tokens(config), keys).following(&path);
    Ok(std::sync::Arc::new(tokens))
}
