//! The metrics of this crate, by name.

flux_core::metrics! {
    TRANSACTION_TIME: Histogram "flux_store_transaction_duration_seconds" ["backend", "outcome"] "time that transactions took, waiting for their turn not included";
    READ_TIME: Histogram "flux_store_read_duration_seconds" ["backend"] "time that reads outside of transactions took, waiting for a connection included";
    WAIT: Histogram "flux_store_wait_duration_seconds" ["backend"] "time that a transaction waited for its turn or connection";
    BUSY: Counter "flux_store_busy_total" ["backend"] "calls that got no turn or connection in time";
    RETRIES: Counter "flux_store_retries_total" ["backend", "reason"] "transactions that were run again";
    POOL: Gauge "flux_store_connections" ["backend", "state"] "open connections to the database, by whether they are in use";

    REDIS_CALLS: Counter "flux_redis_calls_total" ["outcome"] "calls of Redis";
    REDIS_TIME: Histogram "flux_redis_call_duration_seconds" [] "time that calls of Redis took, those that were refused at once not included";
    REDIS_UP: Gauge "flux_redis_up" [] "1 while Redis is asked, 0 while the breaker is open";
    REDIS_CONNECTS: Counter "flux_redis_connects_total" ["outcome"] "attempts to connect to Redis";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use flux_core::observe::MetricKind;

    use super::*;

    #[test]
    fn names_are_as_prometheus_wants_them() {
        let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len(), "each name once");
        for metric in ALL {
            assert!(metric.name.starts_with("flux_"), "{}", metric.name);
            assert_eq!(
                metric.name.ends_with("_total"),
                metric.kind == MetricKind::Counter,
                "{}",
                metric.name
            );
            assert_eq!(
                metric.name.ends_with("_seconds"),
                metric.kind == MetricKind::Histogram,
                "{}",
                metric.name
            );
        }
    }
}
