//! What lies between two services, and does to bytes what a network may do to them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From who connects.
    Out,
    /// To who connects.
    Back,
}

/// What happens to the bytes of one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Open,
    /// They wait here; whoever sends them hears nothing.
    Held,
    /// Each piece comes later.
    Delayed(Duration),
}

/// A TCP proxy. Everything goes through it as it is, until it is told otherwise.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    flows: [watch::Sender<Flow>; 2],
    target: Arc<Mutex<SocketAddr>>,
    cut: Arc<Mutex<CancellationToken>>,
    accepted: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    stop: CancellationToken,
}

impl Proxy {
    pub(crate) async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            flows: [watch::Sender::new(Flow::Open), watch::Sender::new(Flow::Open)],
            target: Arc::new(Mutex::new(target)),
            cut: Arc::default(),
            accepted: Arc::default(),
            open: Arc::default(),
            stop: CancellationToken::new(),
        };
        let flows = [proxy.flows[0].subscribe(), proxy.flows[1].subscribe()];
        let (target, cut) = (Arc::clone(&proxy.target), Arc::clone(&proxy.cut));
        let (accepted, open) = (Arc::clone(&proxy.accepted), Arc::clone(&proxy.open));
        let accepting = async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                accepted.fetch_add(1, Ordering::SeqCst);
                let cut = cut.lock().unwrap().child_token();
                let target = *target.lock().unwrap();
                let flows = flows.clone();
                open.fetch_add(1, Ordering::SeqCst);
                let open = Arc::clone(&open);
                tokio::spawn(async move {
                    cut.run_until_cancelled(carry(socket, target, flows)).await;
                    open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        };
        let stop = proxy.stop.clone();
        tokio::spawn(async move { stop.run_until_cancelled(accepting).await });
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends all connections that there are; new ones are let through.
    pub(crate) fn cut(&self) {
        std::mem::take(&mut *self.cut.lock().unwrap()).cancel();
    }

    pub(crate) fn hold(&self, way: Way) {
        self.flows[way as usize].send_replace(Flow::Held);
    }

    pub(crate) fn delay(&self, way: Way, by: Duration) {
        self.flows[way as usize].send_replace(Flow::Delayed(by));
    }

    /// Both ways as they were; what was held goes on.
    pub(crate) fn open(&self) {
        for flow in &self.flows {
            flow.send_replace(Flow::Open);
        }
    }

    /// From now on connections are made to somebody else.
    pub(crate) fn point_to(&self, target: SocketAddr) {
        *self.target.lock().unwrap() = target;
    }

    /// How many connections came.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// How many connections have not been ended by both sides.
    pub(crate) fn still_open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.cancel();
        self.cut();
    }
}

async fn carry(socket: TcpStream, target: SocketAddr, [out, back]: [watch::Receiver<Flow>; 2]) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    socket.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let ((from_client, to_client), (from_server, to_server)) = (socket.into_split(), server.into_split());
    // Who ends one way may still read the other.
    tokio::join!(pump(from_client, to_server, out), pump(from_server, to_client, back));
}

async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut flow: watch::Receiver<Flow>,
) {
    let mut piece = vec![0; 16 << 10];
    loop {
        let read = from.read(&mut piece).await.unwrap_or_default();
        let Ok(now) = flow.wait_for(|flow| *flow != Flow::Held).await.map(|flow| *flow) else { return };
        if let Flow::Delayed(by) = now {
            tokio::time::sleep(by).await;
        }
        if read == 0 {
            let _ = to.shutdown().await;
            return;
        }
        if to.write_all(&piece[..read]).await.is_err() {
            return;
        }
    }
}
