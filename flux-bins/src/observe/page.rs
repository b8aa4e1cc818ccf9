//! The page that Prometheus reads.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use flux_net::serve::{ServeLimits, serve};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{metric, process};
use crate::failure::Failure;

/// How often what was recorded is put together, so that it stays small where nobody reads the page.
const UPKEEP: Duration = Duration::from_secs(5);

/// Bounds of the buckets of times, in seconds: from what memory takes to the deadline of every request.
const SECONDS: [f64; 14] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Bounds of the buckets of sizes of batches and queues.
const SIZES: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// What a process counts, and the page that shows it. Clones are the same.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    started: SystemTime,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// Counts for this process, from now on and for ever. What was put together before is not counted.
    ///
    /// # Errors
    /// If somebody counts already.
    pub fn install() -> Result<Self, Failure> {
        let (recorder, metrics) = Self::recorder()?;
        metrics::set_global_recorder(recorder).map_err(|_| Failure::new("metrics are recorded already"))?;
        metric::all().for_each(flux_core::observe::Metric::describe);
        Ok(metrics)
    }

    fn recorder() -> Result<(PrometheusRecorder, Self), Failure> {
        let buckets = |error| Failure::new(format!("buckets of metrics: {error}"));
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .map_err(buckets)?
            .set_buckets(&SIZES)
            .map_err(buckets)?
            .build_recorder();
        let handle = recorder.handle();
        Ok((recorder, Self { handle, started: SystemTime::now() }))
    }

    /// The page, in the text format of Prometheus.
    #[must_use]
    pub fn render(&self) -> String {
        let mut page = self.handle.render();
        process::write(&mut page, self.started);
        page
    }

    /// The route `/metrics`.
    #[must_use]
    pub fn router(&self) -> Router {
        let metrics = Arc::new(self.clone());
        let page = move || {
            let metrics = Arc::clone(&metrics);
            async move {
                let text = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
                (text, metrics.render()).into_response()
            }
        };
        Router::new().route("/metrics", get(page))
    }

    /// Keeps small what is recorded and not read. For ever: it is one of the tasks of a process.
    pub async fn upkeep(self) {
        loop {
            tokio::time::sleep(UPKEEP).await;
            self.handle.run_upkeep();
        }
    }
}

/// Serves `metrics` at `/metrics` on a listener of their own, beside whatever `others` serves, such as health, until
/// `shutdown`. Returns how many connections had not ended by then.
pub async fn serve_metrics(
    listener: TcpListener,
    metrics: Metrics,
    others: Router,
    shutdown: CancellationToken,
) -> usize {
    let router = others.merge(metrics.router());
    let serving = serve(listener, router, ServeLimits::default(), shutdown);
    tokio::select! {
        biased;
        left = serving => left,
        () = metrics.upkeep() => 0,
    }
}
