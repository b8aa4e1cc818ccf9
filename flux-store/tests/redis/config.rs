//! TLS, logins, and what errors tell of them.

use flux_core::Secret;
use flux_core::guard::LockStore;
use flux_store::redis::{Redis, RedisConfigError, RedisTopology};
use flux_store::servers::{RedisServer, RedisServerConfig};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::time::Duration;

use super::support::{at, config, folder, had, open, told};

async fn locked() -> (RedisServer, tempfile::TempDir) {
    let folder = folder();
    let config = RedisServerConfig::new(folder.path()).with_password(Secret::new("hunter2-right"));
    (had(RedisServer::start(config).await), folder)
}

#[tokio::test]
async fn the_password_of_the_url_opens_the_server() {
    let (server, _folder) = locked().await;
    let redis = open(&config(at(&server)));
    redis.ready().await.unwrap();
    assert!(redis.ports().locks.acquire("jobs", Duration::from_secs(9)).await.unwrap().is_some());
}

#[tokio::test]
async fn a76_a_refused_password_shows_in_no_error() {
    let (server, _folder) = locked().await;
    for url in [
        format!("redis://:hunter2-wrong@127.0.0.1:{}", server.port()),
        format!("redis://hunter2-user:hunter2-wrong@127.0.0.1:{}", server.port()),
        format!("redis://127.0.0.1:{}", server.port()),
    ] {
        let config = config(RedisTopology::Standalone { url: url.parse().unwrap() });
        let redis = open(&config);
        for _ in 0..2 {
            let error = redis.ready().await.unwrap_err();
            let text = format!("{} {config:?} {redis:?} {:?}", told(&error), redis.ports());
            assert!(!text.contains("hunter2"), "{text}");
            assert!(text.contains("WRONGPASS") || text.contains("NOAUTH"), "{text}");
        }
    }
}

#[tokio::test]
async fn tls_is_spoken_with_those_whose_authority_is_trusted() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    for (name, pem) in
        [("ca.pem", authority.pem()), ("server.pem", certificate.pem()), ("server.key", key.serialize_pem())]
    {
        std::fs::write(path(name), pem).unwrap();
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = RedisServerConfig::new(path("redis"))
        .with_setting(format!("tls-port {port}"))
        .with_setting(format!("tls-cert-file {}", path("server.pem").display()))
        .with_setting(format!("tls-key-file {}", path("server.key").display()))
        .with_setting(format!("tls-ca-cert-file {}", path("ca.pem").display()))
        .with_setting("tls-auth-clients no");
    let _server = had(RedisServer::start(settings).await);
    let url = format!("rediss://localhost:{port}");
    let mut config = config(RedisTopology::Standalone { url: url.parse().unwrap() });
    let stranger = open(&config).ready().await.unwrap_err();
    assert!(told(&stranger).contains("certificate"), "{}", told(&stranger));
    config.tls.roots = Some(authority.pem().into_bytes());
    open(&config).ready().await.unwrap();
    config.tls.identity = Some((b"no certificate".to_vec(), Secret::new("no key")));
    assert!(matches!(Redis::open(&config), Err(RedisConfigError::Refused(_))));
}
