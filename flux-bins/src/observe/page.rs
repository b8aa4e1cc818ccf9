//! The page that Prometheus reads.

use std::sync::{Arc, OnceLock};
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

/// Those of this process: its recorder is one for the whole of it.
static INSTALLED: OnceLock<Metrics> = OnceLock::new();

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
        Ok(INSTALLED.get_or_init(|| metrics).clone())
    }

    /// What this process counts, if it counts.
    #[must_use]
    pub fn installed() -> Option<Self> {
        INSTALLED.get().cloned()
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use flux_core::observe::Metric;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    /// A page, read as strictly as the format is written: each name's help and type once and before its samples.
    struct Page {
        help: BTreeMap<String, String>,
        kinds: BTreeMap<String, String>,
        samples: BTreeMap<String, f64>,
    }

    impl Page {
        fn parse(text: &str) -> Self {
            let (mut help, mut kinds) = (BTreeMap::new(), BTreeMap::new());
            let mut samples = BTreeMap::new();
            assert!(text.ends_with('\n'));
            for line in text.lines().filter(|line| !line.is_empty()) {
                if let Some(rest) = line.strip_prefix("# HELP ") {
                    let (name, words) = rest.split_once(' ').unwrap();
                    assert_eq!(help.insert(name.to_owned(), words.to_owned()), None, "{name} twice");
                } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                    let (name, kind) = rest.split_once(' ').unwrap();
                    assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                    assert_eq!(kinds.insert(name.to_owned(), kind.to_owned()), None, "{name} twice");
                } else {
                    assert!(!line.starts_with('#'), "{line}");
                    let (series, value) = line.rsplit_once(' ').unwrap();
                    let name = series.split('{').next().unwrap();
                    let parts = ["", "_bucket", "_sum", "_count"];
                    let base = parts.iter().find_map(|part| {
                        let base = name.strip_suffix(part)?;
                        let whole =
                            part.is_empty() || kinds.get(base).is_some_and(|kind| kind == "histogram");
                        (whole && kinds.contains_key(base)).then_some(base)
                    });
                    let base = base.unwrap_or_else(|| panic!("{line} before its type"));
                    assert!(help.contains_key(base), "{line} without help");
                    if let Some((_, labels)) = series.split_once('{') {
                        assert!(
                            labels.strip_suffix('}').unwrap().split("\",").all(|pair| pair.contains("=\""))
                        );
                    }
                    let value: f64 = value.parse().unwrap();
                    assert_eq!(samples.insert(series.to_owned(), value), None, "{series} twice");
                }
            }
            Self { help, kinds, samples }
        }
    }

    fn recorded(work: impl FnOnce()) -> Metrics {
        let (recorder, metrics) = Metrics::recorder().unwrap();
        metrics::with_local_recorder(&recorder, || {
            metric::all().for_each(Metric::describe);
            work();
        });
        metrics
    }

    #[tokio::test]
    async fn the_page_has_each_metric_with_its_kind_its_help_and_what_was_counted() {
        let metrics = recorded(|| {
            for metric in metric::all().filter(|metric| !metric.name.starts_with("process_")) {
                let values = vec!["some"; metric.labels.len()];
                match (metric.kind, values.as_slice()) {
                    (flux_core::observe::MetricKind::Counter, []) => metric.counter().increment(3),
                    (flux_core::observe::MetricKind::Counter, [one]) => {
                        metric.counter_of([*one]).increment(3);
                    }
                    (flux_core::observe::MetricKind::Counter, [one, two]) => {
                        metric.counter_of([*one, *two]).increment(3);
                    }
                    (flux_core::observe::MetricKind::Counter, [one, two, three]) => {
                        metric.counter_of([*one, *two, *three]).increment(3);
                    }
                    _ => {}
                }
            }
            flux_core::observe::metric::COMMIT_TIME.histogram().record(0.003);
            flux_core::observe::metric::COMMIT_BATCH.histogram().record(17.0);
            flux_core::observe::metric::PEERS.gauge().set(2.0);
        });
        let text = metrics.render();
        let page = Page::parse(&text);
        let known: BTreeSet<_> = metric::all().map(|metric| metric.name).collect();
        for (name, kind) in &page.kinds {
            let metric = metric::all().find(|metric| metric.name == name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(page.help[name], metric.help, "{name}");
            assert_eq!(*kind, format!("{:?}", metric.kind).to_lowercase(), "{name}");
        }
        assert!(
            known.iter().filter(|name| name.ends_with("_total")).all(|name| page.kinds.contains_key(*name))
        );
        let sample =
            |series: &str| page.samples.get(series).copied().unwrap_or_else(|| panic!("{series}:\n{text}"));
        assert_eq!(sample("flux_messages_stored_total").to_bits(), 3.0_f64.to_bits());
        assert_eq!(sample("flux_peers").to_bits(), 2.0_f64.to_bits());
        assert_eq!(sample("flux_commit_duration_seconds_bucket{le=\"0.0025\"}").to_bits(), 0.0_f64.to_bits());
        assert_eq!(sample("flux_commit_duration_seconds_bucket{le=\"0.005\"}").to_bits(), 1.0_f64.to_bits());
        assert_eq!(sample("flux_commit_batch_writes_bucket{le=\"32\"}").to_bits(), 1.0_f64.to_bits());
        assert!(sample("process_start_time_seconds") > 1.7e9);
        assert!(sample(&format!("flux_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))) > 0.0);
        assert!(sample("flux_runtime_workers") >= 1.0);
        if cfg!(target_os = "linux") {
            assert!(sample("process_resident_memory_bytes") > 1e6);
            assert!(
                sample("process_open_fds") >= 3.0 && sample("process_max_fds") >= sample("process_open_fds")
            );
            assert!(sample("process_cpu_seconds_total") >= 0.0);
        }
    }

    #[tokio::test]
    async fn the_page_is_served_beside_what_else_the_listener_has() {
        let metrics = recorded(|| flux_core::observe::metric::STORED.counter().increment(1));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let others = Router::new().route("/healthz", get(|| async { "alive" }));
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(serve_metrics(listener, metrics, others, shutdown.clone()));
        for (path, expected) in [("/metrics", "flux_messages_stored_total 1"), ("/healthz", "alive")] {
            let mut socket = TcpStream::connect(address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(expected), "{answer}");
        }
        shutdown.cancel();
        assert_eq!(served.await.unwrap(), 0);
    }
}
