//! What operators see of the stores: [`metric`] is the list of what this crate counts.
//!
//! A program tells its recorder of each by [`describe`](flux_core::observe::Metric::describe), before it opens a store:
//! handles are taken when things are made.

pub mod metric;
#[cfg(any(feature = "sqlite", feature = "mysql"))]
mod sql;

#[cfg(any(feature = "sqlite", feature = "mysql"))]
pub(crate) use sql::SqlMeters;
