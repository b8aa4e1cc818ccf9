//! An HTTP server that shows a test each request and answers what the test says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// A request, which waits for its answer. Dropped, it hangs up; kept, it hangs.
pub(crate) struct Posted {
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
    reply: oneshot::Sender<String>,
}

impl Posted {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or_else(|| panic!("no header {name}"), |(_, value)| value.as_str())
    }

    /// Answers with a status, and headers after it if there are any.
    pub(crate) fn answer(self, status: &str) {
        self.say(&format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"));
    }

    pub(crate) fn say(self, text: &str) {
        // Whoever asked may have given up.
        let _ = self.reply.send(text.to_owned());
    }

    pub(crate) fn hang_up(self) {
        drop(self.reply);
    }
}

/// An authority that signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    fn acceptor(&self, name: &str) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let chain = vec![CertificateDer::from(own.der().to_vec())];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// How connections begin.
#[derive(Clone)]
enum Kind {
    Plain,
    Tls(TlsAcceptor),
    /// Nothing is ever said.
    Mute,
}

pub(crate) struct Receiver {
    pub(crate) port: u16,
    scheme: &'static str,
    posted: Mutex<mpsc::UnboundedReceiver<Posted>>,
    count: Arc<AtomicUsize>,
    accepted: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        Self::start_on(0).await
    }

    pub(crate) async fn start_on(port: u16) -> Self {
        Self::begin(port, Kind::Plain).await
    }

    pub(crate) async fn start_tls(authority: &Authority, name: &str) -> Self {
        Self::begin(0, Kind::Tls(authority.acceptor(name))).await
    }

    pub(crate) async fn mute() -> Self {
        Self::begin(0, Kind::Mute).await
    }

    async fn begin(port: u16, kind: Kind) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (show, posted) = mpsc::unbounded_channel();
        let (count, accepted) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (counting, accepting) = (Arc::clone(&count), Arc::clone(&accepted));
        let scheme = if matches!(kind, Kind::Tls(_)) { "https" } else { "http" };
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                accepting.notify_one();
                let (kind, show, count) = (kind.clone(), show.clone(), Arc::clone(&counting));
                connections.spawn(async move {
                    match kind {
                        Kind::Plain => talk(socket, show, &count).await,
                        // Whoever does not trust it hangs up.
                        Kind::Tls(acceptor) => talk(acceptor.accept(socket).await.ok()?, show, &count).await,
                        Kind::Mute => {
                            let _kept = socket;
                            std::future::pending().await
                        }
                    }
                });
            }
        });
        Self { port, scheme, posted: Mutex::new(posted), count, accepted, task }
    }

    pub(crate) fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.authority())
    }

    /// The next request.
    pub(crate) async fn next(&self) -> Posted {
        let mut posted = self.posted.lock().await;
        let next = tokio::time::timeout(std::time::Duration::from_secs(30), posted.recv());
        next.await.expect("a request comes").expect("the receiver runs")
    }

    /// The next request, if there is one.
    pub(crate) fn try_next(&self) -> Option<Posted> {
        self.posted.try_lock().ok()?.try_recv().ok()
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Somebody has connected.
    pub(crate) async fn accepted(&self) {
        self.accepted.notified().await;
    }

    pub(crate) async fn stop(self) {
        self.task.abort();
        // Over once its socket is closed.
        let _ = self.task.await;
    }
}

/// Reads one request, shows it, and says what is to be said. `None` if the other side hangs up before.
async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    show: mpsc::UnboundedSender<Posted>,
    count: &AtomicUsize,
) -> Option<()> {
    let mut read = Vec::new();
    let end = loop {
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(read[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse::<usize>().ok()?;
    let mut body = read.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    let (reply, said) = oneshot::channel();
    count.fetch_add(1, Ordering::SeqCst);
    show.send(Posted { line, headers, body: String::from_utf8(body).ok()?, reply }).ok()?;
    stream.write_all(said.await.ok()?.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}
