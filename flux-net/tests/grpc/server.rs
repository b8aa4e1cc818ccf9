//! The server itself: health, its end, its limits.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::ErrorCode;
use flux_core::Secret;
use flux_core::account::Email;
use flux_core::guard::ClientAddr;
use flux_core::routing::PeerTransport as _;
use flux_core::verification::{CodeRequested, Purpose, Redemption, VerificationError, Verifier};
use flux_net::grpc::{
    ChannelSettings, GrpcLimits, PeerSettings, Role, StatusClient, VerifyClient, verify_service,
};
use flux_store::memory::MemoryMailer;
use futures_util::StreamExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::services::status;
use super::support::{Cluster, Sender, Server, envelope, raw, received, soon};

async fn health(server: &Server, service: &str) -> Option<ServingStatus> {
    let mut client = HealthClient::new(raw::channel(server.address).await);
    let request = HealthCheckRequest { service: service.to_owned() };
    client.check(request).await.ok().map(|answer| answer.into_inner().status())
}

#[tokio::test]
async fn health_is_the_readiness_of_each_service_and_of_all() {
    let cluster = Cluster::new();
    let (ready, readiness) = watch::channel(false);
    let node = cluster.node().await;
    let services =
        vec![status(&cluster).ready_when(readiness), flux_net::grpc::chat_peer_service(node.flux.clone())];
    let server = cluster.serve(Role::Status, services, GrpcLimits::default()).await;
    let (status, peer) = ("flux.v1.StatusService", "flux.v1.ChatPeerService");
    assert_eq!(health(&server, status).await, Some(ServingStatus::NotServing));
    assert_eq!(health(&server, peer).await, Some(ServingStatus::Serving));
    assert_eq!(health(&server, "").await, Some(ServingStatus::NotServing));
    assert_eq!(health(&server, "flux.v1.Unknown").await, None);

    let mut watch = HealthClient::new(raw::channel(server.address).await);
    let request = HealthCheckRequest { service: status.to_owned() };
    let mut changes = watch.watch(request).await.unwrap().into_inner();
    assert_eq!(changes.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    ready.send_replace(true);
    assert_eq!(soon(changes.message()).await.unwrap().unwrap().status(), ServingStatus::Serving);
    soon(async { while health(&server, "").await != Some(ServingStatus::Serving) {} }).await;

    server.begin_stop();
    let mut last = ServingStatus::Serving;
    while let Ok(Some(change)) = soon(changes.message()).await {
        last = change.status();
    }
    assert_eq!(last, ServingStatus::NotServing, "told before it ends");
}

#[tokio::test]
async fn a_stop_ends_streams_and_waits_for_nobody() {
    let cluster = Cluster::new();
    let mut server = cluster.serve(Role::Status, vec![status(&cluster)], GrpcLimits::default()).await;
    let client = StatusClient::new(cluster.channel(&[server.url()], ChannelSettings::default()));
    let mut watch = client.watch_presence(&[]).await.unwrap();
    assert!(soon(watch.next()).await.unwrap().is_ok());
    let ended = soon(async { tokio::join!(server.stop(), watch.next()) }).await;
    assert_eq!(ended.0, 0, "nobody was cut off");
    assert_eq!(ended.1.unwrap().unwrap_err().code, ErrorCode::Draining);
    assert!(soon(watch.next()).await.is_none());
    assert!(TcpStream::connect(server.address).await.is_err());
}

/// Answers when it is told to.
struct Held {
    asked: Semaphore,
    answers: Semaphore,
}

#[async_trait]
impl Verifier for Held {
    async fn request(
        &self,
        _: Purpose,
        _: &Email,
        _: &ClientAddr,
    ) -> Result<CodeRequested, VerificationError> {
        self.asked.add_permits(1);
        self.answers.acquire().await.unwrap().forget();
        Ok(CodeRequested { next_in: Duration::from_secs(7) })
    }

    async fn redeem(
        &self,
        _: Purpose,
        _: &Email,
        _: &Secret,
        _: &ClientAddr,
    ) -> Result<Redemption, VerificationError> {
        Err(VerificationError::InvalidCode)
    }

    async fn restore(&self, _: Redemption) {}
}

async fn held(cluster: &Cluster, limits: GrpcLimits) -> (Arc<Held>, Server, VerifyClient) {
    let verifier = Arc::new(Held { asked: Semaphore::new(0), answers: Semaphore::new(0) });
    let service = verify_service(verifier.clone(), Arc::new(MemoryMailer::new()));
    let server = cluster.serve(Role::Verify, vec![service], limits).await;
    let client = VerifyClient::new(cluster.channel(&[server.url()], ChannelSettings::default()));
    (verifier, server, client)
}

async fn asking(client: VerifyClient) -> Result<CodeRequested, VerificationError> {
    let email = Email::new("ann@example.com").unwrap();
    let address = ClientAddr::new("192.0.2.1".parse().unwrap());
    client.request(Purpose::Register, &email, &address).await
}

#[tokio::test]
async fn a_stop_lets_calls_finish() {
    let cluster = Cluster::new();
    let (verifier, mut server, client) = held(&cluster, GrpcLimits::default()).await;
    let call = tokio::spawn(asking(client));
    soon(verifier.asked.acquire()).await.unwrap().forget();
    server.begin_stop();
    verifier.answers.add_permits(1);
    assert_eq!(soon(call).await.unwrap().unwrap().next_in, Duration::from_secs(7));
    assert_eq!(server.stop().await, 0);
}

#[tokio::test]
async fn a_stop_cuts_off_what_does_not_finish() {
    let cluster = Cluster::new();
    let limits = GrpcLimits { drain: Duration::from_millis(50), ..GrpcLimits::default() };
    let (verifier, mut server, client) = held(&cluster, limits).await;
    let call = tokio::spawn(asking(client));
    soon(verifier.asked.acquire()).await.unwrap().forget();
    assert_eq!(server.stop().await, 1);
    assert_eq!(soon(call).await.unwrap().unwrap_err().code(), ErrorCode::Unavailable);
}

#[tokio::test]
async fn a_call_is_given_up_when_its_caller_has() {
    let cluster = Cluster::new();
    let limits = GrpcLimits { deadline: Duration::from_millis(100), ..GrpcLimits::default() };
    let (_verifier, _server, client) = held(&cluster, limits).await;
    assert_eq!(soon(asking(client)).await.unwrap_err().code(), ErrorCode::Timeout);
}

#[tokio::test]
async fn an_old_connection_is_replaced_and_its_link_goes_on() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let reader = node.connect(cluster.person(&node, "reader").await).await;
    // The same node behind a server whose connections are soon old.
    let age = (Duration::from_millis(100), Duration::from_millis(100));
    let limits = GrpcLimits { connection_age: age, ..GrpcLimits::default() };
    let service = flux_net::grpc::chat_peer_service(node.flux.clone());
    let server = cluster.serve(Role::Chat, vec![service], limits).await;
    let proxy = super::support::proxy::Proxy::to(server.address).await;
    let sender = Sender::new(&cluster, PeerSettings::default());
    sender.links_to(&node, &proxy.url()).await;
    let (mut seq, mut good) = (0, Vec::new());
    while proxy.accepted() < 4 {
        seq += 1;
        if soon(sender.peers.send(node.id, envelope(reader.actor.user, seq))).await.is_ok() {
            good.push(seq);
        }
    }
    let arrived = received(&reader.outbox);
    assert_eq!(arrived, good, "nothing was lost, doubled or changed places");
    assert_eq!(good.len() as u64, seq, "nobody noticed");
}

#[tokio::test]
async fn connections_are_counted() {
    let cluster = Cluster::new();
    let limits = GrpcLimits { connections: 2, ..GrpcLimits::default() };
    let server = cluster.serve(Role::Status, Vec::new(), limits).await;
    let first = TcpStream::connect(server.address).await.unwrap();
    let _second = TcpStream::connect(server.address).await.unwrap();
    let third = TcpStream::connect(server.address).await.unwrap();
    let mut nothing = [0; 1];
    soon(third.readable()).await.unwrap();
    // Closed; the others were sent the beginning of HTTP/2.
    assert!(matches!(third.try_read(&mut nothing), Ok(0) | Err(_)));
    drop(first);
    soon(async {
        loop {
            let next = TcpStream::connect(server.address).await.unwrap();
            next.readable().await.unwrap();
            if let Ok(1) = next.try_read(&mut nothing) {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_not_waited_for() {
    let cluster = Cluster::new();
    let limits = GrpcLimits { handshake_timeout: Duration::from_millis(50), ..GrpcLimits::default() };
    let server = cluster.serve(Role::Status, vec![status(&cluster)], limits).await;
    let client = StatusClient::new(cluster.channel(&[server.url()], ChannelSettings::default()));
    client.overview().await.unwrap();
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    silent.write_all(b"PRI * HTTP/2.0").await.unwrap();
    let mut said = Vec::new();
    // What the server says first, and then no more.
    let _ = soon(silent.read_to_end(&mut said)).await;
    client.overview().await.unwrap();
}

#[tokio::test]
async fn a_message_that_is_too_long_is_refused_and_the_next_is_taken() {
    let cluster = Cluster::new();
    let limits = GrpcLimits { message_bytes: 1_000, ..GrpcLimits::default() };
    let server = cluster.serve(Role::Status, vec![status(&cluster)], limits).await;
    let client = StatusClient::new(cluster.channel(&[server.url()], ChannelSettings::default()));
    let many = vec![flux_core::UserId::try_from(uuid::Uuid::from_u128(1)).unwrap(); 100];
    assert!(client.look_up_presence(&many).await.is_err());
    assert_eq!(client.look_up_presence(&many[..2]).await.unwrap().len(), 2);
}
