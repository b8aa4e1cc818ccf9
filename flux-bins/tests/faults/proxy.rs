//! A wire that is cut or stalled where a test wants it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    /// They pass.
    Open,
    /// They wait: neither end hears anything, not even of an end.
    Stalled,
    /// Connections are closed, and new ones too.
    Cut,
}

/// Passes everything on to an address, as long as it is told to.
pub(crate) struct Proxy {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    wire: watch::Sender<Wire>,
}

impl Proxy {
    /// In front of `target`, host and port.
    pub(crate) async fn new(target: impl Into<String>) -> Self {
        let target = target.into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (wire, told) = watch::channel(Wire::Open);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, target.clone(), told.clone()));
            }
        });
        Self { address, wire }
    }

    /// From now on.
    pub(crate) fn set(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }
}

/// One connection, until either end or a cut ends it.
async fn pass(client: TcpStream, target: String, wire: watch::Receiver<Wire>) {
    let mut cut = wire.clone();
    let passing = async {
        open(&mut wire.clone()).await;
        let Ok(server) = TcpStream::connect(target).await else { return };
        for end in [&client, &server] {
            let _ = end.set_nodelay(true);
        }
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        tokio::join!(copy(from_client, to_server, wire.clone()), copy(from_server, to_client, wire));
    };
    tokio::select! {
        () = passing => {}
        _ = cut.wait_for(|wire| *wire == Wire::Cut) => {}
    }
}

/// One direction.
async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut wire: watch::Receiver<Wire>) {
    let mut bytes = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut bytes).await;
        open(&mut wire).await;
        let Ok(count @ 1..) = read else {
            let _ = to.shutdown().await;
            return;
        };
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

/// Waits until bytes pass.
async fn open(wire: &mut watch::Receiver<Wire>) {
    if wire.wait_for(|wire| *wire == Wire::Open).await.is_err() {
        // The test is over.
        std::future::pending::<()>().await;
    }
}
