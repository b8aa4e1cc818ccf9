//! A TCP proxy in this process whose connections are slowed, stalled, cut short and broken where somebody wants it; what
//! it draws, it draws from a seed.

mod pass;
mod source;
mod wire;

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

pub use source::Sources;
pub(super) use source::connect;
pub use wire::{End, Flow, Wire};

use super::WorldError;
use crate::chaos::random::Random;

/// What is to become of connections, by when they came.
#[derive(Debug, Clone, Copy)]
struct Orders {
    /// Counts changes.
    turn: u64,
    /// Those before this one…
    boundary: u64,
    /// … have this…
    early: Wire,
    /// … and later ones this.
    late: Wire,
    /// How many there have been.
    accepted: u64,
}

impl Orders {
    const fn wire(&self, number: u64) -> Wire {
        if number < self.boundary { self.early } else { self.late }
    }
}

/// Passes everything on to an address, as it is told to.
#[derive(Debug)]
#[must_use = "it ends when this is dropped"]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    orders: watch::Sender<Orders>,
    /// How many connections a [`Flow::Truncated`] has ended.
    truncated: watch::Sender<u64>,
    _accepting: AbortOnDropHandle<()>,
}

impl Proxy {
    /// In front of `target`, host and port.
    pub async fn new(target: impl Into<String>) -> Result<Self, WorldError> {
        Self::seeded(target, 0, Sources::One).await
    }

    /// The same, with a seed for what it draws, and with addresses that its connections come from.
    pub async fn seeded(
        target: impl Into<String>,
        seed: u64,
        mut sources: Sources,
    ) -> Result<Self, WorldError> {
        let target = target.into();
        let listening = || WorldError::system("listen for a proxy");
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(listening())?;
        let address = listener.local_addr().map_err(listening())?;
        let orders = Orders { turn: 0, boundary: 0, early: Wire::OPEN, late: Wire::OPEN, accepted: 0 };
        let (orders, (truncated, _)) = (watch::Sender::new(orders), watch::channel(0));
        let (tell, truncations) = (orders.clone(), truncated.clone());
        let accepting = tokio::spawn(async move {
            let random = Random::new(seed);
            for number in 0.. {
                let Ok((client, _)) = listener.accept().await else { return };
                tell.send_modify(|orders| orders.accepted = number + 1);
                let line = pass::Line {
                    number,
                    orders: tell.subscribe(),
                    truncated: truncations.clone(),
                    random: random.fork(number),
                };
                tokio::spawn(line.pass(client, target.clone(), sources.next()));
            }
        });
        Ok(Self { address, orders, truncated, _accepting: AbortOnDropHandle::new(accepting) })
    }

    /// From now on, for all connections.
    pub fn set(&self, wire: Wire) {
        self.orders.send_modify(|orders| {
            *orders = Orders { turn: orders.turn + 1, early: wire, late: wire, ..*orders };
        });
    }

    /// From now on, for the connections that there are now; later ones pass.
    pub fn set_present(&self, wire: Wire) {
        self.orders.send_modify(|orders| {
            let (turn, boundary) = (orders.turn + 1, orders.accepted);
            *orders = Orders { turn, boundary, early: wire, late: Wire::OPEN, ..*orders };
        });
    }

    /// How many connections there have been.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.orders.borrow().accepted
    }

    /// How many connections a [`Flow::Truncated`] has ended so far, to be waited on.
    #[must_use]
    pub fn truncated(&self) -> watch::Receiver<u64> {
        self.truncated.subscribe()
    }
}

#[cfg(test)]
mod tests;
