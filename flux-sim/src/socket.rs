//! A WebSocket of the simulation, as the server sees it.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use flux_net::chat::FrameSocket;
use futures_util::{Sink, Stream};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::gate::Gate;
use crate::lane::{Broken, End, Next};
use crate::trace::Trace;

/// The server's end of a connection.
pub(crate) struct SimSocket {
    end: End<Message, Message>,
    gate: Arc<Gate>,
    trace: Arc<Trace>,
    waiting: VecDeque<Message>,
    written: u64,
}

impl SimSocket {
    pub(crate) fn new(end: End<Message, Message>, gate: Arc<Gate>, trace: Arc<Trace>) -> Self {
        Self { end, gate, trace, waiting: VecDeque::new(), written: 0 }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while let Some(front) = self.waiting.front() {
            ready!(self.gate.poll_open(cx));
            ready!(self.end.sender.poll_room(cx)).map_err(reset)?;
            self.written += 1;
            let size = front.len() + 2;
            if let Some(message) = self.waiting.pop_front() {
                if let Message::Binary(bytes) = &message {
                    self.trace.step("down", &[self.end.number], bytes);
                }
                self.end.sender.send(message, size).map_err(reset)?;
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn reset(_: Broken) -> Error {
    Error::Io(io::ErrorKind::ConnectionReset.into())
}

impl Stream for SimSocket {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(match ready!(self.end.receiver.poll_next(cx)) {
            Next::Item(message) => Some(Ok(message)),
            Next::Ended => None,
            Next::Cut => Some(Err(reset(Broken))),
        })
    }
}

impl Sink<Message> for SimSocket {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_write(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        self.waiting.push_back(message);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_write(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_write(cx))?;
        self.end.sender.end();
        Poll::Ready(Ok(()))
    }
}

impl FrameSocket for SimSocket {
    fn progress(&self) -> u64 {
        self.written
    }

    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.end.sender.end();
        while let Next::Item(_) = ready!(self.end.receiver.poll_next(cx)) {}
        Poll::Ready(())
    }
}
