//! Metrics with labels, each handle taken once.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use metrics::{Counter, Histogram};

use super::Metric;

/// The counters of one metric, by the values of its labels. Counting what was counted before allocates nothing.
#[derive(Debug)]
pub struct Counters<const N: usize>(Family<N, Counter>);

/// The histograms of one metric, by the values of its labels. Recording what was recorded before allocates nothing.
#[derive(Debug)]
pub struct Histograms<const N: usize>(Family<N, Histogram>);

#[derive(Debug)]
struct Family<const N: usize, H> {
    metric: Metric,
    known: RwLock<BTreeMap<[&'static str; N], H>>,
}

impl<const N: usize, H: Clone> Family<N, H> {
    const fn new(metric: Metric) -> Self {
        Self { metric, known: RwLock::new(BTreeMap::new()) }
    }

    fn with(&self, values: [&'static str; N], take: impl FnOnce(&Metric) -> H, act: impl FnOnce(&H)) {
        if let Some(handle) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&values) {
            return act(handle);
        }
        let handle = take(&self.metric);
        act(&handle);
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(values, handle);
    }
}

impl<const N: usize> Counters<N> {
    /// Of this metric.
    pub const fn new(metric: Metric) -> Self {
        Self(Family::new(metric))
    }

    /// Counts one.
    pub fn count(&self, values: [&'static str; N]) {
        self.add(values, 1);
    }

    /// Counts so many.
    pub fn add(&self, values: [&'static str; N], count: usize) {
        self.0.with(values, |metric| metric.counter_of(values), |counter| counter.increment(count as u64));
    }
}

impl<const N: usize> Histograms<N> {
    /// Of this metric.
    pub const fn new(metric: Metric) -> Self {
        Self(Family::new(metric))
    }

    /// Records a value.
    pub fn record(&self, values: [&'static str; N], value: impl metrics::IntoF64) {
        self.0.with(values, |metric| metric.histogram_of(values), |histogram| histogram.record(value));
    }
}
