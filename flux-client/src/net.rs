//! The network as parts that may be replaced.
//!
//! [`Transport`] opens the WebSocket, [`Http`] makes the few calls around it. With feature `native` (on by default)
//! there is one of each over tokio, rustls and the public certificate authorities; a browser or a phone brings its
//! own, a test brings a server in memory.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::TransportError;
use crate::secret::Secret;

#[cfg(feature = "native")]
mod dial;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
#[cfg(feature = "native")]
mod http;
#[cfg(feature = "native")]
mod websocket;

#[cfg(feature = "native")]
pub use dial::{Dialer, DialerBuilder};

/// How frames are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// Protobuf, subprotocol `flux.v1.proto`.
    #[default]
    Binary,
    /// Protobuf JSON, subprotocol `flux.v1.json`: for looking at.
    #[cfg(feature = "json")]
    Json,
}

impl Encoding {
    /// The WebSocket subprotocol that stands for it.
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::Binary => "flux.v1.proto",
            #[cfg(feature = "json")]
            Self::Json => "flux.v1.json",
        }
    }
}

/// One WebSocket message. It is not printable: it holds tokens and what people write.
#[derive(Clone, PartialEq, Eq)]
pub enum Frame {
    /// Of type binary.
    Binary(Bytes),
    /// Of type text.
    Text(String),
}

impl Frame {
    /// Its length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Binary(bytes) => bytes.len(),
            Self::Text(text) => text.len(),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What comes from the other side.
#[derive(Clone, PartialEq, Eq)]
pub enum Received {
    /// A message.
    Frame(Frame),
    /// The end: with the code of the close frame, if there was one.
    Closed(Option<u16>),
}

/// Opens WebSockets.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Connects to a `ws://` or `wss://` address and agrees on the subprotocol. The caller bounds the time and drops
    /// the future when it is over.
    async fn connect(&self, url: &str, subprotocol: &str) -> Result<Duplex, TransportError>;
}

/// Both ways of one connection. Dropping both ends it.
pub struct Duplex {
    /// To the server.
    pub sink: Box<dyn FrameSink>,
    /// From the server.
    pub source: Box<dyn FrameSource>,
}

/// The way to the server.
#[async_trait]
pub trait FrameSink: Send {
    /// Sends frames in order, and flushes once. Waits while the network is slow.
    async fn send(&mut self, frames: Vec<Frame>) -> Result<(), TransportError>;
    /// Says good-bye with this code.
    async fn close(&mut self, code: u16);
}

/// The way from the server.
#[async_trait]
pub trait FrameSource: Send {
    /// The next frame, or the end; a broken connection is an end without a code.
    async fn next(&mut self) -> Received;
}

/// Makes HTTP calls.
#[async_trait]
pub trait Http: Send + Sync + 'static {
    /// One call; any status is an answer. The caller bounds the time and drops the future when it is over.
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, TransportError>;
}

/// What to call.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpRequest {
    /// `GET`, `POST` …
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// For `Authorization: Bearer`.
    pub bearer: Option<Secret>,
    /// For `Content-Type: application/json`.
    pub json: Option<Secret>,
}

/// What came back. It is not printable: it holds tokens.
#[derive(Clone)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// What the header `Retry-After` says, if it is a number of seconds.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Bytes,
}
