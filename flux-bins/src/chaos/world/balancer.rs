//! What stands before the gates: each connection goes to the other one than the last, and to the one that is there.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use super::WorldError;
use super::proxy::Sources;

/// Passes connections on, in turn.
#[derive(Debug)]
#[must_use = "it ends when this is dropped"]
pub struct Balancer {
    /// Where it listens.
    pub address: SocketAddr,
    _accepting: AbortOnDropHandle<()>,
}

impl Balancer {
    /// In front of these, host and port.
    pub async fn new(mut targets: Vec<String>, mut sources: Sources) -> Result<Self, WorldError> {
        let listening = || WorldError::system("listen for a balancer");
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(listening())?;
        let address = listener.local_addr().map_err(listening())?;
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !targets.is_empty() {
                    targets.rotate_left(1);
                }
                tokio::spawn(pass(client, targets.clone(), sources.next()));
            }
        });
        Ok(Self { address, _accepting: AbortOnDropHandle::new(accepting) })
    }
}

/// One connection, to the first that takes it.
async fn pass(mut client: TcpStream, targets: Vec<String>, source: Option<SocketAddr>) {
    for target in targets {
        if let Ok(mut server) = super::proxy::connect(&target, source).await {
            // Either end may break it off.
            let _ = copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}
