//! What sends the queue.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use flux_core::Clock;
use flux_core::observe::Counters;
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use metrics::Histogram;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::observe::{Place, metric};

/// A mail on its way.
pub(super) struct Job {
    letter: Message,
    /// How often it was tried.
    tried: u32,
    /// Its place in the bounded queue, kept until it has arrived or is given up.
    place: Place,
}

impl Job {
    pub(super) const fn new(letter: Message, place: Place) -> Self {
        Self { letter, tried: 0, place }
    }
}

pub(super) struct Worker {
    pub(super) transport: AsyncSmtpTransport<Tokio1Executor>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) connections: usize,
    pub(super) attempts: u32,
    pub(super) retry_after: Duration,
    pub(super) outcomes: Counters<1>,
    pub(super) time: Histogram,
}

impl Worker {
    /// What becomes of mails, and how long each try takes.
    pub(super) fn meters() -> (Counters<1>, Histogram) {
        (Counters::new(metric::MAIL), metric::MAIL_TIME.histogram())
    }
}

/// Jobs that are not being sent.
#[derive(Default)]
struct Waiting {
    ready: VecDeque<Job>,
    /// By the time when they are due; the number keeps those of one moment apart.
    later: BTreeMap<(Duration, u64), Job>,
    numbered: u64,
}

impl Worker {
    /// Sends what comes until told to stop and all has been tried; returns how many were given up after that.
    pub(super) async fn run(self, mut jobs: mpsc::Receiver<Job>, stop: CancellationToken) -> usize {
        let mut waiting = Waiting::default();
        let mut sending: JoinSet<(Job, Result<(), SmtpError>)> = JoinSet::new();
        let mut stopping = false;
        let mut lost = 0;
        loop {
            while sending.len() < self.connections {
                let Some(job) = waiting.ready.pop_front() else { break };
                let (transport, clock, time) =
                    (self.transport.clone(), Arc::clone(&self.clock), self.time.clone());
                sending.spawn(async move {
                    let began = clock.monotonic();
                    let sent = transport.send(job.letter.clone()).await;
                    time.record(clock.monotonic().saturating_sub(began));
                    (job, sent.map(|_| ()))
                });
            }
            if stopping && sending.is_empty() && jobs.is_empty() {
                self.transport.shutdown().await;
                return lost;
            }
            tokio::select! {
                biased;
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    jobs.close();
                    waiting.ready.extend(std::mem::take(&mut waiting.later).into_values());
                }
                Some(done) = sending.join_next() => match done {
                    Ok((job, result)) => lost += usize::from(self.settle(job, result, &mut waiting, stopping)),
                    Err(_) => lost += 1,
                },
                Some(job) = jobs.recv() => waiting.ready.push_back(job),
                () = self.due(&waiting), if !stopping => waiting.wake(self.clock.monotonic()),
            }
        }
    }

    /// Lets go of what arrived or is hopeless, and puts the rest off. Returns whether the mail is lost to a stop.
    fn settle(
        &self,
        mut job: Job,
        result: Result<(), SmtpError>,
        waiting: &mut Waiting,
        stopping: bool,
    ) -> bool {
        let Err(error) = result else {
            self.outcomes.count(["sent"]);
            return false;
        };
        job.tried += 1;
        // The server's words are not logged: they name the recipient.
        let status = error.status().map(|code| code.to_string()).unwrap_or_default();
        let kind = kind(&error);
        if hopeless(&error) || job.tried >= self.attempts || stopping {
            self.outcomes.count(["given_up"]);
            tracing::error!(status, kind, attempts = job.tried, "mail given up");
            drop(job.place);
            return stopping;
        }
        let pause = self.retry_after.saturating_mul(4_u32.saturating_pow(job.tried - 1));
        self.outcomes.count(["put_off"]);
        tracing::warn!(status, kind, attempts = job.tried, retry_in_ms = pause.as_millis(), "mail not sent");
        waiting.put_off(job, self.clock.monotonic().saturating_add(pause));
        false
    }

    /// Returns when the first of the put off ones is due; never if there is none.
    async fn due(&self, waiting: &Waiting) {
        match waiting.later.first_key_value() {
            Some(((due, _), _)) => self.clock.sleep(due.saturating_sub(self.clock.monotonic())).await,
            None => std::future::pending().await,
        }
    }
}

impl Waiting {
    fn put_off(&mut self, job: Job, due: Duration) {
        self.numbered += 1;
        self.later.insert((due, self.numbered), job);
    }

    fn wake(&mut self, now: Duration) {
        while let Some(first) = self.later.first_entry() {
            if first.key().0 > now {
                return;
            }
            self.ready.push_back(first.remove());
        }
    }
}

/// Whether the server will say no for ever. What it says about our own credentials (530, 534, 535, 538) can be put
/// right by those who run it, and is tried again.
pub(super) fn hopeless(error: &SmtpError) -> bool {
    let status = error.status().map(|code| code.to_string());
    error.is_permanent() && !matches!(status.as_deref(), Some("530" | "534" | "535" | "538"))
}

pub(super) fn kind(error: &SmtpError) -> &'static str {
    if error.is_permanent() {
        "refused"
    } else if error.is_transient() {
        "put off by the server"
    } else if error.is_timeout() {
        "timeout"
    } else if error.is_tls() {
        "tls"
    } else if error.is_response() || error.is_client() {
        "protocol"
    } else {
        "connection"
    }
}
