//! How a process tells others whether it is well.

use std::time::Duration;

use flux_net::grpc::{self, GrpcLimits, Service, ServiceAuth};
use flux_net::health::{self, Health};
use flux_net::serve::{ServeLimits, serve as listen_http};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::config::Config;
use crate::failure::Failure;
use crate::observe::{Metrics, serve_metrics};
use crate::process::{Parts, listen};

/// How often a process asks itself whether it is ready, for those that watch its health over gRPC.
const ASK: Duration = Duration::from_secs(1);

/// Serves figures and health on the listener that `metrics.listen` names, if it names one.
pub(crate) async fn serve(config: &Config, parts: &mut Parts, health: &Health) -> Result<(), Failure> {
    let text = &config.metrics.listen;
    if text.is_empty() {
        return Ok(());
    }
    let address = text.parse().map_err(|_| {
        Failure::new(format!("metrics.listen: {text:?} is no address with a port, such as 127.0.0.1:9090"))
    })?;
    let listener = listen(address, "--set metrics.listen=").await?;
    info!(metrics.addr = %listener.local_addr()?, "serving figures");
    let router = health::router(health.clone());
    match Metrics::installed() {
        Some(metrics) => {
            let serving = serve_metrics(listener, metrics, router, parts.stop());
            parts.run("the listener for figures", serving);
        }
        None => parts.run(
            "the listener for health",
            listen_http(listener, router, ServeLimits::default(), parts.stop()),
        ),
    }
    Ok(())
}

/// Whether the process is ready, as it changes.
pub(super) fn watch(parts: &mut Parts, health: Health) -> watch::Receiver<bool> {
    let (tell, ready) = watch::channel(false);
    parts.keep("the look at health", async move {
        loop {
            let now = health.ask().await.ready;
            tell.send_if_modified(|ready| std::mem::replace(ready, now) != now);
            tokio::time::sleep(ASK).await;
        }
    });
    ready
}

/// Serves gRPC until `stop`.
pub(super) async fn grpc(
    listener: TcpListener,
    services: Vec<Service>,
    auth: ServiceAuth,
    limits: GrpcLimits,
    stop: CancellationToken,
) {
    if let Err(error) = grpc::serve(listener, services, auth, limits, stop).await {
        error!(error = %error, cause = ?std::error::Error::source(&error), "gRPC is served no longer");
    }
}
