//! Log lines, on standard error.

use std::io::{self, IsTerminal as _};

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, fmt};

use crate::config::{Log, LogFormat};
use crate::failure::Failure;
use crate::terminal::Paint;

/// Starts logging, for the whole process: pretty lines on a terminal, JSON elsewhere, unless `log` says otherwise.
///
/// # Errors
/// If the filter is none, or logging was started already.
pub fn init(log: &Log) -> Result<(), Failure> {
    let terminal = io::stderr().is_terminal();
    let pretty = match log.format {
        LogFormat::Auto => terminal,
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let lines = if pretty {
        fmt::layer().compact().with_ansi(Paint::detect(terminal).is_on()).with_writer(io::stderr).boxed()
    } else {
        fmt::layer().json().flatten_event(true).with_writer(io::stderr).boxed()
    };
    let lines = lines.with_filter(EnvFilter::try_new(&log.filter)?);
    start(lines.with_filter(filter_fn(keeps_secrets)).boxed()).map_err(Failure::from)
}

fn start<L: Layer<tracing_subscriber::Registry> + Send + Sync>(lines: L) -> Result<(), TryInitError> {
    tracing_subscriber::registry().with(lines).try_init()
}

/// Whether what logs there is known not to say what goes over the wire. Our own crates log no secret and no message at
/// any level; what libraries show at level `trace` is not ours to promise.
fn keeps_secrets(from: &Metadata<'_>) -> bool {
    from.target().starts_with("flux") || *from.level() <= Level::DEBUG
}
