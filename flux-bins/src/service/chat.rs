//! `flux-chat`.

use flux_core::{Flux, Role};
use flux_net::chat::{ChatParts, ChatServer};
use flux_net::grpc::{self, chat_peer_service};
use flux_net::health::{self as readiness, Health};
use flux_net::serve::serve as listen_http;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{announce, health, tokens};
use crate::compose::{self, Backends, Services};
use crate::config::Config;
use crate::failure::Failure;
use crate::process::{GIVE_UP, Parts, Signals, allow, drain_window, listen, live, other_epoch};

pub(super) async fn serve(config: &Config, signals: &mut Signals) -> Result<(), Failure> {
    let listener = listen(config.chat.listen, "--set chat.listen=").await?;
    let peer_listener = listen(config.chat.peer_listen, "--set chat.peer_listen=").await?;
    let (address, peer_address) = (listener.local_addr()?, peer_listener.local_addr()?);
    allow(config.limits.connections);
    let backends = signals.or(Box::pin(Backends::open(config))).await?;
    let node = backends.node;
    let auth = backends.auth(config, grpc::Role::Chat)?;
    let services = Services::new(config, &auth)?;

    let mut settings = compose::cluster_domain(config);
    (settings.role, settings.node) = (Role::Node, Some(node));
    let base = if config.chat.public_url.is_empty() {
        format!("ws://{address}")
    } else {
        config.chat.public_url.clone()
    };
    settings.client_url = format!("{base}/v1/chat");
    settings.peer_url = if config.chat.peer_url.is_empty() {
        format!("http://{peer_address}")
    } else {
        config.chat.peer_url.clone()
    };
    let flux = Flux::start(compose::ports(config, &backends, &services, false)?, settings);
    let tokens = tokens(config, &*backends.entropy)?;
    let chat = ChatServer::new(ChatParts { flux: flux.clone(), tokens }, compose::chat(config));

    let draining = CancellationToken::new();
    let asked = Health::of(&flux, draining.clone()).with_probe(backends.redis_probe());
    let mut parts = Parts::new();
    let router = chat.router().merge(readiness::router(asked.clone()));
    parts.run("the listener", listen_http(listener, router, compose::listener(config), parts.stop()));
    let ready = health::watch(&mut parts, asked.clone());
    // Peers are heard until every client has left: what they send is for those that are still here.
    let peers_stop = CancellationToken::new();
    parts.run(
        "the listener for peers",
        health::grpc(
            peer_listener,
            vec![chat_peer_service(flux.clone()).ready_when(ready)],
            auth,
            compose::grpc_limits(config),
            peers_stop.clone(),
        ),
    );
    health::serve(config, &mut parts, &asked).await?;
    announce("chat", &format!("ws://{address}/v1/chat"))?;
    info!(chat.addr = %address, peer.addr = %peer_address, node.id = %node, "serving");
    live(signals, parts, other_epoch(&flux), config.shutdown.drain + GIVE_UP, async |parts| {
        draining.cancel();
        chat.drain(drain_window(config.shutdown.drain, chat.status().connections)).await;
        if let Err(error) = flux.lease.withdraw().await {
            tracing::warn!(%error, "the registry did not hear of the end; the lease runs out by itself");
        }
        peers_stop.cancel();
        parts.finish().await;
        flux.stop();
        backends.close().await;
    })
    .await
}
