//! Who may call what, method by method.

use std::sync::Arc;

use flux_core::Clock as _;
use flux_core::presence::PresenceReader;
use flux_core::routing::{Balancer, BalancerSettings};
use flux_net::grpc::{
    GrpcLimits, NoProof, Reflection, Role, ServeError, ServiceAuth, ServiceIdentity, StatusParts,
    chat_peer_service, serve, status_service, verify_service,
};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use super::services::status;
use super::support::raw::{self, header};
use super::support::{Cluster, SECRET, Server, soon};

/// Who may call each method, written down a second time on purpose: a change of one is a change of both.
pub(crate) const CALLERS: [(&str, &[&str]); 14] = [
    ("/flux.v1.ChatPeerService/Link", &["chat", "gate"]),
    ("/flux.v1.ChatPeerService/Submit", &["gate"]),
    ("/flux.v1.ChatPeerService/Disconnect", &["gate", "operator"]),
    ("/flux.v1.VerifyService/RequestCode", &["gate", "chat"]),
    ("/flux.v1.VerifyService/RedeemCode", &["gate", "chat"]),
    ("/flux.v1.VerifyService/RestoreCode", &["gate", "chat"]),
    ("/flux.v1.VerifyService/SendMail", &["gate", "chat"]),
    ("/flux.v1.StatusService/Report", &["chat"]),
    ("/flux.v1.StatusService/ChooseNode", &["gate", "chat"]),
    ("/flux.v1.StatusService/LookUpPresence", &["gate", "chat", "operator"]),
    ("/flux.v1.StatusService/WatchPresence", &["gate", "chat", "operator"]),
    ("/flux.v1.StatusService/Overview", &["gate", "chat", "status", "verify", "operator"]),
    (
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        &["gate", "chat", "status", "verify", "operator"],
    ),
    (
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        &["gate", "chat", "status", "verify", "operator"],
    ),
];

/// The name of a caller that is a node.
pub(crate) const NODE: &str = "0188f0f0-c0de-7aaa-8bbb-ccccddddeeee";

/// A server with every service there is.
pub(crate) async fn everything(cluster: &Cluster, limits: GrpcLimits) -> (Server, super::support::Node) {
    let node = cluster.node().await;
    let ports = &cluster.ports;
    let balancer = Balancer::new(ports.registry.clone(), ports.clock.clone(), BalancerSettings::default());
    let status = StatusParts {
        balancer: Arc::new(balancer),
        presence: PresenceReader::new(ports.durable.clone(), ports.directory.clone()),
        watches: 0,
    };
    let services = vec![
        chat_peer_service(node.flux.clone()),
        verify_service(node.flux.verification.clone(), ports.mailer.clone()),
        status_service(status),
    ];
    (cluster.serve(Role::Chat, services, limits).await, node)
}

#[test]
fn every_method_is_in_the_matrix() {
    let files = prost_types::FileDescriptorSet::decode(flux_proto::v1::DESCRIPTORS).unwrap();
    let mut defined = 0;
    for file in &files.file {
        for service in &file.service {
            for method in &service.method {
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                assert!(CALLERS.iter().any(|(listed, _)| *listed == path), "{path}");
                defined += 1;
            }
        }
    }
    assert_eq!(defined + 2, CALLERS.len());
}

#[tokio::test]
async fn every_call_without_valid_credentials_is_refused() {
    let cluster = Cluster::new();
    let (server, _node) = everything(&cluster, GrpcLimits::default()).await;
    let channel = raw::channel(server.address).await;
    let this = raw::incarnation(channel.clone()).await;
    let now = cluster.clock.now().as_millis();
    let mut nonce = 0;
    for (path, callers) in CALLERS {
        let who = format!("{}:{NODE}", callers[0]);
        let other = CALLERS.iter().map(|(path, _)| *path).find(|other| *other != path).unwrap();
        let mut made = |secret: &str, at, path: &str| {
            nonce += 1;
            header(secret, &who, &this, at, nonce, path)
        };
        let good = made(SECRET, now, path);
        let (proof, mac) = good.rsplit_once(':').unwrap();
        let bad = [
            ("no credentials", None),
            ("empty", Some(String::new())),
            ("another scheme", Some("Bearer abc".to_owned())),
            ("only a name", Some(format!("Flux2 {who}"))),
            ("another secret", Some(made("Hq2Wd9Zx4Cv7Bn1Mk6Lj3Gf8Ds5Ap0Tr", now, path))),
            ("expired", Some(made(SECRET, now - 60_001, path))),
            ("from the future", Some(made(SECRET, now + 60_001, path))),
            ("of another method", Some(made(SECRET, now, other))),
            ("of another role", Some(good.replace(callers[0], "operator1"))),
            ("at another server", Some(good.replace(&this, "AAAAAAAAAAAAAAAAAAAAAA"))),
            ("of another node", Some(good.replace(NODE, "1188f0f0-c0de-7aaa-8bbb-ccccddddeeee"))),
            ("cut", Some(proof.to_owned())),
            ("with more", Some(format!("{proof}:{mac}:x"))),
        ];
        for (what, header) in bad {
            let headers: Vec<_> = header.iter().map(|header| ("authorization", header.as_str())).collect();
            let code = soon(raw::call(channel.clone(), path, &headers)).await;
            assert_eq!(code, Code::Unauthenticated, "{path}: {what}");
        }
        let twice = [("authorization", good.as_str()), ("authorization", good.as_str())];
        assert_eq!(soon(raw::call(channel.clone(), path, &twice)).await, Code::Unauthenticated);
    }
}

#[tokio::test]
async fn a_method_is_called_by_its_callers_alone_and_each_proof_is_good_once() {
    let cluster = Cluster::new();
    let (server, _node) = everything(&cluster, GrpcLimits::default()).await;
    let channel = raw::channel(server.address).await;
    let this = raw::incarnation(channel.clone()).await;
    let now = cluster.clock.now().as_millis();
    let mut nonce = 1_000;
    for (path, callers) in CALLERS {
        for role in Role::ALL.map(Role::as_str) {
            nonce += 1;
            let header = header(SECRET, &format!("{role}:{NODE}"), &this, now, nonce, path);
            let headers = [("authorization", header.as_str())];
            let code = soon(raw::call(channel.clone(), path, &headers)).await;
            if callers.contains(&role) {
                // An empty message may be refused for what is not in it; the caller was let through.
                assert!(
                    !matches!(code, Code::Unauthenticated | Code::PermissionDenied),
                    "{role} {path} {code}"
                );
            } else {
                assert_eq!(code, Code::PermissionDenied, "{role} {path}");
            }
            let again = soon(raw::call(channel.clone(), path, &headers)).await;
            assert_eq!(again, Code::Unauthenticated, "{path}: overheard");
        }
    }
    let path = "/flux.v1.NewService/Anything";
    let header = header(SECRET, "operator:me", &this, now, 1, path);
    let headers = [("authorization", header.as_str())];
    assert_eq!(soon(raw::call(channel, path, &headers)).await, Code::PermissionDenied);
}

#[tokio::test]
async fn a_node_speaks_for_itself_or_not_at_all() {
    let cluster = Cluster::new();
    let (server, _node) = everything(&cluster, GrpcLimits::default()).await;
    let channel = raw::channel(server.address).await;
    let this = raw::incarnation(channel.clone()).await;
    let now = cluster.clock.now().as_millis();
    for (nonce, path) in [(1, "/flux.v1.ChatPeerService/Link"), (2, "/flux.v1.StatusService/Report")] {
        let header = header(SECRET, "chat:somebody", &this, now, nonce, path);
        let code = soon(raw::call(channel.clone(), path, &[("authorization", &header)])).await;
        assert_eq!(code, Code::PermissionDenied, "not the name of a node");
    }
}

#[tokio::test]
async fn health_answers_everybody_and_reflection_nobody_where_it_is_off() {
    let cluster = Cluster::new();
    let limits = GrpcLimits { reflection: Reflection::Never, ..GrpcLimits::default() };
    let (server, _node) = everything(&cluster, limits).await;
    let channel = raw::channel(server.address).await;
    let code = soon(raw::call(channel.clone(), "/grpc.health.v1.Health/Check", &[])).await;
    assert_eq!(code, Code::Ok);
    let this = raw::incarnation(channel.clone()).await;
    let now = cluster.clock.now().as_millis();
    for (nonce, path) in [
        (1, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
        (2, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
    ] {
        let header = header(SECRET, "operator:me", &this, now, nonce, path);
        let code = soon(raw::call(channel.clone(), path, &[("authorization", &header)])).await;
        assert_eq!(code, Code::Unimplemented);
    }
}

#[tokio::test]
async fn a_former_secret_is_good_while_it_is_changed() {
    let cluster = Cluster::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let identity = ServiceIdentity::new(Role::Status, "s").unwrap();
    let auth = ServiceAuth::builder(identity, Arc::new(cluster.clock.clone()), cluster.entropy.clone())
        .secret(super::support::secret("Hq2Wd9Zx4Cv7Bn1Mk6Lj3Gf8Ds5Ap0Tr"))
        .former_secret(super::support::secret(SECRET))
        .build()
        .unwrap();
    let server = Server::on(listener, vec![status(&cluster)], auth, GrpcLimits::default());
    let path = "/flux.v1.StatusService/Overview";
    for (nonce, secret, code) in [
        (1, SECRET, Code::Ok),
        (2, "Hq2Wd9Zx4Cv7Bn1Mk6Lj3Gf8Ds5Ap0Tr", Code::Ok),
        (3, "Jr3Xe0Ay5Dw8Co2Nl7Mk4Hg9Et6Bq1Us", Code::Unauthenticated),
    ] {
        let channel = raw::channel(server.address).await;
        let this = raw::incarnation(channel.clone()).await;
        let header = header(secret, "operator:me", &this, cluster.clock.now().as_millis(), nonce, path);
        assert_eq!(soon(raw::call(channel, path, &[("authorization", &header)])).await, code);
    }
}

#[tokio::test]
async fn with_nothing_to_prove_who_calls_only_this_machine_is_served() {
    let cluster = Cluster::new();
    let builder = || {
        let identity = ServiceIdentity::new(Role::Status, "s").unwrap();
        ServiceAuth::builder(identity, Arc::new(cluster.clock.clone()), cluster.entropy.clone())
    };
    assert_eq!(builder().build().unwrap_err(), NoProof);
    let auth = builder().trust_loopback().build().unwrap();
    let everywhere = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused =
        soon(serve(everywhere, Vec::new(), auth.clone(), GrpcLimits::default(), CancellationToken::new()))
            .await;
    assert!(matches!(refused, Err(ServeError::Unprotected { .. })));

    let here = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::on(here, vec![status(&cluster)], auth, GrpcLimits::default());
    let path = "/flux.v1.StatusService/Overview";
    let channel = raw::channel(server.address).await;
    let code = soon(raw::call(channel.clone(), path, &[("authorization", "Flux2 operator:me")])).await;
    assert_eq!(code, Code::Ok);
    assert_eq!(
        soon(raw::call(channel, path, &[])).await,
        Code::Unauthenticated,
        "a name is wanted all the same"
    );
}

#[tokio::test]
async fn a76_nothing_shows_the_secret() {
    let cluster = Cluster::new();
    let auth = cluster.auth(Role::Gate, "gate-1");
    let channel =
        cluster.channel(&["http://127.0.0.1:1".to_owned()], flux_net::grpc::ChannelSettings::default());
    for shown in [format!("{auth:?}"), format!("{channel:?}")] {
        assert!(!shown.contains(&SECRET[..8]), "{shown}");
    }
}
