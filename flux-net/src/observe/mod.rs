//! What operators see of the way to the world: [`metric`] is the list of what this crate counts.
//!
//! A program tells its recorder of each by [`describe`](flux_core::observe::Metric::describe), before it puts anything
//! together: handles are taken when things are made.

pub mod metric;
#[cfg(any(feature = "password", feature = "mail"))]
mod place;
#[cfg(feature = "grpc")]
mod seldom;

#[cfg(any(feature = "password", feature = "mail"))]
pub(crate) use place::Place;
#[cfg(feature = "grpc")]
pub(crate) use seldom::Seldom;
