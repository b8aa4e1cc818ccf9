//! Mutual TLS.

use std::sync::Arc;

use flux_core::ErrorCode;
use flux_core::Secret;
use flux_net::grpc::{
    ChannelSettings, Failure, GrpcLimits, InvalidEndpoint, Role, ServiceAuth, ServiceAuthBuilder,
    ServiceChannel, ServiceIdentity, ServiceTls, StatusClient,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use tokio::net::TcpListener;

use super::services::status;
use super::support::{Cluster, SECRET, Server, secret, soon};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate of `by` for this machine, good for `roles`; believes those of `believed`.
fn tls(by: &Authority, believed: &Authority, roles: &[&str]) -> ServiceTls {
    let key = KeyPair::generate().unwrap();
    let mut certificate =
        CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    for role in roles {
        let name = format!("urn:flux:role:{role}");
        certificate.subject_alt_names.push(SanType::URI(name.try_into().unwrap()));
    }
    let certificate = certificate.signed_by(&key, by).unwrap();
    ServiceTls::from_pem(&certificate.pem(), Secret::new(key.serialize_pem()), &believed.pem()).unwrap()
}

fn builder(cluster: &Cluster, role: Role) -> ServiceAuthBuilder {
    let identity = ServiceIdentity::new(role, "one").unwrap();
    ServiceAuth::builder(identity, Arc::new(cluster.clock.clone()), cluster.entropy.clone())
}

/// Asks for the overview, which every role may.
async fn ask(server: &Server, auth: &ServiceAuth) -> Result<usize, Failure> {
    let url = format!("https://127.0.0.1:{}", server.address.port());
    let channel = ServiceChannel::new(&[url], auth, ChannelSettings::default()).unwrap();
    soon(StatusClient::new(channel).overview()).await.map(|nodes| nodes.len())
}

async fn serving(cluster: &Cluster, auth: ServiceAuth) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Server::on(listener, vec![status(cluster)], auth, GrpcLimits::default())
}

/// Nothing came of it: the server was well and took no credentials, if it `refused`.
fn unavailable(refused: bool) -> Result<usize, Failure> {
    Err(Failure { code: ErrorCode::Unavailable, field: String::new(), retry_after: None, refused })
}

#[tokio::test]
async fn only_certificates_of_the_authority_are_believed_both_ways() {
    let cluster = Cluster::new();
    let (ours, theirs) = (authority(), authority());
    let server =
        serving(&cluster, builder(&cluster, Role::Status).tls(tls(&ours, &ours, &[])).build().unwrap()).await;
    let good = builder(&cluster, Role::Gate).tls(tls(&ours, &ours, &[])).build().unwrap();
    assert_eq!(ask(&server, &good).await, Ok(0));
    for (what, auth) in [
        ("a certificate of another authority", builder(&cluster, Role::Gate).tls(tls(&theirs, &ours, &[]))),
        ("a server of another authority", builder(&cluster, Role::Gate).tls(tls(&ours, &theirs, &[]))),
        ("no certificate, not even TLS", builder(&cluster, Role::Gate).secret(secret(SECRET))),
    ] {
        assert_eq!(ask(&server, &auth.build().unwrap()).await, unavailable(false), "{what}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_who_was_meant_is_not_believed() {
    let cluster = Cluster::new();
    let ours = authority();
    let server =
        serving(&cluster, builder(&cluster, Role::Status).tls(tls(&ours, &ours, &[])).build().unwrap()).await;
    for (name, answers) in [("localhost", true), ("flux.example.org", false)] {
        let tls = tls(&ours, &ours, &[]).with_server_name(name);
        let auth = builder(&cluster, Role::Gate).tls(tls).build().unwrap();
        assert_eq!(ask(&server, &auth).await.is_ok(), answers, "{name}");
    }
}

#[tokio::test]
async fn a_certificate_that_names_roles_is_good_for_those_alone() {
    let cluster = Cluster::new();
    let ours = authority();
    let server = serving(
        &cluster,
        builder(&cluster, Role::Status).tls(tls(&ours, &ours, &["status"])).build().unwrap(),
    )
    .await;
    for (roles, role, answers) in [
        (&["gate"][..], Role::Gate, true),
        (&["gate", "operator"][..], Role::Operator, true),
        (&["gate"][..], Role::Operator, false),
        (&[][..], Role::Operator, true),
    ] {
        let auth = builder(&cluster, role).tls(tls(&ours, &ours, roles)).build().unwrap();
        assert_eq!(ask(&server, &auth).await.is_ok(), answers, "{roles:?} as {role:?}");
    }
}

#[tokio::test]
async fn with_a_secret_as_well_both_are_wanted() {
    let cluster = Cluster::new();
    let ours = authority();
    let both =
        |role| builder(&cluster, role).tls(tls(&ours, &ours, &[])).secret(secret(SECRET)).build().unwrap();
    let server = serving(&cluster, both(Role::Status)).await;
    assert_eq!(ask(&server, &both(Role::Gate)).await, Ok(0));
    let certificate_alone = builder(&cluster, Role::Gate).tls(tls(&ours, &ours, &[])).build().unwrap();
    assert_eq!(ask(&server, &certificate_alone).await, unavailable(true));
}

#[test]
fn what_is_no_certificate_is_refused_at_once() {
    let (ours, key) = (authority(), KeyPair::generate().unwrap());
    let good = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &ours).unwrap();
    let other = KeyPair::generate().unwrap();
    for (certificate, key) in [
        ("", key.serialize_pem()),
        ("nonsense", key.serialize_pem()),
        (&good.pem(), String::new()),
        (&good.pem(), other.serialize_pem()),
    ] {
        assert!(ServiceTls::from_pem(certificate, Secret::new(key), &ours.pem()).is_err());
    }
}

#[test]
fn what_is_no_url_is_refused_at_once() {
    let cluster = Cluster::new();
    let auth = cluster.auth(Role::Gate, "one");
    for bad in [
        "",
        "status:50052",
        "ftp://status:50052",
        "http://",
        "http://user@status:1",
        "http://status:1/x",
        "http://a b",
    ] {
        let made = ServiceChannel::new(&[bad], &auth, ChannelSettings::default());
        assert!(matches!(made, Err(InvalidEndpoint::Url { .. })), "{bad}");
    }
    let none: [&str; 0] = [];
    assert!(matches!(
        ServiceChannel::new(&none, &auth, ChannelSettings::default()),
        Err(InvalidEndpoint::Nobody)
    ));
}
