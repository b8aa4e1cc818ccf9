//! Verify and status from another process: what they answer is what the core answers.

use std::sync::Arc;
use std::time::Duration;

use flux_core::account::{DisplayName, Email};
use flux_core::guard::ClientAddr;
use flux_core::mail::{DigestSender, Mail, MailContent, MailError, Mailer as _};
use flux_core::presence::{PresenceReader, PresenceState};
use flux_core::routing::{Balancer, BalancerSettings, LoadReports as _, Located, NodeChooser as _, NodeInfo};
use flux_core::verification::{Purpose, VerificationError, Verifier as _};
use flux_core::{ErrorCode, Generation, Ports, Secret, SessionId, Settings, UserId};
use flux_net::grpc::{
    ChannelSettings, GrpcLimits, Role, Service, StatusClient, StatusParts, VerifyClient, status_service,
    verify_service,
};
use flux_store::memory::MemoryMailer;
use futures_util::StreamExt as _;

use super::support::proxy::{Proxy, Way};
use super::support::{Cluster, Server, soon};

/// What `flux-status` serves.
pub(crate) fn status(cluster: &Cluster) -> Service {
    let ports = &cluster.ports;
    let balancer = Balancer::new(ports.registry.clone(), ports.clock.clone(), BalancerSettings::default());
    status_service(StatusParts {
        balancer: Arc::new(balancer),
        presence: PresenceReader::new(ports.durable.clone(), ports.directory.clone()),
        watches: 2,
    })
}

struct Verify {
    mailer: Arc<MemoryMailer>,
    client: VerifyClient,
    flux: flux_core::Flux,
    _server: Server,
}

async fn verify(cluster: &Cluster) -> Verify {
    let mailer = Arc::new(MemoryMailer::new());
    let ports = Ports { mailer: mailer.clone(), ..cluster.ports.clone() };
    let flux = flux_core::Flux::start(ports, Settings::default());
    let service = verify_service(flux.verification.clone(), mailer.clone());
    let server = cluster.serve(Role::Verify, vec![service], GrpcLimits::default()).await;
    let client = VerifyClient::new(cluster.channel(&[server.url()], ChannelSettings::default()));
    Verify { mailer, client, flux, _server: server }
}

impl Drop for Verify {
    fn drop(&mut self) {
        self.flux.stop();
    }
}

fn client() -> ClientAddr {
    ClientAddr::new("2001:db8:1:2:3:4:5:6".parse().unwrap())
}

fn email(text: &str) -> Email {
    Email::new(text).unwrap()
}

fn code_in(mail: &Mail) -> Secret {
    match &mail.content {
        MailContent::Code { code, .. } => code.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_code_is_mailed_taken_once_and_made_good_again() {
    let cluster = Cluster::new();
    let verify = verify(&cluster).await;
    let (ann, client) = (email("Ann@example.com"), client());
    let requested = verify.client.request(Purpose::Register, &ann, &client).await.unwrap();
    assert_eq!(requested.next_in, Duration::from_mins(1));
    let mail = verify.mailer.take().unwrap();
    assert_eq!(mail.to, ann);
    let code = code_in(&mail);

    let wrong = verify.client.redeem(Purpose::ResetPassword, &ann, &code, &client).await.unwrap_err();
    assert!(matches!(wrong, VerificationError::InvalidCode), "for another purpose");
    let redeemed = verify.client.redeem(Purpose::Register, &ann, &code, &client).await.unwrap();
    let used = verify.client.redeem(Purpose::Register, &ann, &code, &client).await.unwrap_err();
    assert!(matches!(used, VerificationError::InvalidCode));
    assert_eq!(used.field(), Some("code"));
    verify.client.restore(redeemed).await;
    assert!(verify.client.redeem(Purpose::Register, &ann, &code, &client).await.is_ok());
}

#[tokio::test]
async fn limits_are_told_with_how_long_to_wait() {
    let cluster = Cluster::new();
    let verify = verify(&cluster).await;
    let nonsense = Secret::new("none");
    let limited = soon(async {
        loop {
            let refused = verify
                .client
                .redeem(Purpose::Register, &email("a@b.co"), &nonsense, &client())
                .await
                .unwrap_err();
            if !matches!(refused, VerificationError::InvalidCode) {
                return refused;
            }
        }
    })
    .await;
    assert_eq!(limited.code(), ErrorCode::RateLimited);
    assert!(limited.retry_after().is_some_and(|wait| !wait.is_zero()));
    // The limit is the client's, not the gate's.
    let other = ClientAddr::new("192.0.2.9".parse().unwrap());
    let refused =
        verify.client.redeem(Purpose::Register, &email("a@b.co"), &nonsense, &other).await.unwrap_err();
    assert!(matches!(refused, VerificationError::InvalidCode));
}

#[tokio::test]
async fn other_mail_is_sent_and_codes_are_not() {
    let cluster = Cluster::new();
    let verify = verify(&cluster).await;
    let to = email("ann@example.com");
    let senders = vec![
        DigestSender { name: Some(DisplayName::new("Bob").unwrap()), messages: 3 },
        DigestSender { name: None, messages: 1 },
    ];
    let contents = [
        MailContent::AlreadyRegistered,
        MailContent::PasswordChanged,
        MailContent::EmailChanged,
        MailContent::AccountDeleted,
        MailContent::Digest { senders, others: 2, messages: 40, more: true },
    ];
    for (place, content) in contents.into_iter().enumerate() {
        let mail = Mail { to: to.clone(), content };
        let taken = if place % 2 == 0 {
            verify.client.send(mail.clone()).await
        } else {
            verify.client.deliver(mail.clone()).await
        };
        assert_eq!(taken, Ok(()));
        assert_eq!(verify.mailer.take(), Some(mail));
    }
    let code = MailContent::Code { code: Secret::new("123456"), purpose: Purpose::Register };
    assert!(matches!(
        verify.client.send(Mail { to: to.clone(), content: code }).await,
        Err(MailError::Failed(_))
    ));
    let notice = Mail { to, content: MailContent::PasswordChanged };
    let full = soon(async {
        loop {
            if let Err(error) = verify.client.send(notice.clone()).await {
                return error;
            }
        }
    })
    .await;
    assert_eq!(full, MailError::Full);
}

fn node_info(cluster: &Cluster, capacity: u32) -> NodeInfo {
    NodeInfo {
        node: cluster.node_id(),
        client_url: "ws://chat.example:8090/v1/chat".to_owned(),
        peer_url: "http://chat.example:50055".to_owned(),
        capacity,
        connections: 0,
        draining: false,
    }
}

#[tokio::test]
async fn nodes_report_are_chosen_and_shown() {
    let cluster = Cluster::new();
    let server = cluster.serve(Role::Status, vec![status(&cluster)], GrpcLimits::default()).await;
    let gate = StatusClient::new(cluster.channel(&[server.url()], ChannelSettings::default()));
    assert_eq!(gate.choose(&[]).await.unwrap(), None, "there is no node");

    let lease = Duration::from_mins(1);
    let mut nodes = [node_info(&cluster, 10), node_info(&cluster, 10)];
    nodes.sort_by_key(|info| info.node);
    let [small, mut large] = nodes;
    large.capacity = 1_000;
    for info in [&small, &large] {
        cluster.ports.registry.announce(info, lease).await.unwrap();
    }
    cluster.clock.advance(Duration::from_secs(1));
    assert_eq!(gate.overview().await.unwrap(), [small.clone(), large.clone()]);
    let chosen = gate.choose(&[]).await.unwrap().unwrap();
    assert_eq!(chosen, large);

    // The larger one says that it is about to stop. What it says, it says of itself.
    let auth = cluster.auth(Role::Chat, large.node);
    let channel =
        flux_net::grpc::ServiceChannel::new(&[server.url()], &auth, ChannelSettings::default()).unwrap();
    let draining = NodeInfo { draining: true, connections: 7, ..large.clone() };
    let lie = NodeInfo { node: small.node, ..draining.clone() };
    StatusClient::new(channel).report(&lie).await.unwrap();
    assert_eq!(gate.choose(&[]).await.unwrap(), Some(small.clone()));
    assert_eq!(gate.overview().await.unwrap(), [small, draining]);
}

#[tokio::test]
async fn presence_is_looked_up_and_watched() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let (alice, bobby, _) = cluster.friends(&node).await;
    let server = cluster.serve(Role::Status, vec![status(&cluster)], GrpcLimits::default()).await;
    let client = StatusClient::new(cluster.channel(&[server.url()], ChannelSettings::default()));
    let users = [bobby.user, alice.user];
    let seen = client.look_up_presence(&users).await.unwrap();
    assert_eq!(
        seen.iter().map(|p| (p.user, p.state)).collect::<Vec<_>>(),
        users.map(|u| (u, PresenceState::Offline))
    );

    let mut watch = client.watch_presence(&users).await.unwrap();
    assert_eq!(soon(watch.next()).await.unwrap().unwrap().len(), 2, "first all of them");
    let entry = Located {
        user: alice.user,
        session: SessionId::try_from(alice.session.as_uuid()).unwrap(),
        generation: Generation::new(1),
        node: node.id,
        away: true,
    };
    assert!(cluster.ports.directory.claim(entry).await.unwrap());
    let changed = soon(watch.next()).await.unwrap().unwrap();
    assert_eq!(
        changed.iter().map(|p| (p.user, p.state)).collect::<Vec<_>>(),
        [(alice.user, PresenceState::Away)]
    );

    let many: Vec<UserId> = (1..=501).map(|n| UserId::try_from(uuid::Uuid::from_u128(n)).unwrap()).collect();
    let refused = client.look_up_presence(&many).await.unwrap_err();
    assert_eq!((refused.code, refused.field.as_str()), (ErrorCode::WatchLimit, "user_ids"));
    let _second = client.watch_presence(&users).await.unwrap();
    assert_eq!(
        client.watch_presence(&users).await.unwrap_err().code,
        ErrorCode::Overloaded,
        "places are counted"
    );
}

#[tokio::test]
async fn f2_when_one_instance_hangs_or_is_gone_the_other_answers_and_is_remembered() {
    let cluster = Cluster::new();
    let servers = [
        cluster.serve(Role::Status, vec![status(&cluster)], GrpcLimits::default()).await,
        cluster.serve(Role::Status, vec![status(&cluster)], GrpcLimits::default()).await,
    ];
    let proxies = [Proxy::to(servers[0].address).await, Proxy::to(servers[1].address).await];
    let settings = ChannelSettings { patience: Duration::from_millis(200), ..ChannelSettings::default() };
    let client = StatusClient::new(cluster.channel(&[proxies[0].url(), proxies[1].url()], settings));
    client.overview().await.unwrap();
    assert_eq!((proxies[0].accepted(), proxies[1].accepted()), (1, 0));

    proxies[0].hold(Way::Out);
    client.overview().await.unwrap();
    assert_eq!(proxies[1].accepted(), 1, "the other one was asked");
    let before = proxies[0].accepted();
    for _ in 0..20 {
        client.overview().await.unwrap();
    }
    assert_eq!(proxies[0].accepted(), before, "and goes on being asked");

    proxies[0].open();
    proxies[1].cut();
    let [first, mut second] = servers;
    second.stop().await;
    client.overview().await.unwrap();
    drop(first);
}

#[tokio::test]
async fn a_report_reaches_every_instance() {
    let cluster = Cluster::new();
    let servers = [
        cluster.serve(Role::Status, vec![status(&cluster)], GrpcLimits::default()).await,
        cluster.serve(Role::Status, vec![status(&cluster)], GrpcLimits::default()).await,
    ];
    let info = node_info(&cluster, 10);
    cluster.ports.registry.announce(&info, Duration::from_mins(1)).await.unwrap();
    let auth = cluster.auth(Role::Chat, info.node);
    let urls = [servers[0].url(), servers[1].url()];
    let node = flux_net::grpc::ServiceChannel::new(&urls, &auth, ChannelSettings::default()).unwrap();
    let loaded = NodeInfo { connections: 5, ..info };
    StatusClient::new(node.clone()).report(&loaded).await.unwrap();
    for server in &servers {
        let gate = StatusClient::new(cluster.channel(&[server.url()], ChannelSettings::default()));
        assert_eq!(gate.overview().await.unwrap(), std::slice::from_ref(&loaded));
    }
    let [first, mut second] = servers;
    second.stop().await;
    StatusClient::new(node.clone()).report(&loaded).await.unwrap();
    drop(first);
}
