//! What stands between a socket and the HTTP library: it lets whole, plain heads through and refuses the rest.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use flux_core::ErrorCode;
use flux_proto::Language;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep};

use super::chunks::Chunks;
use super::head::{self, Framing, HeadLimits};
use crate::problem::{CONTENT_TYPE, Problem};

/// How long the parts of a connection may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GuardTimes {
    /// From the first byte of a head, and from the beginning of the connection, to its end.
    pub(crate) head: Duration,
    /// Without any progress in writing.
    pub(crate) write: Duration,
}

/// After the last word to a client, its own last words are read for this long and this much, so that a reset does not
/// overtake ours.
const LINGER: Duration = Duration::from_secs(1);
const MOST_LINGER_BYTES: usize = 1 << 20;

/// A connection whose requests are checked as they come in. `S` is kept as long as the connection lives, also when it
/// speaks something else than HTTP by then.
pub(crate) struct Guarded<IO, S> {
    io: IO,
    limits: HeadLimits,
    times: GuardTimes,
    phase: Phase,
    /// A head that has not ended yet.
    head: Vec<u8>,
    /// When the head must have ended.
    head_due: Option<Pin<Box<Sleep>>>,
    /// Checked, and not yet taken by the HTTP library.
    ready: Vec<u8>,
    taken: usize,
    /// When the next progress in writing must have been made.
    write_due: Option<Pin<Box<Sleep>>>,
    closing: Closing,
    /// Told when a head was refused.
    refused: Arc<Notify>,
    seen_eof: bool,
    _slot: S,
}

enum Phase {
    /// Before or in the head of a request.
    Head,
    /// In a body of which this much is to come.
    Body(u64),
    /// In a body that says itself where it ends.
    Chunked(Chunks),
    /// After a request to speak something else: nothing is read until the answer is known. Holds what came too early,
    /// and who waits to read on.
    Upgrading(Vec<u8>, Option<Waker>),
    /// No HTTP any more.
    Through,
    /// A head was refused: whoever waits for more is told to end once all before it is answered.
    Refused,
    /// Nothing more comes.
    Closed,
}

enum Closing {
    No,
    /// The head was refused; the client is to be told when the answers before it are out.
    Refused(ErrorCode),
    /// The last words, and how much of them is out.
    Telling(Vec<u8>, usize),
    /// All is said; what the client still says is thrown away. Holds how much that was.
    Lingering(usize, Pin<Box<Sleep>>),
}

impl<IO, S> Guarded<IO, S> {
    /// `refused` is told when the connection has to end because of what came in; answers that are under way are still
    /// to be written, and then the connection shut down.
    pub(crate) fn new(io: IO, limits: HeadLimits, times: GuardTimes, refused: Arc<Notify>, slot: S) -> Self {
        Self {
            io,
            limits,
            times,
            phase: Phase::Head,
            head: Vec::new(),
            head_due: Some(Box::pin(sleep(times.head))),
            ready: Vec::new(),
            taken: 0,
            write_due: None,
            closing: Closing::No,
            refused,
            seen_eof: false,
            _slot: slot,
        }
    }

    /// Checks what was read, and puts what is good where the HTTP library finds it.
    fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match &mut self.phase {
                Phase::Head => bytes = self.take_head(bytes),
                Phase::Body(left) => {
                    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    let (body, rest) = bytes.split_at(length);
                    *left -= length as u64;
                    if *left == 0 {
                        self.phase = Phase::Head;
                    }
                    self.ready.extend_from_slice(body);
                    bytes = rest;
                }
                Phase::Chunked(chunks) => match chunks.follow(bytes) {
                    Ok((length, done)) => {
                        let (body, rest) = bytes.split_at(length);
                        if done {
                            self.phase = Phase::Head;
                        }
                        self.ready.extend_from_slice(body);
                        bytes = rest;
                    }
                    // Whoever reads the body finds that it has no end, and answers that.
                    Err(_) => self.phase = Phase::Closed,
                },
                Phase::Upgrading(early, _) => {
                    early.extend_from_slice(bytes);
                    return;
                }
                Phase::Through => {
                    self.ready.extend_from_slice(bytes);
                    return;
                }
                Phase::Refused | Phase::Closed => return,
            }
        }
    }

    /// Returns what comes after the head, if it ends here.
    fn take_head<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let Some(end) = head::end(&self.head, before) else {
            if self.head_due.is_none() {
                self.head_due = Some(Box::pin(sleep(self.times.head)));
            }
            if let Err(code) = head::check_part(&self.head, &self.limits) {
                self.refuse(code);
            }
            return &[];
        };
        self.head.truncate(end);
        self.head_due = None;
        // One empty line before a request is forgiven (RFC 9112, section 2.2).
        let start = if self.head.starts_with(b"\r\n") { 2 } else { 0 };
        match head::check(&self.head[start..], &self.limits) {
            Ok(framing) => {
                self.phase = match framing {
                    Framing::Length(0) => Phase::Head,
                    Framing::Length(length) => Phase::Body(length),
                    Framing::Chunked => Phase::Chunked(Chunks::new()),
                    Framing::Upgrade => Phase::Upgrading(Vec::new(), None),
                };
                self.ready.extend_from_slice(&self.head[start..]);
                self.head.clear();
                &bytes[end - before..]
            }
            Err(code) => {
                self.refuse(code);
                &[]
            }
        }
    }

    fn refuse(&mut self, code: ErrorCode) {
        self.phase = Phase::Refused;
        self.head = Vec::new();
        self.head_due = None;
        self.closing = Closing::Refused(code);
        self.refused.notify_one();
    }

    /// The answer to an upgrade begins with `bytes`.
    fn answered(&mut self, bytes: &[u8]) {
        if let Phase::Upgrading(early, waker) = &mut self.phase {
            let (early, waker) = (std::mem::take(early), waker.take());
            let agreed = bytes.starts_with(b"HTTP/1.1 101 ");
            self.phase = if agreed { Phase::Through } else { Phase::Head };
            self.take(&early);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Whether writing has made no progress for too long.
    fn stalled<T>(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.write_due = None;
            return result;
        }
        let due = self.write_due.get_or_insert_with(|| Box::pin(sleep(self.times.write)));
        ready!(due.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<IO: AsyncRead + Unpin, S: Unpin> AsyncRead for Guarded<IO, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if this.taken < this.ready.len() {
                let length = buf.remaining().min(this.ready.len() - this.taken);
                buf.put_slice(&this.ready[this.taken..this.taken + length]);
                this.taken += length;
                return Poll::Ready(Ok(()));
            }
            this.ready.clear();
            this.taken = 0;
            match &mut this.phase {
                Phase::Closed => return Poll::Ready(Ok(())),
                // The end of the stream would be taken for a client that has gone, and for no reason to answer it.
                Phase::Refused => return Poll::Pending,
                Phase::Through => {
                    // Nothing of HTTP is kept for a connection that may live for weeks.
                    this.ready = Vec::new();
                    return Pin::new(&mut this.io).poll_read(cx, buf);
                }
                Phase::Upgrading(_, waker) => {
                    *waker = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                Phase::Head | Phase::Body(_) | Phase::Chunked(_) => {}
            }
            let mut space = [0; 4_096];
            let mut read = ReadBuf::new(&mut space);
            match Pin::new(&mut this.io).poll_read(cx, &mut read) {
                Poll::Ready(Ok(())) if read.filled().is_empty() => {
                    this.seen_eof = true;
                    this.phase = Phase::Closed;
                }
                Poll::Ready(Ok(())) => this.take(read.filled()),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    let Some(due) = &mut this.head_due else { return Poll::Pending };
                    ready!(due.as_mut().poll(cx));
                    // Whoever takes this long for a head gets no answer.
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin, S: Unpin> AsyncWrite for Guarded<IO, S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.answered(bytes);
        let result = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.stalled(cx, result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_flush(cx);
        self.stalled(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(first) = parts.iter().find(|part| !part.is_empty()) {
            self.answered(first);
        }
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, parts);
        self.stalled(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            match &mut this.closing {
                Closing::No => this.closing = Closing::Telling(Vec::new(), 0),
                Closing::Refused(code) => this.closing = Closing::Telling(last_words(*code), 0),
                Closing::Telling(words, said) if *said < words.len() => {
                    let written = Pin::new(&mut this.io).poll_write(cx, &words[*said..]);
                    if let Poll::Ready(Ok(length)) = &written {
                        *said += length;
                    }
                    ready!(this.stalled(cx, written))?;
                }
                Closing::Telling(..) => {
                    let shut = Pin::new(&mut this.io).poll_shutdown(cx);
                    ready!(this.stalled(cx, shut))?;
                    this.closing = Closing::Lingering(0, Box::pin(sleep(LINGER)));
                }
                Closing::Lingering(read, due) => {
                    if this.seen_eof || *read > MOST_LINGER_BYTES || due.as_mut().poll(cx).is_ready() {
                        return Poll::Ready(Ok(()));
                    }
                    let mut space = [0; 4_096];
                    let mut buf = ReadBuf::new(&mut space);
                    match ready!(Pin::new(&mut this.io).poll_read(cx, &mut buf)) {
                        Ok(()) if !buf.filled().is_empty() => *read += buf.filled().len(),
                        // The client has gone, one way or the other.
                        Ok(()) | Err(_) => this.seen_eof = true,
                    }
                }
            }
        }
    }
}

/// A whole answer, after which the connection ends.
fn last_words(code: ErrorCode) -> Vec<u8> {
    let problem = Problem::new(code);
    let (status, body) = (problem.status(), problem.document(Language::English, None));
    let reason = status.canonical_reason().unwrap_or_default();
    format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: {CONTENT_TYPE}\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
        status.as_u16(),
        body.len()
    )
    .into_bytes()
}
