//! What the gate counts.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use axum::http::StatusCode;
use metrics::{Counter, Histogram};

use crate::observe::metric;

/// The handles of a gate, by route: one of those that the router has, never what a client made up.
#[derive(Debug, Default)]
pub(super) struct HttpMeters(RwLock<BTreeMap<String, Route>>);

#[derive(Debug, Default)]
struct Route {
    requests: BTreeMap<(&'static str, StatusCode), Counter>,
    times: BTreeMap<&'static str, Histogram>,
}

impl HttpMeters {
    /// A request was answered. What was counted before is counted again without allocating.
    pub(super) fn answered(&self, method: &'static str, route: &str, status: StatusCode, took: Duration) {
        {
            let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = routes.get(route)
                && let (Some(requests), Some(time)) =
                    (known.requests.get(&(method, status)), known.times.get(method))
            {
                requests.increment(1);
                time.record(took);
                return;
            }
        }
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let known = routes.entry(route.to_owned()).or_default();
        let labels = [method, route, status.as_str()].map(str::to_owned);
        known
            .requests
            .entry((method, status))
            .or_insert_with(|| metric::HTTP_REQUESTS.counter_of(labels))
            .increment(1);
        let labels = [method, route].map(str::to_owned);
        known.times.entry(method).or_insert_with(|| metric::HTTP_TIME.histogram_of(labels)).record(took);
    }
}
