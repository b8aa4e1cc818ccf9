//! What was overheard is worth nothing, and who restarts is called all the same.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flux_core::account::Email;
use flux_core::mail::{Mail, MailContent, Mailer as _};
use flux_core::routing::PeerTransport as _;
use flux_core::{Clock as _, ErrorCode};
use flux_net::grpc::{
    ChannelSettings, GrpcLimits, PeerSettings, Role, StatusClient, VerifyClient, chat_peer_service,
    verify_service,
};
use flux_net::observe::metric;
use flux_proto::v1;
use flux_proto::v1::status_service_client::StatusServiceClient;
use flux_store::memory::MemoryMailer;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::codegen::http::{HeaderValue, Request, Response};
use tonic::server::NamedService;
use tonic::{Code, Status};
use tower::Service;

use super::credentials::{CALLERS, NODE, everything};
use super::services::status;
use super::support::proxy::Proxy;
use super::support::raw::{self, header};
use super::support::{Cluster, SECRET, Sender, Server, envelope, received, soon, until};

const OVERVIEW: &str = "/flux.v1.StatusService/Overview";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

#[tokio::test]
async fn what_was_overheard_is_good_at_no_other_server_whatever_the_method() {
    let cluster = Cluster::new();
    let (server, _node) = everything(&cluster, GrpcLimits::default()).await;
    let (other, _other_node) = everything(&cluster, GrpcLimits::default()).await;
    let (meant, other) = (raw::channel(server.address).await, raw::channel(other.address).await);
    let this = raw::incarnation(meant.clone()).await;
    assert_ne!(this, raw::incarnation(other.clone()).await);
    let now = cluster.clock.now().as_millis();
    for (nonce, (path, callers)) in (1..).zip(CALLERS) {
        let header = header(SECRET, &format!("{}:{NODE}", callers[0]), &this, now, nonce, path);
        let headers = [("authorization", header.as_str())];
        for turn in ["before it is used", "after it was used"] {
            let elsewhere = soon(raw::call(other.clone(), path, &headers)).await;
            assert_eq!(elsewhere, Code::Unauthenticated, "{path} {turn}");
            let here = soon(raw::call(meant.clone(), path, &headers)).await;
            assert_eq!(here == Code::Unauthenticated, turn == "after it was used", "{path} {turn}");
        }
    }
}

#[tokio::test]
async fn what_was_overheard_is_worth_nothing_after_a_restart() {
    let cluster = Cluster::new();
    let mut server = cluster.serve(Role::Status, vec![status(&cluster)], GrpcLimits::default()).await;
    let channel = raw::channel(server.address).await;
    let this = raw::incarnation(channel.clone()).await;
    let now = cluster.clock.now().as_millis();
    let made = |nonce| header(SECRET, "operator:me", &this, now, nonce, OVERVIEW);
    let (used, unused) = (made(1), made(2));
    let called = soon(raw::call(channel, OVERVIEW, &[("authorization", &used)])).await;
    assert_eq!(called, Code::Ok);
    server.stop().await;

    // The same service, by the same secret, and with no memory of what the former took.
    let server = cluster.serve(Role::Status, vec![status(&cluster)], GrpcLimits::default()).await;
    let channel = raw::channel(server.address).await;
    for header in [&used, &unused] {
        let code = soon(raw::call(channel.clone(), OVERVIEW, &[("authorization", header)])).await;
        assert_eq!(code, Code::Unauthenticated);
    }
}

/// How a call with this header was refused.
async fn refused(server: &Server, header: &str) -> Status {
    let mut request = tonic::Request::new(v1::OverviewRequest {});
    request.metadata_mut().insert("authorization", header.parse().unwrap());
    let mut client = StatusServiceClient::new(raw::channel(server.address).await);
    soon(client.overview(request)).await.unwrap_err()
}

#[tokio::test]
async fn who_is_refused_hears_which_server_it_is_only_if_they_know_the_secret() {
    let cluster = Cluster::new();
    let server = cluster.serve(Role::Status, vec![status(&cluster)], GrpcLimits::default()).await;
    let this = raw::incarnation(raw::channel(server.address).await).await;
    let now = cluster.clock.now().as_millis();
    let made = |secret, nonce| header(secret, "operator:me", "AAAAAAAAAAAAAAAAAAAAAA", now, nonce, OVERVIEW);

    let astray = refused(&server, &made(SECRET, 1)).await;
    assert_eq!((astray.code(), astray.message()), (Code::Unauthenticated, "meant for another server"));
    assert_eq!(astray.metadata().get("flux-incarnation").unwrap(), this.as_str());

    let stranger = refused(&server, &made("Hq2Wd9Zx4Cv7Bn1Mk6Lj3Gf8Ds5Ap0Tr", 2)).await;
    assert_eq!((stranger.code(), stranger.message()), (Code::Unauthenticated, "no valid credentials"));
    assert!(stranger.metadata().get("flux-incarnation").is_none());

    let of_old = format!("Flux1 operator:me:{now}:AAAAAAAAAAAAAAAAAAAAAA:AAAA");
    let of_old = refused(&server, &of_old).await;
    assert_eq!((of_old.code(), of_old.message()), (Code::Unauthenticated, "credentials of another release"));
}

/// How many calls of `method` ended with each of `codes`, since last asked.
fn served<const N: usize>(snapshotter: &Snapshotter, method: &str, codes: [&str; N]) -> [u64; N] {
    let counted = snapshotter.snapshot().into_vec();
    codes.map(|code| {
        let rows = counted.iter().filter(|(key, ..)| {
            let is = |wanted: &str| key.key().labels().any(|label| label.value() == wanted);
            key.key().name() == metric::GRPC_SERVED.name && is(method) && is(code)
        });
        rows.map(|(.., value)| if let DebugValue::Counter(count) = value { *count } else { 0 }).sum()
    })
}

#[tokio::test]
async fn a_server_that_restarts_behind_its_url_is_called_once_more_and_nobody_notices() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let start = async || {
        let mailer = Arc::new(MemoryMailer::new());
        let service = verify_service(node.flux.verification.clone(), mailer.clone());
        (mailer, cluster.serve(Role::Verify, vec![service], GrpcLimits::default()).await)
    };
    let (mailer, mut server) = start().await;
    let proxy = Proxy::to(server.address).await;
    let client = VerifyClient::new(cluster.channel(&[proxy.url()], ChannelSettings::default()));
    let mail = Mail { to: Email::new("ann@example.com").unwrap(), content: MailContent::PasswordChanged };
    soon(client.send(mail.clone())).await.unwrap();
    assert!(mailer.take().is_some());
    let (method, codes) = ("flux.v1.VerifyService/SendMail", ["UNAUTHENTICATED", "OK"]);
    assert_eq!(served(&snapshotter, method, codes), [0, 1]);

    for _ in 0..3 {
        let (again, anew) = start().await;
        proxy.point_to(anew.address);
        assert_eq!(server.stop().await, 0);
        server = anew;
        until("the client has heard of it", || proxy.still_open() == 0).await;
        // It is not to be mailed twice, so it is not called again if anything may have been done.
        soon(client.send(mail.clone())).await.unwrap();
        assert!(again.take().is_some() && again.take().is_none(), "mailed once");
        assert_eq!(served(&snapshotter, method, codes), [1, 1]);
    }
}

#[tokio::test]
async fn a_link_to_a_node_that_restarts_behind_its_url_is_made_again() {
    let cluster = Cluster::new();
    let mut node = cluster.node().await;
    let reader = node.connect(cluster.person(&node, "reader").await).await;
    let proxy = Proxy::to(node.server.address).await;
    let sender = Sender::new(&cluster, PeerSettings::default());
    sender.links_to(&node, &proxy.url()).await;
    assert_eq!(soon(sender.peers.send(node.id, envelope(reader.actor.user, 1))).await, Ok(()));
    for seq in 2..=4 {
        let service = chat_peer_service(node.flux.clone());
        let anew = cluster.serve(Role::Chat, vec![service], GrpcLimits::default()).await;
        proxy.point_to(anew.address);
        node.server.stop().await;
        node.server = anew;
        until("the link is lost", || !sender.peers.status()[0].connected).await;
        sender.stands().await;
        assert_eq!(soon(sender.peers.send(node.id, envelope(reader.actor.user, seq))).await, Ok(()));
    }
    assert_eq!(received(&reader.outbox), [1, 2, 3, 4]);
}

/// Answers for a server that is another one at every call, or does not say which it is.
#[derive(Clone, Default)]
struct Fickle {
    silent: bool,
    asked: Arc<AtomicUsize>,
    called: Arc<AtomicUsize>,
}

impl NamedService for Fickle {
    const NAME: &'static str = "flux.v1.StatusService";
}

impl Service<Request<Body>> for Fickle {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let which = if request.uri().path() == HEALTH { &self.asked } else { &self.called };
        let turn = which.fetch_add(1, Ordering::SeqCst) as u128;
        let mut response = Status::unauthenticated("").into_http();
        if !self.silent {
            let said = URL_SAFE_NO_PAD.encode(turn.to_be_bytes());
            response.headers_mut().insert("flux-incarnation", HeaderValue::try_from(said).unwrap());
        }
        ready(Ok(response))
    }
}

/// Asks such a server something. Returns what came of it, how often it was asked which it is, and how often it was called.
async fn ask(silent: bool) -> (ErrorCode, usize, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let fickle = Fickle { silent, ..Fickle::default() };
    let every = fickle.clone();
    let server = tonic::transport::Server::builder()
        .layer(tower::layer::layer_fn(move |_| every.clone()))
        .add_service(fickle.clone())
        .serve_with_incoming(TcpListenerStream::new(listener));
    let serving = tokio::spawn(server);
    let settings = ChannelSettings { deadline: Duration::from_secs(10), ..ChannelSettings::default() };
    let client = StatusClient::new(Cluster::new().channel(&[url], settings));
    let error = soon(client.overview()).await.unwrap_err();
    serving.abort();
    (error.code, fickle.asked.load(Ordering::SeqCst), fickle.called.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_server_that_is_never_the_one_that_it_was_is_called_once_more_and_not_for_ever() {
    assert_eq!(ask(false).await, (ErrorCode::Unavailable, 1, 2));
}

#[tokio::test]
async fn a_server_that_does_not_say_which_it_is_gets_no_proof() {
    assert_eq!(ask(true).await, (ErrorCode::Unavailable, 1, 0));
}
