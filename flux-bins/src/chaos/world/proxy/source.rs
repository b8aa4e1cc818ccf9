//! Where connections seem to come from.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};

/// Whose addresses connections have: limits for each address are for machines, and a world has one.
#[derive(Debug, Clone, Copy)]
pub enum Sources {
    /// This machine's.
    One,
    /// One of 65,536 of loopback, in turn.
    Many {
        /// Whose turn it is.
        next: u16,
    },
}

impl Sources {
    /// Those of many machines.
    #[must_use]
    pub const fn many() -> Self {
        Self::Many { next: 0 }
    }

    /// For the next connection.
    pub(in crate::chaos::world) fn next(&mut self) -> Option<SocketAddr> {
        let Self::Many { next } = self else { return None };
        *next = next.wrapping_add(1);
        let [high, low] = next.to_be_bytes();
        // Where the system has but one address of loopback, it is that one.
        cfg!(target_os = "linux").then(|| (Ipv4Addr::new(127, 77, high, low), 0).into())
    }
}

/// Connects to `target`, host and port.
pub(in crate::chaos::world) async fn connect(
    target: &str,
    source: Option<SocketAddr>,
) -> io::Result<TcpStream> {
    let stream = match (source, target.parse()) {
        (Some(source), Ok(target)) => {
            let socket = TcpSocket::new_v4()?;
            socket.bind(source)?;
            socket.connect(target).await?
        }
        _ => TcpStream::connect(target).await?,
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}
