//! `flux-gate`.

use std::sync::Arc;

use flux_core::{Flux, Role};
use flux_net::gate::{self, GateParts};
use flux_net::grpc;
use flux_net::serve::serve as listen_http;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{announce, health, tokens};
use crate::compose::{self, Backends, Services};
use crate::config::Config;
use crate::failure::Failure;
use crate::process::{GIVE_UP, Parts, Signals, listen, live, other_epoch};

pub(super) async fn serve(config: &Config, signals: &mut Signals) -> Result<(), Failure> {
    let listener = listen(config.http.listen, "--set http.listen=").await?;
    let address = listener.local_addr()?;
    let backends = signals.or(Box::pin(Backends::open(config))).await?;
    let node = backends.node;
    let auth = backends.auth(config, grpc::Role::Gate)?;
    let services = Services::new(config, &auth)?;
    let mut settings = compose::cluster_domain(config);
    (settings.role, settings.node) = (Role::Front, Some(node));
    let flux = Flux::start(compose::ports(config, &backends, &services, true)?, settings);
    let tokens = tokens(config, &*backends.entropy)?;

    let draining = CancellationToken::new();
    let router = GateParts::new(flux.clone(), Arc::clone(&tokens))
        .with_config(compose::gate(config))
        .with_probe(backends.redis_probe())
        .with_probe(services.status_probe())
        .with_probe(services.verify_probe())
        .with_draining(draining.clone());
    let mut parts = Parts::new();
    parts.run(
        "the listener",
        listen_http(listener, gate::router(router), compose::listener(config), parts.stop()),
    );
    parts.keep(
        "the rotation of keys",
        compose::rotate_keys(
            tokens,
            compose::token_file(config),
            config.sessions.key_rotation,
            Arc::clone(&backends.clock),
            Arc::clone(&backends.entropy),
        ),
    );
    // The same answer as the gate's own.
    let asked = flux_net::health::Health::of(&flux, draining.clone())
        .with_probe(backends.redis_probe())
        .with_probe(services.status_probe())
        .with_probe(services.verify_probe());
    health::serve(config, &mut parts, &asked).await?;
    announce("gate", &format!("http://{address}"))?;
    info!(http.addr = %address, node.id = %node, "serving");
    live(signals, parts, other_epoch(&flux), config.shutdown.drain + GIVE_UP, async |parts| {
        draining.cancel();
        parts.finish().await;
        flux.stop();
        backends.close().await;
    })
    .await
}
