//! Serves one channel: scans, and tells who is due.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use metrics::Counter;
use tokio::task::JoinSet;
use tracing::{info, warn};

use super::scan::Scan;
use super::tell::Told;
use super::{ChannelName, NoticeSettings, NoticeStore, OfflineNotifier};
use crate::account::AccountStore;
use crate::entropy::Entropy;
use crate::error::StoreError;
use crate::guard::{LockLease, LockStore};
use crate::message::MessageStore;
use crate::observe::metric;
use crate::time::{Clock, within};

/// A channel and how it is used.
#[derive(Clone)]
pub struct NoticeChannel {
    /// Where its notices go.
    pub notifier: Arc<dyn OfflineNotifier>,
    /// How it is used.
    pub settings: NoticeSettings,
}

impl fmt::Debug for NoticeChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = self.notifier.channel();
        f.debug_struct("NoticeChannel").field("channel", channel).finish_non_exhaustive()
    }
}

/// What a process has done for one channel since it started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoticeCounts {
    /// Users who became due.
    pub noted: u64,
    /// Notices that the receiver took.
    pub told: u64,
    /// Notices that nothing was left of when they were due.
    pub needless: u64,
    /// Tries that failed.
    pub failed: u64,
    /// Notices that were given up.
    pub given_up: u64,
}

/// What notices stand on.
#[derive(Clone)]
pub struct NoticePorts {
    /// What was written.
    pub logs: Arc<dyn MessageStore>,
    /// Who is to be told of it.
    pub notices: Arc<dyn NoticeStore>,
    /// Whether they are still there.
    pub accounts: Arc<dyn AccountStore>,
    /// So that one process scans.
    pub locks: Arc<dyn LockStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for jitter.
    pub entropy: Arc<dyn Entropy>,
}

/// How long one call of the store may take.
const STORE_DEADLINE: Duration = Duration::from_secs(5);

impl NoticePorts {
    /// Waits for the store, but not for ever.
    pub(super) async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        within(&*self.clock, STORE_DEADLINE, call).await?
    }
}

/// What telling needs; shared with the tasks that tell.
pub(super) struct Parts {
    pub(super) ports: NoticePorts,
    pub(super) notifier: Arc<dyn OfflineNotifier>,
    pub(super) settings: NoticeSettings,
}

/// Serves one channel. Several processes may run one each.
///
/// Why the lock needs no fencing token here: whoever scans says "all up to this place is noted down" only of what it
/// has itself read and noted, so that stays true whoever else scans, and the place never moves back; to note twice
/// changes nothing. What is told is fenced by the [turn](super::NoticeClaim::turn) of each taking. The lock only saves
/// work, and where it cannot be asked, the work is done without it.
pub struct NoticeRunner {
    parts: Arc<Parts>,
    lock: String,
    counts: Counts,
}

struct Counts {
    noted: Count,
    told: Count,
    needless: Count,
    failed: Count,
    given_up: Count,
}

/// One number, for whoever asks the runner and for the recorder of metrics.
struct Count {
    number: AtomicU64,
    meter: Counter,
}

impl Counts {
    fn of(channel: &ChannelName) -> Self {
        let count = |outcome: &str| Count {
            number: AtomicU64::new(0),
            meter: metric::OFFLINE_NOTICES.counter_of([channel.to_string(), outcome.to_owned()]),
        };
        Self {
            noted: count("noted"),
            told: count("told"),
            needless: count("needless"),
            failed: count("failed"),
            given_up: count("given_up"),
        }
    }
}

impl Count {
    fn add(&self, by: usize) {
        let by = u64::try_from(by).unwrap_or(u64::MAX);
        self.number.fetch_add(by, Ordering::Relaxed);
        self.meter.increment(by);
    }

    fn get(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }
}

/// How long who scans may be silent before another does.
const LEASE: Duration = Duration::from_secs(15);

/// How long the lock store may take.
const LOCK_DEADLINE: Duration = Duration::from_secs(2);

/// The longest that a channel whose receiver fails is left alone.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Who scans.
enum Duty {
    /// Not this process.
    Other,
    /// This one, under the lock, or without where it cannot be asked.
    Mine(Option<LockLease>),
}

impl NoticeRunner {
    /// For one channel.
    pub fn new(ports: NoticePorts, channel: NoticeChannel) -> Self {
        let NoticeChannel { notifier, settings } = channel;
        let lock = format!("notices-{}", notifier.channel());
        let counts = Counts::of(notifier.channel());
        Self { parts: Arc::new(Parts { ports, notifier, settings }), lock, counts }
    }

    /// What was done so far.
    pub fn counts(&self) -> NoticeCounts {
        let Counts { noted, told, needless, failed, given_up } = &self.counts;
        NoticeCounts {
            noted: noted.get(),
            told: told.get(),
            needless: needless.get(),
            failed: failed.get(),
            given_up: given_up.get(),
        }
    }

    /// Scans and tells for ever.
    pub async fn run(&self) {
        tokio::join!(biased; self.keep_scanning(), self.keep_telling());
    }

    async fn keep_scanning(&self) {
        let Parts { ports, notifier, settings } = &*self.parts;
        let mut duty = Duty::Other;
        let mut scan = None;
        loop {
            duty = self.duty(duty).await;
            if matches!(duty, Duty::Other) {
                // Somebody else goes on from the durable place.
                scan = None;
            } else if let Err(error) = self.scan(&mut scan).await {
                warn!(channel = %notifier.channel(), %error, "who is away cannot be read; it is read again");
            }
            ports.clock.sleep(settings.interval).await;
        }
    }

    async fn scan(&self, scan: &mut Option<Scan>) -> Result<(), StoreError> {
        let Parts { ports, notifier, settings } = &*self.parts;
        let mut going = match scan.take() {
            Some(going) => going,
            None => Scan::begin(ports, notifier.channel()).await?,
        };
        // After an error it goes on where it was: what is not known to be noted is noted again.
        let noted = going.round(ports, notifier.channel(), settings).await;
        *scan = Some(going);
        self.counts.noted.add(noted?);
        Ok(())
    }

    /// Takes the lock, or keeps it.
    async fn duty(&self, before: Duty) -> Duty {
        let NoticePorts { locks, clock, .. } = &self.parts.ports;
        if let Duty::Mine(Some(lock)) = before {
            match within(&**clock, LOCK_DEADLINE, locks.renew(&lock, LEASE)).await {
                Ok(Ok(true)) => return Duty::Mine(Some(lock)),
                Ok(Ok(false)) => {}
                Ok(Err(_)) | Err(_) => return Duty::Mine(None),
            }
        }
        match within(&**clock, LOCK_DEADLINE, locks.acquire(&self.lock, LEASE)).await {
            Ok(Ok(Some(lock))) => Duty::Mine(Some(lock)),
            Ok(Ok(None)) => Duty::Other,
            Ok(Err(_)) | Err(_) => Duty::Mine(None),
        }
    }

    async fn keep_telling(&self) {
        let Parts { ports, notifier, settings } = &*self.parts;
        let mut failures = 0;
        loop {
            // While its receiver fails, one notice at a time finds out whether it is back, and the others do not use
            // up their tries.
            let most = if failures == 0 { settings.concurrency.max(1) } else { 1 };
            match self.tell_due(most).await {
                Ok(done) if done.failed && !done.taken => {
                    failures += 1;
                    let pause = self.parts.jittered(failures).min(LONGEST_PAUSE);
                    info!(channel = %notifier.channel(), failures, "the receiver of notices fails");
                    ports.clock.sleep(pause.max(settings.interval)).await;
                    continue;
                }
                Ok(done) => {
                    if done.taken {
                        failures = 0;
                    }
                    if done.full {
                        continue;
                    }
                }
                Err(error) => {
                    warn!(channel = %notifier.channel(), %error, "who is to be told cannot be read");
                }
            }
            ports.clock.sleep(settings.interval).await;
        }
    }

    /// Tells at most `most` users who are due, all at once.
    async fn tell_due(&self, most: usize) -> Result<Round, StoreError> {
        let parts = &self.parts;
        let taking = parts.ports.notices.take_due(parts.notifier.channel(), most, parts.settings.hold());
        let claims = parts.ports.call(taking).await?;
        let mut round = Round { full: claims.len() >= most, ..Round::default() };
        let mut telling = JoinSet::new();
        for claim in claims {
            let parts = Arc::clone(parts);
            telling.spawn(async move { parts.tell(&claim).await });
        }
        let mut trouble = None;
        while let Some(told) = telling.join_next().await {
            match told {
                Ok(Ok(Told::Yes)) => {
                    round.taken = true;
                    self.counts.told.add(1);
                }
                Ok(Ok(Told::Nothing)) => self.counts.needless.add(1),
                Ok(Ok(Told::Later)) => {
                    round.failed = true;
                    self.counts.failed.add(1);
                }
                Ok(Ok(Told::GivenUp)) => {
                    round.failed = true;
                    self.counts.failed.add(1);
                    self.counts.given_up.add(1);
                }
                // It is due again when its hold is over.
                Ok(Err(error)) => trouble = Some(error),
                Err(ended) => trouble = Some(StoreError::unavailable(ended)),
            }
        }
        trouble.map_or(Ok(round), Err)
    }
}

/// What came of one round of telling.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    /// There may be more who are due.
    full: bool,
    /// The receiver took one.
    taken: bool,
    /// One was not taken.
    failed: bool,
}
