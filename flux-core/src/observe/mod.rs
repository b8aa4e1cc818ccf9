//! What operators see: numbers, and one thread through what belongs together.
//!
//! Metrics go through the facade of the crate `metrics`: whoever runs a program installs a recorder, before it puts the
//! services together, because services take their handles when they are made. Without a recorder every handle does
//! nothing. [`metric`] is the list of what this crate counts; a program tells its recorder of it by
//! [`describe`](Metric::describe).
//!
//! A [`TraceContext`] names the trace that a piece of work belongs to, as W3C Trace Context has it. It travels with the
//! work: within a process as [`trace::current`], between nodes in a delivery. Nothing here exports anything.
//!
//! No user, address or text is ever a label, and labels have few values, all known beforehand.

mod family;
pub mod metric;
pub mod trace;

pub use family::{Counters, Histograms};
pub use metric::{Metric, MetricKind};
pub use trace::{SpanId, TraceContext, TraceId, TraceSettings, Tracer};
