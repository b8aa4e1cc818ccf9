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

/// Reads a frame; `None` if it is of a kind that this release does not know.
pub(crate) fn decode(frame: Frame) -> Result<Option<v1::server_frame::Frame>, ClientError> {
    let read: Option<v1::ServerFrame> = match frame {
        Frame::Binary(bytes) => v1::ServerFrame::decode(bytes).ok(),
        #[cfg(feature = "json")]
        Frame::Text(text) => serde_json::from_str(&text).ok(),
        #[cfg(not(feature = "json"))]
        Frame::Text(_) => None,
    };
    read.map(|read| read.frame).ok_or(ClientError::Protocol("a frame that cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ping() -> v1::ClientFrame {
        let ping = v1::Ping { payload: "p".into() };
        v1::ClientFrame { request_id: 7, request: Some(v1::client_frame::Request::Ping(ping)) }
    }

    fn pong() -> v1::ServerFrame {
        let result = Some(v1::reply::Result::Pong(v1::Pong { payload: "p".into(), server_ms: 5 }));
        v1::ServerFrame { frame: Some(v1::server_frame::Frame::Reply(v1::Reply { request_id: 7, result })) }
    }

    #[test]
    fn binary_frames_are_protobuf() {
        let Frame::Binary(bytes) = encode(Encoding::Binary, &ping()).unwrap() else { panic!("not binary") };
        assert_eq!(v1::ClientFrame::decode(bytes).unwrap(), ping());
        let read = decode(Frame::Binary(pong().encode_to_vec().into())).unwrap();
        assert_eq!(read, pong().frame);
    }

    #[cfg(feature = "json")]
    #[test]
    fn text_frames_are_the_same_in_json() {
        let Frame::Text(text) = encode(Encoding::Json, &ping()).unwrap() else { panic!("not text") };
        assert_eq!(text, r#"{"requestId":7,"ping":{"payload":"p"}}"#);
        let text = r#"{"reply":{"requestId":7,"pong":{"payload":"p","serverMs":"5"}}}"#;
        assert_eq!(decode(Frame::Text(text.into())).unwrap(), pong().frame);
    }

    #[test]
    fn what_is_no_frame_is_an_error() {
        for bad in [Frame::Binary(vec![0xFF; 4].into()), Frame::Text("{".into())] {
            assert!(matches!(decode(bad), Err(ClientError::Protocol(_))));
        }
    }

    #[test]
    fn a_frame_of_a_later_release_is_passed_over() {
        // Field 9, a string.
        let later = Frame::Binary(vec![0x4A, 0x01, b'x'].into());
        assert_eq!(decode(later).unwrap(), None);
    }
}
