//! What a WebSocket message is to a connection.

use flux_proto::CloseCode;
use flux_proto::v1::{self, client_frame::Request};
use tokio_tungstenite::tungstenite::Message;

use crate::chat::codec::{Format, Unreadable};

pub(super) enum Inbound {
    /// A frame; without a request if it is none that this server knows.
    Frame { request_id: u32, request: Option<Request> },
    /// It can be read, but is no frame. The id is 0 if it could not be read.
    Malformed { request_id: u32 },
    /// It cannot be read: close.
    Close(CloseCode),
    /// A ping, which the library answers, or a pong: a sign of life and nothing else.
    Control,
}

pub(super) fn read(format: Format, message: &Message) -> Inbound {
    let read = match message {
        Message::Text(text) => format.read_text(text),
        Message::Binary(bytes) => format.read_binary(bytes),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {
            return Inbound::Control;
        }
    };
    match read {
        Ok(v1::ClientFrame { request_id, request }) => Inbound::Frame { request_id, request },
        Err(Unreadable::Malformed { request_id }) => Inbound::Malformed { request_id },
        Err(Unreadable::Close(code)) => Inbound::Close(code),
    }
}
