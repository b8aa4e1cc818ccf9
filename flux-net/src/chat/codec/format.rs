//! The two ways a frame is written.

use bytes::Bytes;
use flux_proto::{CloseCode, v1};
use prost::Message as _;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::json;

/// A subprotocol: the same frames, written in one way or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `flux.v1.proto`: binary protobuf in binary frames.
    Proto,
    /// `flux.v1.json`: canonical protobuf JSON in text frames.
    Json,
}

/// Why a WebSocket message holds no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is not in the format at all: nothing more is to be expected from this peer.
    Close(CloseCode),
    /// It is JSON, but no frame; the request id if it could be read, else 0.
    Malformed { request_id: u32 },
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Proto, Self::Json];

    /// The name under which it is negotiated.
    #[must_use]
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::Proto => "flux.v1.proto",
            Self::Json => "flux.v1.json",
        }
    }

    /// The place of its bytes in what is encoded once for many connections.
    pub(crate) const fn number(self) -> usize {
        match self {
            Self::Proto => 0,
            Self::Json => 1,
        }
    }

    /// Reads a text message.
    pub(crate) fn read_text(self, text: &str) -> Result<v1::ClientFrame, Unreadable> {
        match self {
            Self::Json => json::read(text),
            Self::Proto => Err(Unreadable::Close(CloseCode::UnsupportedData)),
        }
    }

    /// Reads a binary message.
    pub(crate) fn read_binary(self, bytes: &Bytes) -> Result<v1::ClientFrame, Unreadable> {
        match self {
            // A clone shares the bytes; strings are copied out of it, and only as long as they really are.
            Self::Proto => v1::ClientFrame::decode(bytes.clone())
                .map_err(|_| Unreadable::Close(CloseCode::InvalidPayload)),
            Self::Json => Err(Unreadable::Close(CloseCode::UnsupportedData)),
        }
    }

    /// The bytes of a frame.
    ///
    /// # Panics
    /// If the frame holds the number of no enum variant, which this module does not write.
    pub(crate) fn write(self, frame: &v1::ServerFrame) -> Bytes {
        match self {
            Self::Proto => frame.encode_to_vec().into(),
            Self::Json => serde_json::to_vec(frame).expect("every frame has a JSON form").into(),
        }
    }

    /// Bytes that [`write`](Self::write) made, as a message; `None` for an empty text, which stands for nothing.
    pub(crate) fn message(self, bytes: Bytes) -> Option<Message> {
        match self {
            Self::Proto => Some(Message::Binary(bytes)),
            Self::Json => Utf8Bytes::try_from(bytes).ok().filter(|text| !text.is_empty()).map(Message::Text),
        }
    }
}
