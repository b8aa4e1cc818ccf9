//! `flux up`: everything in one process.

use clap::Args as ClapArgs;

use crate::cli::SettingsArgs;
use crate::failure::Failure;

/// What `flux up` takes.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Address to listen at [default: 127.0.0.1:8080]; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Keep accounts and messages in memory: they are gone when the process ends.
    #[arg(long)]
    memory: bool,
    /// Write the base URL into this file once everything is served, for scripts to wait for.
    #[arg(long, value_name = "PATH")]
    ready_file: Option<std::path::PathBuf>,
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let mut flags = Vec::new();
    if let Some(listen) = args.listen {
        flags.push(("--listen", "http.listen", listen));
    }
    if args.memory {
        flags.push(("--memory", "storage.backend", "memory".to_owned()));
    }
    let loaded = args.settings.load(flags)?;
    crate::telemetry::init(&loaded.config.log)?;
    Ok(())
}
