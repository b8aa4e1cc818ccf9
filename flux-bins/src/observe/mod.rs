//! What operators see of a process: figures for Prometheus, log lines, and traces.
//!
//! [`Metrics::install`] has to come before anything is put together: services take their handles when they are made.

mod lines;
mod metric;
#[cfg(feature = "otel")]
mod otel;
mod page;
mod process;

pub use metric::all;
#[cfg(feature = "otel")]
pub use otel::{Otel, OtelSettings};
pub use page::{Metrics, serve_metrics};

pub(crate) use lines::JsonLines;
