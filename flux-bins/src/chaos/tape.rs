//! What all clients did and saw, in one order: one lock, one clock.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use flux_client::Alarm;
use flux_history::{Checker, Counts, Event, Limits, Recorder, Report, What};

/// A history that grows, in a file, and is checked as it does.
pub(super) struct Tape {
    began: Instant,
    inner: Mutex<Inner>,
}

struct Inner {
    recorder: Recorder<BufWriter<File>>,
    checker: Checker,
    tally: Counts,
    number: u64,
    /// Why the file is not whole.
    broken: Option<io::Error>,
    /// What clients complained of by themselves.
    alarms: Vec<String>,
}

impl Tape {
    pub(super) fn new(path: &Path) -> io::Result<Self> {
        let recorder = Recorder::new(BufWriter::new(File::create(path)?));
        let checker = Checker::new(Limits::default());
        let inner = Inner {
            recorder,
            checker,
            tally: Counts::default(),
            number: 0,
            broken: None,
            alarms: Vec::new(),
        };
        Ok(Self { began: Instant::now(), inner: Mutex::new(inner) })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what somebody is about to do, or has seen.
    pub(super) fn note(&self, what: What<'static>) {
        let mut inner = self.lock();
        match what {
            What::Acked { .. } => inner.tally.acknowledged += 1,
            What::Got { .. } => inner.tally.given += 1,
            _ => {}
        }
        let at = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let event = Event { at, what };
        inner.checker.see(&event);
        if let Err(error) = inner.recorder.record(&event) {
            inner.broken.get_or_insert(error);
        }
    }

    /// A client noticed by itself that something is wrong with the server.
    pub(super) fn alarm(&self, session: &str, alarm: &Alarm) {
        self.lock().alarms.push(format!("{session}: {alarm:?}"));
    }

    /// What clients complained of so far.
    pub(super) fn alarms(&self) -> Vec<String> {
        self.lock().alarms.clone()
    }

    /// A number that is used once.
    pub(super) fn number(&self) -> u64 {
        let mut inner = self.lock();
        inner.number += 1;
        inner.number
    }

    /// How many messages were acknowledged and given so far.
    pub(super) fn so_far(&self) -> (u64, u64) {
        let inner = self.lock();
        (inner.tally.acknowledged, inner.tally.given)
    }

    /// What there is to find in it; the file is whole then.
    pub(super) fn finish(&self) -> io::Result<Report> {
        let mut inner = self.lock();
        inner.recorder.flush()?;
        if let Some(error) = inner.broken.take() {
            return Err(error);
        }
        Ok(std::mem::replace(&mut inner.checker, Checker::new(Limits::default())).finish())
    }
}
