//! Knowing in time which sessions have ended.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::Gauge;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::{Announcer, EndedSession, Revocations, SessionStore};
use crate::account::Ended;
use crate::error::StoreError;
use crate::feed::FeedEntry;
use crate::id::{SessionId, UserId};
use crate::message::LONGEST_TRANSACTION;
use crate::observe::{Counters, metric};
use crate::time::{Clock, Timestamp, within};

/// How a process keeps up with the sessions that end elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchSettings {
    /// From the end of one read to the next: 400 ms.
    pub interval: Duration,
    /// After this long without a successful read the process does not know enough any more: 5 s.
    pub fresh_for: Duration,
    /// How long an ended session is remembered: at least as long as an access token is taken, leeway included. 10 min
    /// and 15 s.
    pub remember: Duration,
    /// How many are remembered at most: 262,144. Beyond that the store is asked instead.
    pub capacity: usize,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(400),
            fresh_for: Duration::from_secs(5),
            remember: Duration::from_secs(10 * 60 + 15),
            capacity: 262_144,
        }
    }
}

/// How far a read reaches back behind the last one: further than a transaction that had not committed then can have
/// started.
const OVERLAP: Duration = Duration::from_secs(LONGEST_TRANSACTION.as_secs() + 1);

/// How long one read may take.
const READ_DEADLINE: Duration = Duration::from_secs(2);

/// Knows which sessions ended lately, by reading the durable revocations again and again, and at once those that this
/// process ended. It stands between the services and the [`Announcer`] that cuts connections off: each session that it
/// reads of is told once.
///
/// Because it never stops reading, it is also who notices that the store has begun [another epoch](Self::other_epoch).
pub struct RevocationWatch {
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    announcer: Arc<dyn Announcer>,
    settings: WatchSettings,
    state: Mutex<State>,
    /// Whether the store has begun another epoch.
    over: watch::Sender<bool>,
    reads: Counters<1>,
    read_at: Gauge,
}

#[derive(Debug, Default)]
struct State {
    /// Ended sessions, with when this process learned of it, by its monotonic clock.
    ended: BTreeMap<SessionId, Duration>,
    /// The same, in the order of learning.
    order: VecDeque<(Duration, SessionId)>,
    /// When the last successful read began, by the monotonic clock.
    fresh_at: Option<Duration>,
    /// The store's clock at the last successful read.
    read_at: Option<Timestamp>,
    /// Until when something that should be remembered is not, because there was too much.
    forgetful_until: Duration,
}

impl RevocationWatch {
    /// Over `store`, telling `announcer`.
    pub fn new(
        store: Arc<dyn SessionStore>,
        clock: Arc<dyn Clock>,
        announcer: Arc<dyn Announcer>,
        settings: WatchSettings,
    ) -> Self {
        let (reads, read_at) = (Counters::new(metric::REVOCATION_READS), metric::REVOCATIONS_READ_AT.gauge());
        let over = watch::Sender::new(false);
        Self { store, clock, announcer, settings, state: Mutex::default(), over, reads, read_at }
    }

    /// Reads at the interval of the settings, until the store begins another epoch.
    pub async fn run(&self) {
        let mut failing = false;
        loop {
            let polled = self.poll_once().await;
            self.reads.count([if polled.is_ok() { "read" } else { "failed" }]);
            match polled {
                Ok(()) if failing => {
                    failing = false;
                    info!("revocations are read again");
                }
                Err(StoreError::OtherEpoch) => {
                    error!(
                        alarm = "other_epoch",
                        "another epoch has begun: this process has to be started again"
                    );
                    return;
                }
                Err(error) if !failing => {
                    failing = true;
                    warn!(%error, "revocations cannot be read");
                }
                Ok(()) | Err(_) => {}
            }
            self.clock.sleep(self.settings.interval).await;
        }
    }

    /// Reads once, and tells of what is new. The first read reaches back as far as an access token may be old.
    pub async fn poll_once(&self) -> Result<(), StoreError> {
        let began = self.clock.monotonic();
        let last = self.state().read_at;
        let read = within(&*self.clock, READ_DEADLINE, self.read(last)).await?.inspect_err(|error| {
            if matches!(error, StoreError::OtherEpoch) {
                self.over.send_replace(true);
            }
        })?;
        let mut new = Vec::new();
        {
            let mut state = self.state();
            let now = self.clock.monotonic();
            state.forget(now, self.settings.remember);
            for (_, ended) in read.ended {
                if state.learn(ended.session, now, &self.settings) {
                    new.push(ended);
                }
            }
            // Two reads may overlap; the clock of the store only goes on.
            state.read_at = state.read_at.max(Some(read.read_at));
            state.fresh_at = state.fresh_at.max(Some(began));
        }
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are below 2^52")]
        self.read_at.set(self.clock.now().as_millis() as f64 / 1_000.0);
        if !new.is_empty() {
            self.announcer.found_ended(&new);
        }
        Ok(())
    }

    async fn read(&self, last: Option<Timestamp>) -> Result<Revocations, StoreError> {
        let since = match last {
            Some(read_at) => read_at.minus(OVERLAP),
            None => self.store.revocations(None).await?.read_at.minus(self.settings.remember + OVERLAP),
        };
        self.store.revocations(Some(since)).await
    }

    /// Notes that these have ended, without telling anybody.
    pub fn mark(&self, ended: &[EndedSession]) {
        let now = self.clock.monotonic();
        let mut state = self.state();
        for ended in ended {
            state.learn(ended.session, now, &self.settings);
        }
    }

    /// Whether `session` is known to have ended.
    pub fn is_ended(&self, session: SessionId) -> bool {
        self.state().ended.contains_key(&session)
    }

    /// Waits until a read finds that the store has begun another epoch since it was opened; for ever, if it does not.
    /// Then nothing that this process knows is true any more, its store refuses everything, and the process has to begin
    /// anew. Nothing is [fresh](Self::is_fresh) from then on.
    pub async fn other_epoch(&self) {
        // The sender lives as long as this is borrowed.
        let _ = self.over.subscribe().wait_for(|over| *over).await;
    }

    /// Whether that has been found.
    pub fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Whether the last successful read is recent enough to push content by.
    pub fn is_fresh(&self) -> bool {
        if self.is_over() {
            return false;
        }
        let now = self.clock.monotonic();
        self.state().fresh_at.is_some_and(|at| now.saturating_sub(at) <= self.settings.fresh_for)
    }

    /// Whether it was [fresh](Self::is_fresh) and is not any more: the store cannot be read, so nobody can be let in.
    pub fn is_behind(&self) -> bool {
        !self.is_fresh() && self.state().fresh_at.is_some()
    }

    /// Whether a session that is not known to have ended can be taken for open: the last read is recent, and nothing
    /// had to be forgotten early.
    pub fn is_complete(&self) -> bool {
        self.is_fresh() && self.clock.monotonic() >= self.state().forgetful_until
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether that is new.
    fn learn(&mut self, session: SessionId, now: Duration, settings: &WatchSettings) -> bool {
        if self.ended.contains_key(&session) {
            return false;
        }
        if self.order.len() >= settings.capacity.max(1)
            && let Some((_, oldest)) = self.order.pop_front()
        {
            self.ended.remove(&oldest);
            self.forgetful_until = now + settings.remember;
        }
        self.ended.insert(session, now);
        self.order.push_back((now, session));
        true
    }

    /// Lets go of what no access token can name any more.
    fn forget(&mut self, now: Duration, remember: Duration) {
        // A read may find again what ended up to `OVERLAP` ago: forgetting it sooner would tell of it twice.
        let keep = remember + OVERLAP;
        while self.order.front().is_some_and(|(at, _)| now.saturating_sub(*at) > keep) {
            if let Some((_, session)) = self.order.pop_front() {
                self.ended.remove(&session);
            }
        }
    }
}

impl Announcer for RevocationWatch {
    fn ended(&self, ended: &Ended) {
        self.mark(&ended.sessions);
        self.announcer.ended(ended);
    }

    fn found_ended(&self, sessions: &[EndedSession]) {
        self.mark(sessions);
        self.announcer.found_ended(sessions);
    }

    fn entries(&self, entries: &[(UserId, FeedEntry)]) {
        self.announcer.entries(entries);
    }
}
