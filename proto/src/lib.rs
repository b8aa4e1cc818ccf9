//! The wire of Flux: the messages of package `flux.v1` and the catalogue of errors.
//!
//! This is what clients and servers share, and nothing else: no connection is opened here and no rule is kept.
//! [`v1`] holds the messages, generated from the `.proto` files beside this crate. The frames that travel on the
//! WebSocket are [`v1::ClientFrame`] and [`v1::ServerFrame`]: binary by [`prost::Message`], and with feature `json`
//! (on by default) as canonical protobuf JSON by `serde`. [`ErrorCode`] and [`CloseCode`] say what a refusal means
//! and whether to come back.

mod close_code;
mod error_code;
pub mod v1;

pub use close_code::{CloseCode, Reconnect};
pub use error_code::{ErrorCode, Language, Retry};
