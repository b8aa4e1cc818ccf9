//! What routing counts.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};

use super::{CloseReason, PeerError};
use crate::observe::{Counters, metric};
use crate::time::DeadlineExceeded;

/// The handles of a hub.
#[derive(Debug)]
pub(super) struct HubMeters {
    connected: Gauge,
    muted: Gauge,
    pushes: Counters<1>,
    drops: Counters<1>,
    cut_off: Counters<1>,
}

impl Default for HubMeters {
    fn default() -> Self {
        Self {
            connected: metric::CONNECTED.gauge(),
            muted: metric::MUTED.gauge(),
            pushes: Counters::new(metric::PUSHES),
            drops: Counters::new(metric::PUSH_DROPS),
            cut_off: Counters::new(metric::CUT_OFF),
        }
    }
}

impl HubMeters {
    /// Of one user there were `before` connections, and are `now`.
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 connections")]
    pub(super) fn connected(&self, before: usize, now: usize) {
        self.connected.increment(now as f64 - before as f64);
    }

    pub(super) fn muted(&self, muted: bool) {
        self.muted.set(if muted { 1.0 } else { 0.0 });
    }

    pub(super) fn pushed(&self, kind: &'static str) {
        self.pushes.count([kind]);
    }

    pub(super) fn dropped(&self, reason: &'static str) {
        self.drops.count([reason]);
    }

    /// An outbox had no room: its reader is cut off.
    pub(super) fn overflowed(&self) {
        self.drops.count(["full"]);
        self.cut_off(CloseReason::SlowReader);
    }

    pub(super) fn cut_off(&self, reason: CloseReason) {
        let reason = match reason {
            CloseReason::SlowReader => "slow_reader",
            CloseReason::Superseded => "superseded",
            CloseReason::SessionEnded(_) => "session_ended",
            CloseReason::Draining => "draining",
        };
        self.cut_off.count([reason]);
    }
}

/// The handles of the way to other nodes.
#[derive(Debug)]
pub(super) struct RemoteMeters {
    lookups: Counters<1>,
    lookup_time: Histogram,
    places: Counters<1>,
    drops: Counters<1>,
}

impl RemoteMeters {
    pub(super) fn new() -> Self {
        Self {
            lookups: Counters::new(metric::LOOKUPS),
            lookup_time: metric::LOOKUP_TIME.histogram(),
            places: Counters::new(metric::PLACES),
            drops: Counters::new(metric::PUSH_DROPS),
        }
    }

    /// So many users were to be found, and of so many the directory is asked.
    pub(super) fn looked(&self, users: usize, unknown: usize) {
        self.places.add(["cache"], users - unknown);
        self.places.add(["directory"], unknown);
    }

    pub(super) fn asked(&self, answered: bool, took: Duration) {
        self.lookups.count([if answered { "answered" } else { "failed" }]);
        self.lookup_time.record(took);
    }

    /// A lane has no room for a notice.
    pub(super) fn lane_full(&self) {
        self.drops.count(["peer_full"]);
    }
}

/// The handles of the lane to one node.
#[derive(Debug)]
pub(super) struct LaneMeters {
    envelopes: Counters<1>,
    notices: Counter,
    time: Histogram,
}

impl LaneMeters {
    pub(super) fn new() -> Self {
        Self {
            envelopes: Counters::new(metric::ENVELOPES),
            notices: metric::NOTICES_OUT.counter(),
            time: metric::ENVELOPE_TIME.histogram(),
        }
    }

    pub(super) fn sent(
        &self,
        notices: usize,
        sent: &Result<Result<(), PeerError>, DeadlineExceeded>,
        took: Duration,
    ) {
        self.notices.increment(notices as u64);
        self.time.record(took);
        self.envelopes.count([match sent {
            Ok(Ok(())) => "acknowledged",
            Ok(Err(PeerError::Unreachable)) => "unreachable",
            Ok(Err(PeerError::Full)) => "full",
            Err(_) => "unconfirmed",
        }]);
    }
}

/// The handles of a router.
#[derive(Debug)]
pub(super) struct RouterMeters {
    peers: Gauge,
    received: Counter,
    drops: Counters<1>,
}

impl RouterMeters {
    pub(super) fn new() -> Self {
        Self {
            peers: metric::PEERS.gauge(),
            received: metric::NOTICES_IN.counter(),
            drops: Counters::new(metric::PUSH_DROPS),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^52 nodes")]
    pub(super) fn peers(&self, live: usize) {
        self.peers.set(live as f64);
    }

    pub(super) fn received(&self, notices: usize) {
        self.received.increment(notices as u64);
    }

    /// The queue to other nodes has no room for a notice.
    pub(super) fn queue_full(&self) {
        self.drops.count(["remote_full"]);
    }
}
