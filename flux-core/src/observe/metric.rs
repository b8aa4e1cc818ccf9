//! The metrics of this crate, by name.

use metrics::{Counter, Gauge, Histogram, Label, SharedString, Unit};

/// What a metric measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It comes and goes.
    Gauge,
    /// How often which values were seen.
    Histogram,
}

/// A metric: its name, its labels and what it means. Taking a handle registers it with the recorder of the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// As Prometheus has it: the unit at its end, `_total` for counters.
    pub name: &'static str,
    /// What it measures.
    pub kind: MetricKind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// One line for people.
    pub help: &'static str,
}

impl Metric {
    /// Tells the recorder what it means.
    pub fn describe(&self) {
        let unit = if self.name.ends_with("_seconds") {
            Unit::Seconds
        } else if self.name.contains("_bytes") {
            Unit::Bytes
        } else {
            Unit::Count
        };
        match self.kind {
            MetricKind::Counter => metrics::describe_counter!(self.name, unit, self.help),
            MetricKind::Gauge => metrics::describe_gauge!(self.name, unit, self.help),
            MetricKind::Histogram => metrics::describe_histogram!(self.name, unit, self.help),
        }
    }

    /// The counter of this name, which has no labels.
    pub fn counter(&self) -> Counter {
        metrics::counter!(self.name)
    }

    /// The counter with these values of its labels.
    pub fn counter_of<V: Into<SharedString>, const N: usize>(&self, values: [V; N]) -> Counter {
        metrics::counter!(self.name, self.labelled(values))
    }

    /// The gauge of this name, which has no labels.
    pub fn gauge(&self) -> Gauge {
        metrics::gauge!(self.name)
    }

    /// The gauge with these values of its labels.
    pub fn gauge_of<V: Into<SharedString>, const N: usize>(&self, values: [V; N]) -> Gauge {
        metrics::gauge!(self.name, self.labelled(values))
    }

    /// The histogram of this name, which has no labels.
    pub fn histogram(&self) -> Histogram {
        metrics::histogram!(self.name)
    }

    /// The histogram with these values of its labels.
    pub fn histogram_of<V: Into<SharedString>, const N: usize>(&self, values: [V; N]) -> Histogram {
        metrics::histogram!(self.name, self.labelled(values))
    }

    fn labelled<V: Into<SharedString>, const N: usize>(&self, values: [V; N]) -> Vec<Label> {
        debug_assert_eq!(self.labels.len(), N, "{}: one value for each label", self.name);
        self.labels.iter().zip(values).map(|(name, value)| Label::new(*name, value)).collect()
    }
}

/// Declares metrics, each a constant, and `ALL`, the list of them.
///
/// ```
/// flux_core::metrics! {
///     BIRDS: Counter "aviary_birds_total" ["colour"] "birds that were seen";
/// }
/// assert_eq!(ALL, [BIRDS]);
/// ```
#[macro_export]
macro_rules! metrics {
    ($($constant:ident: $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $help, ".")]
            pub const $constant: $crate::observe::Metric = $crate::observe::Metric {
                name: $name,
                kind: $crate::observe::MetricKind::$kind,
                labels: &[$($label),*],
                help: $help,
            };
        )*
        /// Every metric that is declared here.
        pub const ALL: &[$crate::observe::Metric] = &[$($constant),*];
    };
}

crate::metrics! {
    CONNECTED: Gauge "flux_connected_sessions" [] "sessions that are connected to this node";
    CUT_OFF: Counter "flux_cut_off_total" ["reason"] "connections that the core told to close";
    OUTBOX: Histogram "flux_outbox_events" [] "events that waited for a connection when its writer came for them";
    PUSHES: Counter "flux_pushes_total" ["kind"] "events queued to connections of this node";
    PUSH_DROPS: Counter "flux_push_drops_total" ["reason"] "events that were not queued to a connection or a node";

    STORED: Counter "flux_messages_stored_total" [] "messages stored by this node";
    REPEATED: Counter "flux_messages_repeated_total" [] "sends of a message that was stored already";
    REFUSED: Counter "flux_messages_refused_total" ["code"] "messages that group commit refused or could not commit";
    CURSORS: Counter "flux_cursor_moves_total" [] "cursors that moved";
    CLAIMS: Counter "flux_session_claims_total" [] "sessions given to a new connection";
    FENCED: Counter "flux_fenced_writes_total" ["reason"] "writes refused because the session ended or is another connection's";
    COMMIT_BATCH: Histogram "flux_commit_batch_writes" [] "writes in one batch of group commit";
    COMMIT_TIME: Histogram "flux_commit_duration_seconds" [] "time that a batch took to commit";
    COMMIT_FAILURES: Counter "flux_commit_failures_total" [] "batches of which it is not known whether they were committed";
    COMMIT_QUEUE: Gauge "flux_commit_queue_writes" [] "writes that wait for the next batch";

    PEERS: Gauge "flux_peers" [] "other chat nodes that live, as the registry says";
    ENVELOPES: Counter "flux_peer_envelopes_total" ["outcome"] "batches of notices handed to other nodes";
    ENVELOPE_TIME: Histogram "flux_peer_envelope_duration_seconds" [] "time until another node acknowledged a batch of notices";
    NOTICES_OUT: Counter "flux_peer_notices_sent_total" [] "notices in the batches that were handed to other nodes";
    NOTICES_IN: Counter "flux_peer_notices_received_total" [] "notices that other nodes sent";
    LOOKUPS: Counter "flux_directory_lookups_total" ["outcome"] "questions to the directory where users are";
    LOOKUP_TIME: Histogram "flux_directory_lookup_duration_seconds" [] "time that the directory took to answer";
    PLACES: Counter "flux_directory_users_total" ["source"] "users to be found for a push";

    REPAIRS: Counter "flux_repairs_total" [] "connections that repair told of what they had not been sent";
    REPAIR_ROUNDS: Counter "flux_repair_rounds_total" ["outcome"] "rounds of repair";
    OFFLINE_NOTICES: Counter "flux_offline_notices_total" ["channel", "outcome"] "notices for people who are away, by what became of them";
    LEASES: Counter "flux_lease_renewals_total" ["outcome"] "renewals of this node's lease";
    REVOCATION_READS: Counter "flux_revocation_reads_total" ["outcome"] "reads of the durable revocations";
    REVOCATIONS_READ_AT: Gauge "flux_revocations_read_timestamp_seconds" [] "when the revocations were last read, in seconds since 1970";
    MUTED: Gauge "flux_content_held_back" [] "1 while nothing that people wrote is pushed, because revocations cannot be read";
    CACHE_READS: Counter "flux_cache_reads_total" ["kind", "outcome"] "what was looked for in the cache of users";
    CACHE_FILLS: Counter "flux_cache_fills_total" ["kind", "outcome"] "what was read from the store to be kept in the cache of users";
    CACHE_FORGETS: Counter "flux_cache_forgets_total" ["kind", "outcome"] "what changed and had to leave the cache of users";
    RATE_LIMITED: Counter "flux_rate_limited_total" ["action"] "actions refused because there were too many";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_as_prometheus_wants_them() {
        let names: BTreeSet<_> = ALL.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), ALL.len(), "each name once");
        for metric in ALL {
            assert!(metric.name.starts_with("flux_"), "{}", metric.name);
            assert!(metric.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", metric.name);
            assert_eq!(
                metric.name.ends_with("_total"),
                metric.kind == MetricKind::Counter,
                "{}",
                metric.name
            );
            assert!(!metric.help.ends_with('.') && !metric.help.is_empty(), "{}", metric.name);
        }
    }
}
