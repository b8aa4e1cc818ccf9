//! Load, presence and the overview of the cluster, asked of `flux-status`.

mod client;
mod service;

pub use client::{PresenceWatch, StatusClient};
pub use service::{StatusParts, status_service};
