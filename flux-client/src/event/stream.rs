//! The application's end of the queue.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::Stream;

use super::{Event, EventQueue};
use crate::session::Handle;

/// The events of one session. It outlives every connection and ends with the session.
///
/// There is one reader: asking the [session](crate::Session::events) again hands the stream over, and the older one
/// ends. Nothing is lost by dropping it and asking again, nor by dropping a future of [`next`](Self::next).
#[must_use = "messages wait on the server until they are taken"]
pub struct EventStream {
    queue: Arc<EventQueue>,
    reader: u64,
    // Keeps the session alive for a program that only listens.
    _handle: Handle,
}

impl EventStream {
    pub(crate) fn new(queue: Arc<EventQueue>, handle: Handle) -> Self {
        let reader = queue.attach();
        Self { queue, reader, _handle: handle }
    }

    /// The next event; `None` after the last one, or once the stream was handed over.
    pub async fn next(&mut self) -> Option<Event> {
        std::future::poll_fn(|cx| self.queue.poll(self.reader, cx)).await
    }
}

impl Stream for EventStream {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.queue.poll(self.reader, cx)
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("reader", &self.reader).finish_non_exhaustive()
    }
}
