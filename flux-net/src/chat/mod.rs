//! The WebSocket chat, `/v1/chat`: connections of clients, by subprotocol `flux.v1.proto` or `flux.v1.json`.
//!
//! [`ChatServer`] holds the connections of one node over a [`Flux`](flux_core::Flux), and gives an axum
//! [router](ChatServer::router) to put wherever HTTP is served. A frame is read by the codec into a typed command, the
//! connection asks the core, and what the core answers or pushes is written by the codec: no rule stands here but those
//! of the connection itself.
//!
//! Connections run on the core's clock and over any [`FrameSocket`], so that a simulation can drive them:
//! [`ChatServer::admit`], then [`Admitted::serve`].

mod admission;
mod bucket;
mod codec;
mod config;
mod connection;
mod drain;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod meters;
mod server;
mod socket;
mod upgrade;

pub use codec::Format;
pub use config::{ChatCaps, ChatConfig, ChatRates, Origins};
pub use server::{Admitted, ChatParts, ChatServer, ChatStatus, Refused};
pub use socket::{ChatSocket, FrameSocket};
