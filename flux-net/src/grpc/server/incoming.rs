//! Connections as they come in: counted, timed, and cut when their time is over.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tonic::transport::server::Connected;

use super::GrpcLimits;
use crate::observe::Seldom;

/// How much a client says first, whatever it wants: the preface of HTTP/2 (RFC 9113, section 3.4); TLS says more.
const PREFACE_BYTES: usize = 24;

/// What is known of the connection of a call.
#[derive(Debug, Clone)]
pub(in crate::grpc) struct ConnInfo {
    /// Where it comes from.
    pub(in crate::grpc) peer: SocketAddr,
    /// Ends when streams on it are to end.
    pub(in crate::grpc) ending: CancellationToken,
}

/// The connections of a server.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    open: TaskTracker,
    cut: CancellationToken,
}

impl Connections {
    /// Cuts off those that there are, and says how many.
    pub(super) fn cut(&self) -> usize {
        self.cut.cancel();
        self.open.len()
    }
}

/// Accepts connections.
pub(super) struct Incoming {
    listener: TcpListener,
    connections: Connections,
    most: usize,
    age: (Duration, Duration),
    greeting: Duration,
    ending: CancellationToken,
    /// After a failure to accept: until then it is not tried again.
    pause: Option<Pin<Box<Sleep>>>,
    too_many: Seldom,
}

impl Incoming {
    pub(super) fn new(listener: TcpListener, limits: &GrpcLimits, ending: CancellationToken) -> Self {
        let connections = Connections { open: TaskTracker::new(), cut: CancellationToken::new() };
        let (most, age, greeting) = (limits.connections, limits.connection_age, limits.handshake_timeout);
        Self { listener, connections, most, age, greeting, ending, pause: None, too_many: Seldom::default() }
    }

    pub(super) fn connections(&self) -> Connections {
        self.connections.clone()
    }
}

impl Stream for Incoming {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            match ready!(self.listener.poll_accept(cx)) {
                Ok((_, peer)) if self.connections.open.len() >= self.most => {
                    if let Some(more) = self.too_many.due() {
                        tracing::warn!(%peer, more, "too many connections: closed");
                    }
                }
                Ok((socket, peer)) => {
                    // A socket that refuses is about to fail anyway.
                    let _ = socket.set_nodelay(true);
                    let ending = self.ending.child_token();
                    let age = Box::pin(tokio::time::sleep(self.age.0));
                    return Poll::Ready(Some(Ok(Connection {
                        socket,
                        info: ConnInfo { peer, ending },
                        age,
                        grace: Some(self.age.1),
                        greeting: Some((Box::pin(tokio::time::sleep(self.greeting)), PREFACE_BYTES)),
                        cut: Box::pin(self.connections.cut.clone().cancelled_owned()),
                        over: false,
                        _open: self.connections.open.token(),
                    })));
                }
                Err(error) => {
                    // Of a connection that was gone before it was accepted, or for want of descriptors: then others must
                    // end before there can be more.
                    tracing::warn!(%error, "connection not accepted");
                    self.pause = Some(Box::pin(tokio::time::sleep(Duration::from_millis(50))));
                }
            }
        }
    }
}

/// One connection.
pub(super) struct Connection {
    socket: TcpStream,
    info: ConnInfo,
    age: Pin<Box<Sleep>>,
    /// How long after its age it is cut; `None` once that time runs.
    grace: Option<Duration>,
    /// Until when it has to say so many bytes; `None` once it has.
    greeting: Option<(Pin<Box<Sleep>>, usize)>,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    over: bool,
    _open: TaskTrackerToken,
}

impl Connection {
    /// Ends streams when the connection is old, and everything when it is too old or all are cut.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while !self.over && self.age.as_mut().poll(cx).is_ready() {
            match self.grace.take() {
                Some(grace) => {
                    self.info.ending.cancel();
                    let end = self.age.deadline() + grace;
                    self.age.as_mut().reset(end);
                }
                None => self.over = true,
            }
        }
        if let Some((until, _)) = &mut self.greeting {
            self.over |= until.as_mut().poll(cx).is_ready();
        }
        self.over |= self.cut.as_mut().poll(cx).is_ready();
        if self.over { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

impl Connected for Connection {
    type ConnectInfo = ConnInfo;

    fn connect_info(&self) -> ConnInfo {
        self.info.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(cx, buffer);
        if let Some((_, missing)) = &mut self.greeting {
            *missing = missing.saturating_sub(buffer.filled().len() - before);
            if *missing == 0 {
                self.greeting = None;
            }
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.over {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.over {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.socket).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
