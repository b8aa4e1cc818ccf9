//! A wire between a store and its server that is cut where a test wants it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where the wire is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// When COMMIT was sent, before the server gets it.
    BeforeCommit,
    /// When COMMIT was sent; the server gets it a little later than the store learns that the connection is broken.
    Late,
    /// When the server has answered COMMIT, before the store gets the answer.
    AfterCommit,
}

/// How much later: less than a transaction may stand idle.
const LATE: Duration = Duration::from_millis(300);

/// Passes everything on, until it is told to cut.
pub(crate) struct Proxy {
    pub(crate) url: String,
    cuts: Arc<Cuts>,
}

struct Cuts {
    at: Cut,
    /// Connections that are yet to be cut.
    left: AtomicUsize,
    made: AtomicUsize,
}

impl Cuts {
    fn take(&self) -> bool {
        let taken = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if taken.is_ok() {
            self.made.fetch_add(1, Ordering::SeqCst);
        }
        taken.is_ok()
    }
}

impl Proxy {
    /// In front of the server that `url` names.
    pub(crate) async fn new(url: &str, at: Cut) -> Self {
        let (before, rest) = url.split_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // What is encrypted cannot be cut where one wants it.
        let url = format!("{before}@{}/{database}?ssl-mode=DISABLED", listener.local_addr().unwrap());
        let cuts = Arc::new(Cuts { at, left: AtomicUsize::new(0), made: AtomicUsize::new(0) });
        let (server, passing) = (server.to_owned(), Arc::clone(&cuts));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                for end in [&client, &server] {
                    end.set_nodelay(true).unwrap();
                }
                tokio::spawn(pass(client, server, Arc::clone(&passing)));
            }
        });
        Self { url, cuts }
    }

    /// Cuts as many of the next commits as this.
    pub(crate) fn cut(&self, commits: usize) {
        self.cuts.left.store(commits, Ordering::SeqCst);
    }

    /// How many were cut.
    pub(crate) fn made(&self) -> usize {
        self.cuts.made.load(Ordering::SeqCst)
    }
}

/// One connection, until either end or a cut ends it.
async fn pass(mut client: TcpStream, mut server: TcpStream, cuts: Arc<Cuts>) {
    let (mut request, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let Ok(length @ 1..) = read else { return };
                let commit = request[..length].windows(8).any(|window| window == b"; COMMIT");
                let cut = commit && cuts.take();
                if cut && cuts.at == Cut::BeforeCommit {
                    return;
                }
                if cut && cuts.at == Cut::Late {
                    drop(client);
                    tokio::time::sleep(LATE).await;
                    // The server may have closed its end by now.
                    let _ = server.write_all(&request[..length]).await;
                    let _ = server.read(&mut answer).await;
                    return;
                }
                if server.write_all(&request[..length]).await.is_err() {
                    return;
                }
                if cut {
                    // The server answers when it has committed.
                    let _ = server.read(&mut answer).await;
                    return;
                }
            }
            read = server.read(&mut answer) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&answer[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
