//! What the chat of a node counts.

use std::time::Duration;

use flux_core::observe::{Counters, Histograms};
use metrics::{Counter, Gauge};

use crate::observe::metric;

/// The handles of a chat.
#[derive(Debug)]
pub(super) struct ChatMeters {
    hellos: Counters<1>,
    closes: Counters<1>,
    commands: Counters<2>,
    command_time: Histograms<1>,
    refused: Counters<1>,
    draining: Gauge,
    frames: [Counter; 2],
    bytes: [Counter; 2],
}

impl ChatMeters {
    pub(super) fn new() -> Self {
        Self {
            hellos: Counters::new(metric::HELLOS),
            closes: Counters::new(metric::CLOSES),
            commands: Counters::new(metric::COMMANDS),
            command_time: Histograms::new(metric::COMMAND_TIME),
            refused: Counters::new(metric::ADMISSIONS_REFUSED),
            draining: metric::DRAINING.gauge(),
            frames: ["in", "out"].map(|direction| metric::FRAMES.counter_of([direction])),
            bytes: ["in", "out"].map(|direction| metric::FRAME_BYTES.counter_of([direction])),
        }
    }

    pub(super) fn refused(&self, code: &'static str) {
        self.refused.count([code]);
    }

    /// A hello was answered; the outcome is `welcome`, or the code of the refusal.
    pub(super) fn hello(&self, outcome: &'static str) {
        self.hellos.count([outcome]);
    }

    /// A connection ended; `None` if the peer was gone first.
    pub(super) fn closed(&self, code: Option<&'static str>) {
        self.closes.count([code.unwrap_or("gone")]);
    }

    /// A command was answered; the outcome is `ok`, or the code of the refusal.
    pub(super) fn answered(&self, command: &'static str, outcome: &'static str, took: Duration) {
        self.commands.count([command, outcome]);
        self.command_time.record([command], took);
    }

    /// A command was answered at once.
    pub(super) fn answered_at_once(&self, command: &'static str, outcome: &'static str) {
        self.commands.count([command, outcome]);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.frames[0].increment(1);
        self.bytes[0].increment(bytes as u64);
    }

    /// The counters of frames and bytes that are written.
    pub(super) fn written(&self) -> (Counter, Counter) {
        (self.frames[1].clone(), self.bytes[1].clone())
    }

    pub(super) fn draining(&self) {
        self.draining.set(1.0);
    }
}
