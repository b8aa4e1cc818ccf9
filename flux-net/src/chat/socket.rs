//! What a connection speaks through: WebSocket messages over anything that carries bytes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use flux_proto::CloseCode;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Messages both ways, as the library frames them: a real socket, or what a simulation puts in its place.
pub trait FrameSocket:
    Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Send + Unpin + 'static
{
    /// Grows whenever the peer, or the network for it, has taken more of what was written.
    fn progress(&self) -> u64;

    /// Ends the outgoing half, then reads and drops what still comes in until the peer ends its half as well, or there
    /// was too much. Else the system would answer what nobody reads with a reset, which can overtake the close frame.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

/// Both buffers of a connection are this big: most frames are smaller, and there are many connections.
const BUFFER: usize = 4 * 1_024;

/// What is written of one message at once. A page of history can be hundreds of kilobytes, and the buffer of a socket
/// keeps the size it once had, so long messages go out in fragments.
const FRAGMENT: usize = 16 * 1_024;

/// What may wait in the buffer of a socket that takes no more: a fragment, what was there before it, a pong.
const WRITE_LIMIT: usize = BUFFER + 2 * FRAGMENT;

/// How many times the length of a message may be read until it is complete. A frame has up to 14 bytes of header, so a
/// message in many small pieces is longer on the wire; one in pieces of nothing has no end.
const FRAGMENTED: u64 = 8;

/// How much is read and dropped after the end.
const LINGER_BYTES: u64 = 256 * 1_024;

/// A WebSocket, server side.
#[derive(Debug)]
pub struct ChatSocket<T> {
    socket: WebSocketStream<Metered<T>>,
    /// What is still to be written of a long message.
    rest: Option<Rest>,
}

/// The part of a message that was not handed to the socket yet.
#[derive(Debug)]
struct Rest {
    /// That of the message for its first fragment, then that of a continuation.
    opcode: Data,
    bytes: Bytes,
}

impl<T: AsyncRead + AsyncWrite + Unpin> ChatSocket<T> {
    /// Over a connection on which the handshake is done. Messages and frames longer than `frame_bytes` are refused
    /// before anything is allocated for them.
    pub async fn new(io: T, frame_bytes: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_write_buffer_size(WRITE_LIMIT)
            .max_message_size(Some(frame_bytes))
            .max_frame_size(Some(frame_bytes));
        let limit = u64::try_from(frame_bytes).unwrap_or(u64::MAX).saturating_mul(FRAGMENTED);
        let io = Metered { io, unfinished: 0, limit, written: 0, lingered: None };
        Self { socket: WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await, rest: None }
    }

    /// Hands over what is left of a long message.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while let Some(rest) = &mut self.rest {
            ready!(self.socket.poll_ready_unpin(cx))?;
            let part = rest.bytes.split_to(FRAGMENT.min(rest.bytes.len()));
            let last = rest.bytes.is_empty();
            let opcode = std::mem::replace(&mut rest.opcode, Data::Continue);
            if last {
                self.rest = None;
            }
            let frame = Frame::message(part, OpCode::Data(opcode), last);
            self.socket.start_send_unpin(Message::Frame(frame))?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for ChatSocket<T> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.socket.poll_next_unpin(cx));
        self.socket.get_mut().unfinished = 0;
        Poll::Ready(next)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Sink<Message> for ChatSocket<T> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_rest(cx))?;
        self.socket.poll_ready_unpin(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        let opcode = match &message {
            Message::Text(text) if text.len() > FRAGMENT => Data::Text,
            Message::Binary(bytes) if bytes.len() > FRAGMENT => Data::Binary,
            _ => return self.socket.start_send_unpin(message),
        };
        self.rest = Some(Rest { opcode, bytes: message.into_data() });
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_rest(cx))?;
        self.socket.poll_flush_unpin(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_rest(cx))?;
        self.socket.poll_close_unpin(cx)
    }
}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> FrameSocket for ChatSocket<T> {
    fn progress(&self) -> u64 {
        self.socket.get_ref().written
    }

    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.socket.get_mut().poll_linger(cx)
    }
}

/// With what to close after a read that failed; `None` if there is nobody to tell.
pub(super) fn close_code(error: &Error) -> Option<CloseCode> {
    match error {
        Error::Capacity(_) => Some(CloseCode::MessageTooBig),
        Error::Utf8(_) => Some(CloseCode::InvalidPayload),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some(CloseCode::ProtocolError),
        Error::Io(error) => error.get_ref()?.downcast_ref::<Endless>().map(|_| CloseCode::MessageTooBig),
        _ => None,
    }
}

/// More was read than a message can be long, and there is still none.
#[derive(Debug, Error)]
#[error("a message in too many pieces")]
struct Endless;

/// Counts the bytes of a connection.
#[derive(Debug)]
struct Metered<T> {
    io: T,
    /// Read since the last complete message.
    unfinished: u64,
    limit: u64,
    written: u64,
    /// Dropped since the end; `None` before it, when the outgoing half is not closed yet.
    lingered: Option<u64>,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Metered<T> {
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut dropped = match self.lingered {
            Some(dropped) => dropped,
            None if ready!(Pin::new(&mut self.io).poll_shutdown(cx)).is_err() => return Poll::Ready(()),
            None => 0,
        };
        let mut scratch = [0; BUFFER];
        loop {
            self.lingered = Some(dropped);
            let mut buffer = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer));
            let count = buffer.filled().len() as u64;
            dropped += count;
            if read.is_err() || count == 0 || dropped > LINGER_BYTES {
                return Poll::Ready(());
            }
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Metered<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.unfinished > self.limit {
            return Poll::Ready(Err(io::Error::other(Endless)));
        }
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.io).poll_read(cx, buffer));
        self.unfinished += (buffer.filled().len() - before) as u64;
        Poll::Ready(read)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Metered<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, bytes));
        if let Ok(count) = written {
            self.written += count as u64;
        }
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
