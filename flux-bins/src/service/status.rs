//! `flux-status`.

use std::sync::Arc;

use flux_core::presence::PresenceReader;
use flux_core::routing::{Balancer, BalancerSettings};
use flux_net::grpc::{self, StatusParts, status_service};
use flux_net::health::Health;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{announce, health};
use crate::compose::{self, Backends};
use crate::config::Config;
use crate::failure::Failure;
use crate::process::{GIVE_UP, Parts, Signals, listen, live};

/// How many watches of presence there may be at once, of 500 users each.
const WATCHES: usize = 64;

pub(super) async fn serve(config: &Config, signals: &mut Signals) -> Result<(), Failure> {
    let listener = listen(config.status.listen, "--set status.listen=").await?;
    let address = listener.local_addr()?;
    let backends = signals.or(Box::pin(Backends::open(config))).await?;
    let auth = backends.auth(config, grpc::Role::Status)?;
    let balancer = Arc::new(Balancer::new(
        Arc::clone(&backends.volatile.directory) as _,
        Arc::clone(&backends.clock),
        BalancerSettings::default(),
    ));
    let presence =
        PresenceReader::new(Arc::clone(&backends.mysql) as _, Arc::clone(&backends.volatile.directory) as _);

    let draining = CancellationToken::new();
    let asked = Health::new(Arc::clone(&backends.clock), draining.clone())
        .with_probe(backends.store_probe(false))
        .with_probe(backends.redis_probe());
    let mut parts = Parts::new();
    let ready = health::watch(&mut parts, asked.clone());
    parts.run(
        "the listener",
        health::grpc(
            listener,
            vec![status_service(StatusParts { balancer, presence, watches: WATCHES }).ready_when(ready)],
            auth,
            compose::grpc_limits(config),
            parts.stop(),
        ),
    );
    health::serve(config, &mut parts, &asked).await?;
    announce("status", &format!("http://{address}"))?;
    info!(grpc.addr = %address, "serving");
    // It keeps nothing of the database, in whatever epoch that is.
    live(signals, parts, std::future::pending(), config.shutdown.drain + GIVE_UP, async |parts| {
        draining.cancel();
        parts.finish().await;
        backends.close().await;
    })
    .await
}
