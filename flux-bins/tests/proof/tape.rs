//! What all clients of a test did and saw, in one order.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use flux_history::{Checker, Event, Limits, Recorder, Report, What};
use tokio::sync::watch;

/// One lock, one clock.
pub(crate) struct Tape {
    began: Instant,
    inner: Mutex<Inner>,
    numbers: AtomicU64,
    epochs: Mutex<Vec<String>>,
    acked: watch::Sender<u64>,
    /// Where the history lies for whoever wants to look.
    pub(crate) path: PathBuf,
}

struct Inner {
    recorder: Recorder<File>,
    checker: Checker,
}

impl Tape {
    /// Empty, in a file of this name.
    pub(crate) fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.jsonl"));
        let recorder = Recorder::new(File::create(&path).unwrap());
        let inner = Inner { recorder, checker: Checker::new(Limits::default()) };
        Self {
            began: Instant::now(),
            inner: Mutex::new(inner),
            numbers: AtomicU64::new(0),
            epochs: Mutex::default(),
            acked: watch::Sender::new(0),
            path,
        }
    }

    /// Adds what somebody is about to do, or has seen.
    pub(crate) fn note(&self, what: What<'static>) {
        let acked = matches!(what, What::Acked { .. });
        let mut inner = self.inner.lock().unwrap();
        let at = u64::try_from(self.began.elapsed().as_micros()).unwrap();
        let event = Event { at, what };
        inner.recorder.record(&event).unwrap();
        inner.checker.see(&event);
        drop(inner);
        if acked {
            self.acked.send_modify(|acked| *acked += 1);
        }
    }

    /// A number that is used once.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Which life of the store this is: the first is "1". The typed client says which it is only where it is not the
    /// first one.
    pub(crate) fn life(&self, epoch: &str) -> String {
        let mut epochs = self.epochs.lock().unwrap();
        let known = epochs.iter().position(|known| known == epoch);
        let at = known.unwrap_or_else(|| {
            epochs.push(epoch.to_owned());
            epochs.len() - 1
        });
        (at + 1).to_string()
    }

    /// How many sends were acknowledged, to be waited on.
    pub(crate) fn acked(&self) -> watch::Receiver<u64> {
        self.acked.subscribe()
    }

    /// What there is to find in it.
    pub(crate) fn report(&self) -> Report {
        let mut inner = self.inner.lock().unwrap();
        inner.recorder.flush().unwrap();
        std::mem::replace(&mut inner.checker, Checker::new(Limits::default())).finish()
    }
}
