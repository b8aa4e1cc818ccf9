//! WebSocket over tungstenite.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::{RETRY_AFTER, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::dial::{Dialer, Stream, Target};
use super::{Duplex, Frame, FrameSink, FrameSource, Received, Transport};
use crate::error::TransportError;

/// The longest message that is read: a page of a hundred messages, in JSON at its worst.
const MAX_MESSAGE: usize = 4 << 20;
/// Tungstenite would set aside 128 KiB for each connection.
const BUFFER: usize = 4 << 10;
/// More than this waits unsent only if the network is stuck.
const MAX_UNSENT: usize = 1 << 20;

type Socket = WebSocketStream<Box<dyn Stream>>;

#[async_trait]
impl Transport for Dialer {
    async fn connect(&self, url: &str, subprotocol: &str) -> Result<Duplex, TransportError> {
        let target = Target::parse(url, "ws", "wss")?;
        let mut request = url
            .into_client_request()
            .map_err(|error| TransportError::new("not an address").caused_by(error).permanent())?;
        let protocol = HeaderValue::from_str(subprotocol)
            .map_err(|error| TransportError::new("not a subprotocol").caused_by(error).permanent())?;
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_write_buffer_size(MAX_UNSENT)
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let stream = self.dial(&target).await?;
        let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await;
        let (socket, response) = opened.map_err(refused)?;
        if !agreed(&response, subprotocol) {
            return Err(TransportError::new("the server does not speak this subprotocol").permanent());
        }
        let (sink, source) = socket.split();
        Ok(Duplex { sink: Box::new(Sink(sink)), source: Box::new(Source(source)) })
    }
}

fn agreed(response: &Response, subprotocol: &str) -> bool {
    let answer = response.headers().get(SEC_WEBSOCKET_PROTOCOL);
    answer.is_some_and(|answer| answer.as_bytes() == subprotocol.as_bytes())
}

/// What an upgrade that did not come about says. Only an answer that asks for another client is for good: the rest may
/// be a proxy in front of a server that is starting.
fn refused(error: Error) -> TransportError {
    let Error::Http(response) = &error else {
        return TransportError::new("no WebSocket").caused_by(error);
    };
    let status = response.status().as_u16();
    let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let refusal = TransportError::new(format!("no WebSocket: HTTP status {status}"))
        .retry_after(wait.map(Duration::from_secs));
    if matches!(status, 400 | 403 | 426) { refusal.permanent() } else { refusal }
}

struct Sink(SplitSink<Socket, Message>);

#[async_trait]
impl FrameSink for Sink {
    async fn send(&mut self, frames: Vec<Frame>) -> Result<(), TransportError> {
        let broken = |error| TransportError::new("the connection broke").caused_by(error);
        for frame in frames {
            let message = match frame {
                Frame::Binary(bytes) => Message::Binary(bytes),
                Frame::Text(text) => Message::Text(text.into()),
            };
            self.0.feed(message).await.map_err(broken)?;
        }
        self.0.flush().await.map_err(broken)
    }

    async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        // A connection that is broken already needs no good-bye.
        let _ = self.0.send(Message::Close(Some(frame))).await;
    }
}

struct Source(SplitStream<Socket>);

#[async_trait]
impl FrameSource for Source {
    async fn next(&mut self) -> Received {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Binary(bytes))) => return Received::Frame(Frame::Binary(bytes)),
                Some(Ok(Message::Text(text))) => {
                    return Received::Frame(Frame::Text(text.as_str().to_owned()));
                }
                // Pings are answered by tungstenite.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(frame))) => {
                    return Received::Closed(frame.map(|frame| frame.code.into()));
                }
                Some(Err(_)) | None => return Received::Closed(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::net::TcpListener;
    use tokio_tungstenite::accept_hdr_async;
    use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

    use super::*;

    // The signature is tungstenite's.
    #[expect(clippy::result_large_err, clippy::unnecessary_wraps, reason = "the callback's type is given")]
    fn agree(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
        let wanted = request.headers()[SEC_WEBSOCKET_PROTOCOL].clone();
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, wanted);
        Ok(response)
    }

    #[tokio::test]
    async fn frames_go_both_ways_and_the_close_code_comes_through() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/v1/chat", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = accept_hdr_async(stream, agree).await.unwrap();
            let first = socket.next().await.unwrap().unwrap();
            socket.send(first).await.unwrap();
            let frame = CloseFrame { code: 4409.into(), reason: "".into() };
            socket.send(Message::Close(Some(frame))).await.unwrap();
        });
        let mut duplex = Dialer::new().connect(&url, "flux.v1.proto").await.unwrap();
        let frame = Frame::Binary(Bytes::from_static(b"hello"));
        duplex.sink.send(vec![frame.clone()]).await.unwrap();
        assert!(duplex.source.next().await == Received::Frame(frame));
        assert!(duplex.source.next().await == Received::Closed(Some(4409)));
        server.await.unwrap();
    }

    #[tokio::test]
    async fn a_server_that_does_not_speak_the_subprotocol_is_no_server() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/v1/chat", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            tokio_tungstenite::accept_async(stream).await.is_ok()
        });
        let error = Dialer::new().connect(&url, "flux.v1.proto").await.err().unwrap();
        assert!(!error.to_string().is_empty());
        server.await.unwrap();
    }
}
