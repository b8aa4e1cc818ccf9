//! Every call ends in time, whatever the other side does.

use std::time::Duration;

use flux_core::account::Email;
use flux_core::guard::ClientAddr;
use flux_core::mail::{Mail, MailContent, MailError, Mailer as _};
use flux_core::message::{Destination, MessageSender as _, MessageText};
use flux_core::routing::{LoadReports as _, NodeChooser as _, PeerTransport as _};
use flux_core::verification::{CodeKey, CodeMac, Purpose, RedeemedCode, Redemption, Verifier as _};
use flux_core::{ErrorCode, Secret};
use flux_net::grpc::{
    BreakerSettings, ChannelSettings, GrpcPeers, PeerSettings, Role, StatusClient, VerifyClient,
};
use tokio::net::TcpListener;

use super::support::{Cluster, soon};

/// Takes connections and says nothing.
async fn silence() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

fn hasty() -> ChannelSettings {
    let breaker = BreakerSettings { failures: u32::MAX, ..BreakerSettings::default() };
    ChannelSettings { deadline: Duration::from_millis(100), breaker, ..ChannelSettings::default() }
}

#[tokio::test]
async fn f5_every_call_of_a_service_that_says_nothing_ends_by_its_deadline() {
    let cluster = Cluster::new();
    let (_listener, url) = silence().await;
    let verify = VerifyClient::new(cluster.channel(std::slice::from_ref(&url), hasty()));
    let (ann, client) =
        (Email::new("ann@example.com").unwrap(), ClientAddr::new("192.0.2.1".parse().unwrap()));
    let code = Secret::new("123456");
    let late = soon(verify.request(Purpose::Register, &ann, &client)).await.unwrap_err();
    assert_eq!(late.code(), ErrorCode::Timeout);
    let late = soon(verify.redeem(Purpose::Register, &ann, &code, &client)).await.unwrap_err();
    assert_eq!(late.code(), ErrorCode::Timeout);
    let key = CodeKey::new(Purpose::Register, &ann);
    let code = RedeemedCode { mac: CodeMac::new([1; 32]), remaining: Duration::from_secs(1), tries_left: 1 };
    soon(verify.restore(Redemption { key, code })).await;
    let mail = Mail { to: ann, content: MailContent::PasswordChanged };
    assert!(matches!(soon(verify.send(mail.clone())).await, Err(MailError::Failed(_))));
    assert!(matches!(soon(verify.deliver(mail)).await, Err(MailError::Failed(_))));

    let status = StatusClient::new(cluster.channel(std::slice::from_ref(&url), hasty()));
    let timeout = ErrorCode::Timeout;
    assert_eq!(soon(status.overview()).await.unwrap_err().code, timeout);
    assert_eq!(soon(status.look_up_presence(&[])).await.unwrap_err().code, timeout);
    assert_eq!(soon(status.watch_presence(&[])).await.unwrap_err().code, timeout);
    assert_eq!(soon(status.choose(&[])).await.unwrap_err().code(), ErrorCode::Unavailable);
    let node = cluster.node().await;
    assert_eq!(soon(status.report(&node.info(""))).await.unwrap_err().code(), ErrorCode::Unavailable);

    let (alice, bobby, _) = cluster.friends(&node).await;
    let settings = PeerSettings { channel: hasty(), ..PeerSettings::default() };
    let gate = GrpcPeers::new(cluster.auth(Role::Gate, cluster.node_id()), settings);
    gate.know(&[node.info(&url)]);
    let (client, text) = (gate.submit_client(), MessageText::new("hello").unwrap());
    let sending = client.send(alice, Destination::User(bobby.user), cluster.message_id(), text);
    assert_eq!(soon(sending).await.unwrap_err().code(), timeout);
    assert!(soon(gate.send(node.id, flux_core::routing::Envelope::default())).await.is_err());
}

#[tokio::test]
async fn an_instance_that_does_not_answer_is_left_alone_for_a_while() {
    let cluster = Cluster::new();
    let (listener, url) = silence().await;
    let breaker = BreakerSettings { failures: 3, pause: Duration::from_hours(1) };
    let status = StatusClient::new(cluster.channel(&[url], ChannelSettings { breaker, ..hasty() }));
    for _ in 0..3 {
        assert_eq!(soon(status.overview()).await.unwrap_err().code, ErrorCode::Timeout);
    }
    for _ in 0..3 {
        listener.accept().await.unwrap();
    }
    assert_eq!(
        soon(status.overview()).await.unwrap_err().code,
        ErrorCode::Unavailable,
        "it is not even asked"
    );
    assert!(futures_util::FutureExt::now_or_never(listener.accept()).is_none());
}

#[tokio::test]
async fn nobody_there_is_told_as_unavailable() {
    let cluster = Cluster::new();
    let (listener, url) = silence().await;
    drop(listener);
    let status = StatusClient::new(cluster.channel(&[url], ChannelSettings::default()));
    assert_eq!(soon(status.overview()).await.unwrap_err().code, ErrorCode::Unavailable);
}
