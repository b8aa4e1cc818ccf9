//! Log lines, on standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{Log, LogFormat};
use crate::failure::Failure;
use crate::observe::JsonLines;
use crate::terminal::Paint;

/// A part of what becomes of spans and events.
type Part = Box<dyn Layer<Registry> + Send + Sync>;

/// What the process is, in JSON lines.
static SERVICE: OnceLock<&'static str> = OnceLock::new();
/// Which node it is.
static NODE: OnceLock<String> = OnceLock::new();

/// Starts logging, for the whole process: pretty lines on a terminal, JSON elsewhere, unless `log` says otherwise.
///
/// # Errors
/// If the filter is none, or logging was started already.
pub fn init(log: &Log) -> Result<(), Failure> {
    start(vec![lines(log)?]).map_err(Failure::from)
}

/// Starts logging, and sending the spans of recorded traces to where `otel` sends them.
///
/// # Errors
/// If the filter is none, or logging was started already.
#[cfg(feature = "otel")]
pub fn init_with(log: &Log, otel: &crate::observe::Otel) -> Result<(), Failure> {
    // Of our own spans alone: what libraries put into theirs is not ours to promise.
    let own = |from: &Metadata<'_>| from.target().starts_with("flux") && *from.level() <= Level::INFO;
    start(vec![lines(log)?, otel.layer().with_filter(filter_fn(own)).boxed()]).map_err(Failure::from)
}

/// Says what the process is, such as `flux-chat`: JSON lines have it as `service`. The first word stands.
pub fn name_service(service: &'static str) {
    let _ = SERVICE.set(service);
}

/// Says which node the process is: JSON lines have it as `node.id`. The first word stands.
pub fn name_node(node: impl Display) {
    let _ = NODE.set(node.to_string());
}

/// What every JSON line says of the process.
pub(crate) fn identity() -> impl Iterator<Item = (&'static str, &'static str)> {
    let service = SERVICE.get().map(|service| ("service", *service));
    service.into_iter().chain(NODE.get().map(|node| ("node.id", node.as_str())))
}

fn lines(log: &Log) -> Result<Part, Failure> {
    let terminal = io::stderr().is_terminal();
    let pretty = match log.format {
        LogFormat::Auto => terminal,
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let lines = if pretty {
        fmt::layer().compact().with_ansi(Paint::detect(terminal).is_on()).with_writer(io::stderr).boxed()
    } else {
        JsonLines::new(io::stderr).boxed()
    };
    let lines = lines.with_filter(EnvFilter::try_new(&log.filter)?);
    Ok(lines.with_filter(filter_fn(keeps_secrets)).boxed())
}

fn start(parts: Vec<Part>) -> Result<(), TryInitError> {
    tracing_subscriber::registry().with(parts).try_init()
}

/// Whether what logs there is known not to say what goes over the wire. Our own crates log no secret and no message at
/// any level; what libraries show at level `trace` is not ours to promise.
fn keeps_secrets(from: &Metadata<'_>) -> bool {
    from.target().starts_with("flux") || *from.level() <= Level::DEBUG
}
