//! One connection of a proxy.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::{End, Flow, Orders, Wire, connect};
use crate::chaos::random::Random;

/// A trickle passes in so many pieces each second.
const PIECES: u32 = 10;

/// A connection, and what it is told.
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) orders: watch::Receiver<Orders>,
    pub(super) truncated: watch::Sender<u64>,
    pub(super) random: Random,
}

/// Which way.
#[derive(Clone, Copy)]
enum Direction {
    ToServer,
    ToClient,
}

impl Line {
    /// Passes on what comes, until either end or an order ends it.
    pub(super) async fn pass(self, mut client: TcpStream, target: String, source: Option<SocketAddr>) {
        let _ = client.set_nodelay(true);
        let mut waiting = self.direction(Direction::ToServer);
        let down = self.down();
        tokio::pin!(down);
        let server = async {
            waiting.passable().await;
            connect(&target, source).await
        };
        let mut server = tokio::select! {
            biased;
            end = &mut down => return finish(end, [&client]),
            server = server => match server {
                Ok(server) => server,
                Err(_) => return finish(End::Reset, [&client]),
            },
        };
        let end = {
            let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
            let to_server = self.direction(Direction::ToServer).copy(from_client, to_server);
            let to_client = self.direction(Direction::ToClient).copy(from_server, to_client);
            // A direction that was cut short ends both.
            let both = async {
                tokio::pin!(to_server, to_client);
                tokio::select! {
                    Some(end) = &mut to_server => end,
                    Some(end) = &mut to_client => end,
                    else => End::Close,
                }
            };
            tokio::select! {
                biased;
                end = &mut down => end,
                end = both => end,
            }
        };
        finish(end, [&client, &server]);
    }

    fn direction(&self, direction: Direction) -> OneWay {
        let which = match direction {
            Direction::ToServer => 1,
            Direction::ToClient => 2,
        };
        OneWay {
            number: self.number,
            direction,
            orders: self.orders.clone(),
            truncated: self.truncated.clone(),
            random: self.random.fork(which),
            turn: 0,
            passed: 0,
        }
    }

    /// Waits until it is told to end.
    fn down(&self) -> impl Future<Output = End> + use<> {
        let (mut orders, number) = (self.orders.clone(), self.number);
        async move {
            let told = orders.wait_for(|orders| matches!(orders.wire(number), Wire::Down(_))).await;
            match told.map(|orders| orders.wire(number)) {
                Ok(Wire::Down(end)) => end,
                // The proxy is gone, and with it whatever would have been told.
                _ => End::Close,
            }
        }
    }
}

/// Ends connections: dropping them is a close.
fn finish<const N: usize>(end: End, streams: [&TcpStream; N]) {
    if end == End::Reset {
        for stream in streams {
            let _ = stream.set_zero_linger();
        }
    }
}

/// One direction.
struct OneWay {
    number: u64,
    direction: Direction,
    orders: watch::Receiver<Orders>,
    truncated: watch::Sender<u64>,
    random: Random,
    /// Of which orders…
    turn: u64,
    /// … so many bytes have passed under them.
    passed: u64,
}

impl OneWay {
    /// Returns how both directions end, or nothing if this one came to its end by itself and the other goes on.
    async fn copy(mut self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> Option<End> {
        let mut bytes = vec![0; 1 << 16];
        loop {
            let Ok(count @ 1..) = from.read(&mut bytes).await else {
                self.passable().await;
                let _ = to.shutdown().await;
                return None;
            };
            let mut rest = &bytes[..count];
            while !rest.is_empty() {
                match self.next_piece(rest.len()).await {
                    Ok(piece) => {
                        let (now, later) = rest.split_at(piece);
                        if to.write_all(now).await.is_err() {
                            return Some(End::Close);
                        }
                        rest = later;
                        if let Some(end) = self.truncated().await {
                            return Some(end);
                        }
                    }
                    Err(end) => return Some(end),
                }
            }
        }
    }

    /// What applies now.
    fn flow(&mut self) -> Flow {
        let orders = *self.orders.borrow_and_update();
        if orders.turn != self.turn {
            (self.turn, self.passed) = (orders.turn, 0);
        }
        match (orders.wire(self.number), self.direction) {
            (Wire::Up { to_server, .. }, Direction::ToServer) => to_server,
            (Wire::Up { to_client, .. }, Direction::ToClient) => to_client,
            (Wire::Down(_), _) => Flow::Stalled,
        }
    }

    /// Waits until some of `waiting` bytes may pass, and returns how many; or how it ends.
    async fn next_piece(&mut self, waiting: usize) -> Result<usize, End> {
        loop {
            match self.flow() {
                Flow::Open => return Ok(waiting),
                Flow::Stalled => self.changed().await,
                Flow::Delayed { by, jitter } => {
                    let delay = by + self.random.between(Duration::ZERO, jitter);
                    // Other orders do not make good what this connection has waited for already.
                    sleep(delay).await;
                    return Ok(waiting);
                }
                Flow::Trickle { bytes_per_second } => {
                    if timeout(Duration::from_secs(1) / PIECES, self.changed()).await.is_err() {
                        let piece = usize::try_from(bytes_per_second / PIECES).unwrap_or(waiting).max(1);
                        return Ok(piece.min(waiting));
                    }
                }
                Flow::Truncated { after, .. } => {
                    if let Some(end) = self.truncated().await {
                        return Err(end);
                    }
                    let left = usize::try_from(after - self.passed).unwrap_or(waiting);
                    let piece = left.min(waiting);
                    self.passed += piece as u64;
                    return Ok(piece);
                }
            }
        }
    }

    /// How it ends, once all has passed that may.
    async fn truncated(&mut self) -> Option<End> {
        let Flow::Truncated { after, wait, end } = self.flow() else { return None };
        if self.passed < after {
            return None;
        }
        self.truncated.send_modify(|count| *count += 1);
        sleep(wait).await;
        Some(end)
    }

    /// Waits until something may pass.
    async fn passable(&mut self) {
        while self.flow() == Flow::Stalled {
            self.changed().await;
        }
    }

    /// Waits for other orders.
    async fn changed(&mut self) {
        let turn = self.turn;
        if self.orders.wait_for(|orders| orders.turn != turn).await.is_err() {
            // The proxy is gone; so is this, soon.
            pending::<()>().await;
        }
    }
}
