//! Codes by e-mail and other mail, asked of `flux-verify`.

mod client;
mod service;

pub use client::VerifyClient;
pub use service::verify_service;
