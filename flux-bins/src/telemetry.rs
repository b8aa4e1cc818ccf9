//! What a process says of itself: log lines on standard error, metrics, traces.

use std::fmt::Display;
use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{Config, Log, LogFormat};
use crate::failure::Failure;
use crate::observe::{JsonLines, Metrics};
#[cfg(feature = "otel")]
use crate::observe::{Otel, OtelSettings};
use crate::terminal::Paint;

/// A part of what becomes of spans and events.
type Part = Box<dyn Layer<Registry> + Send + Sync>;

/// What the process is, in JSON lines.
static SERVICE: OnceLock<&'static str> = OnceLock::new();
/// Which node it is.
static NODE: OnceLock<String> = OnceLock::new();

/// What a process says of itself while it runs. Finish it at the end, so that nothing that waits is lost.
#[derive(Debug)]
#[must_use]
pub struct Telemetry {
    #[cfg(feature = "otel")]
    otel: Option<Otel>,
}

/// Starts logging for the whole process, which is `service`: pretty lines on a terminal, JSON elsewhere, unless the
/// configuration says otherwise. Where it names a listener for metrics, they are counted from here on; where it names a
/// collector, recorded traces are sent there.
///
/// # Errors
/// If the filter or the collector is none, or this was called before.
pub fn init(config: &Config, service: &'static str) -> Result<Telemetry, Failure> {
    let parts = vec![lines(&config.log)?];
    #[cfg(feature = "otel")]
    let (parts, otel) = with_otel(parts, config, service)?;
    tracing_subscriber::registry().with(parts).try_init()?;
    let _ = SERVICE.set(service);
    if !config.metrics.listen.is_empty() {
        Metrics::install()?;
    }
    Ok(Telemetry {
        #[cfg(feature = "otel")]
        otel,
    })
}

#[cfg(feature = "otel")]
fn with_otel(
    mut parts: Vec<Part>,
    config: &Config,
    service: &'static str,
) -> Result<(Vec<Part>, Option<Otel>), Failure> {
    if config.otel.endpoint.is_empty() {
        return Ok((parts, None));
    }
    let otel = Otel::start(&OtelSettings { endpoint: config.otel.endpoint.clone(), service })?;
    // Of our own spans alone: what libraries put into theirs is not ours to promise.
    let own = |from: &Metadata<'_>| from.target().starts_with("flux") && *from.level() <= Level::INFO;
    parts.push(otel.layer().with_filter(filter_fn(own)).boxed());
    Ok((parts, Some(otel)))
}

impl Telemetry {
    /// Sends what waits to be sent, for a bounded time.
    #[cfg_attr(not(feature = "otel"), expect(clippy::unused_async, reason = "with the feature it waits"))]
    pub async fn finish(self) {
        #[cfg(feature = "otel")]
        if let Some(otel) = self.otel {
            otel.finish().await;
        }
    }
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
        // Where nobody reads them any more lines are lost; to complain there as well would be the end of the process.
        fmt::layer()
            .log_internal_errors(false)
            .compact()
            .with_ansi(Paint::detect(terminal).is_on())
            .with_writer(io::stderr)
            .boxed()
    } else {
        JsonLines::new(io::stderr).boxed()
    };
    let lines = lines.with_filter(EnvFilter::try_new(&log.filter)?);
    Ok(lines.with_filter(filter_fn(keeps_secrets)).boxed())
}

/// Whether what logs there is known not to say what goes over the wire. Our own crates log no secret and no message at
/// any level; what libraries show at level `trace` is not ours to promise.
fn keeps_secrets(from: &Metadata<'_>) -> bool {
    from.target().starts_with("flux") || *from.level() <= Level::DEBUG
}
