//! What stands before two gates: each connection goes to the other one than the last, and to the one that is there.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

/// Passes connections on, in turn.
pub(crate) struct Balancer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Balancer {
    /// In front of these, host and port. It lives as long as the runtime.
    pub(crate) async fn new(targets: [&str; 2]) -> Self {
        let mut targets = targets.map(str::to_owned);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                targets.reverse();
                tokio::spawn(pass(client, targets.clone()));
            }
        });
        Self { address }
    }
}

/// One connection, to the first that takes it.
async fn pass(mut client: TcpStream, targets: [String; 2]) {
    for target in targets {
        if let Ok(mut server) = TcpStream::connect(target).await {
            // Either end may break it off.
            let _ = copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}
