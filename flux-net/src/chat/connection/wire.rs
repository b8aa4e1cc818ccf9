//! One connection's socket with what waits to be written to it: bounded, written together, flushed once.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use flux_core::Clock;
use flux_core::routing::{Event, Push};
use flux_core::session::SessionEndReason;
use flux_core::time::within;
use flux_proto::{CloseCode, v1};
use futures_util::{SinkExt, StreamExt};
use metrics::Counter;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use crate::chat::FrameSocket;
use crate::chat::codec::{self, Format};

/// How many events are taken from the outbox at once.
pub(super) const BATCH: usize = 64;

/// With this much waiting no event and no answer is asked for; with twice as much no request is read either.
const ENOUGH_FRAMES: usize = 256;
const ENOUGH_BYTES: usize = 256 * 1_024;

/// How a connection ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    /// With what to close; `None` if the peer has gone, or has closed.
    pub(super) code: Option<CloseCode>,
    /// That the session has ended is to be said before.
    pub(super) ended: Option<SessionEndReason>,
    /// Whether events that wait are still for this peer to read.
    pub(super) events: bool,
}

impl End {
    pub(super) const fn close(code: CloseCode) -> Self {
        Self { code: Some(code), ended: None, events: true }
    }

    /// There is nobody to say anything to.
    pub(super) const fn gone() -> Self {
        Self { code: None, ended: None, events: false }
    }
}

/// What the socket did.
#[derive(Debug)]
pub(super) enum Io {
    Received(Message),
    /// All that waited is written.
    Flushed,
    Ended(End),
}

#[derive(Debug)]
struct Queued {
    message: Message,
    event: bool,
}

#[derive(Debug)]
pub(super) struct Wire<S> {
    socket: S,
    format: Format,
    queue: VecDeque<Queued>,
    bytes: usize,
    /// Something was handed to the socket and not flushed yet.
    unflushed: bool,
    /// Since when the peer has taken nothing of what waits, and how much it had taken then.
    stuck: Option<(Duration, u64)>,
    /// Messages and bytes that were written.
    written: (Counter, Counter),
}

impl<S: FrameSocket> Wire<S> {
    pub(super) fn new(socket: S, format: Format, written: (Counter, Counter)) -> Self {
        Self { socket, format, queue: VecDeque::new(), bytes: 0, unflushed: false, stuck: None, written }
    }

    pub(super) const fn format(&self) -> Format {
        self.format
    }

    pub(super) fn reply(&mut self, request_id: u32, result: &codec::ReplyResult) {
        let bytes = self.format.write(&codec::reply(request_id, result));
        self.queue(bytes, false);
    }

    /// Queues an event of the outbox, which is encoded once for all who get it. Returns its length in bytes.
    pub(super) fn push(&mut self, push: &Push) -> usize {
        let format = self.format;
        let bytes = push.encoded(format.number(), |event| {
            codec::event(event).map_or_else(Bytes::new, |frame| format.write(&frame))
        });
        let length = bytes.len();
        if length > 0 {
            self.queue(bytes, true);
        }
        length
    }

    /// Queues an event of this connection alone.
    pub(super) fn tell(&mut self, frame: &v1::ServerFrame) {
        let bytes = self.format.write(frame);
        self.queue(bytes, true);
    }

    /// Asks the peer's WebSocket library for a sign of life.
    pub(super) fn ping(&mut self) {
        self.queue.push_back(Queued { message: Message::Ping(Bytes::new()), event: true });
    }

    fn queue(&mut self, bytes: Bytes, event: bool) {
        let length = bytes.len();
        if let Some(message) = self.format.message(bytes) {
            self.bytes += length;
            self.queue.push_back(Queued { message, event });
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.queue.len() < ENOUGH_FRAMES && self.bytes < ENOUGH_BYTES
    }

    /// Whether the answers to what is read would have room. That there is more of it than for events lets requests
    /// through even where events never end.
    pub(super) fn may_read(&self) -> bool {
        self.queue.len() < 2 * ENOUGH_FRAMES && self.bytes < 2 * ENOUGH_BYTES
    }

    pub(super) fn is_flushed(&self) -> bool {
        self.queue.is_empty() && !self.unflushed
    }

    /// Until when the peer has to take something; `None` if nothing waits.
    pub(super) fn stuck_until(&mut self, now: Duration, patience: Duration) -> Option<Duration> {
        if self.is_flushed() {
            self.stuck = None;
            return None;
        }
        let progress = self.socket.progress();
        let (since, _) = *self.stuck.insert(match self.stuck {
            Some((since, before)) if before == progress => (since, before),
            _ => (now, progress),
        });
        Some(since + patience)
    }

    /// Writes what waits and, if `read`, waits for the next message.
    pub(super) async fn io(&mut self, read: bool) -> Io {
        poll_fn(|cx| self.poll_io(cx, read)).await
    }

    fn poll_io(&mut self, cx: &mut Context<'_>, read: bool) -> Poll<Io> {
        let mut flushed = false;
        if !self.is_flushed() {
            match self.poll_write(cx) {
                Poll::Ready(Ok(())) => flushed = true,
                Poll::Ready(Err(_)) => return Poll::Ready(Io::Ended(End::gone())),
                Poll::Pending => {}
            }
        }
        if read && let Poll::Ready(next) = self.socket.poll_next_unpin(cx) {
            return Poll::Ready(match next {
                Some(Ok(Message::Close(_))) | None => Io::Ended(End::gone()),
                Some(Ok(message)) => Io::Received(message),
                Some(Err(error)) => Io::Ended(match crate::chat::socket::close_code(&error) {
                    Some(code) => End::close(code),
                    None => End::gone(),
                }),
            });
        }
        if flushed { Poll::Ready(Io::Flushed) } else { Poll::Pending }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while !self.queue.is_empty() {
            ready!(self.socket.poll_ready_unpin(cx))?;
            let Some(Queued { message, .. }) = self.queue.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(message.len());
            self.written.0.increment(1);
            self.written.1.increment(message.len() as u64);
            self.unflushed = true;
            self.socket.start_send_unpin(message)?;
        }
        if self.unflushed {
            ready!(self.socket.poll_flush_unpin(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Says the last words, closes, and lets the peer see it. Each step takes at most `patience`.
    pub(super) async fn finish(mut self, end: End, clock: &dyn Clock, patience: Duration) {
        if !end.events {
            self.queue.retain(|queued| !queued.event);
        }
        if let Some(frame) = end.ended.and_then(|reason| codec::event(&Event::SessionEnded(reason))) {
            self.tell(&frame);
        }
        if let Some(code) = end.code {
            let frame =
                CloseFrame { code: code.number().into(), reason: Utf8Bytes::from_static(code.as_str()) };
            self.queue.push_back(Queued { message: Message::Close(Some(frame)), event: false });
        } else {
            // An answer to the peer's close frame may be on its way.
            self.queue.clear();
            self.unflushed = true;
        }
        let written = within(clock, patience, poll_fn(|cx| self.poll_write(cx))).await;
        if matches!(written, Ok(Ok(()))) {
            let _ = within(clock, patience, poll_fn(|cx| self.socket.poll_linger(cx))).await;
        }
    }
}
