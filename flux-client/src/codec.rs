//! Frames as bytes. Pure; what cannot be read ends here.

use flux_proto::v1;
use prost::Message;

use crate::error::ClientError;
use crate::net::{Encoding, Frame};

/// Writes a frame.
#[cfg_attr(not(feature = "json"), expect(clippy::unnecessary_wraps, reason = "writing JSON can fail"))]
pub(crate) fn encode(encoding: Encoding, frame: &v1::ClientFrame) -> Result<Frame, ClientError> {
    match encoding {
        Encoding::Binary => Ok(Frame::Binary(frame.encode_to_vec().into())),
        #[cfg(feature = "json")]
        Encoding::Json => serde_json::to_string(frame)
            .map(Frame::Text)
            .map_err(|_| ClientError::Invalid("this cannot be written as JSON")),
    }
}

/// Reads a frame.
pub(crate) fn decode(frame: Frame) -> Result<v1::server_frame::Frame, ClientError> {
    let read: Option<v1::ServerFrame> = match frame {
        Frame::Binary(bytes) => v1::ServerFrame::decode(bytes).ok(),
        #[cfg(feature = "json")]
        Frame::Text(text) => serde_json::from_str(&text).ok(),
        #[cfg(not(feature = "json"))]
        Frame::Text(_) => None,
    };
    read.and_then(|read| read.frame).ok_or(ClientError::Protocol("a frame that cannot be read"))
}
