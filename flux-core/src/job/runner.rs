//! Runs durable jobs and the small chores of keeping, on one process at a time.

use std::sync::Arc;
use std::time::Duration;

use tracing::{debug, warn};

use crate::DurableStore;
use crate::cache::{UserCache, relations_in};
use crate::error::StoreError;
use crate::guard::LockStore;
use crate::session::{Announcer, Sessions};
use crate::time::{Clock, within};

/// How the runner behaves.
#[derive(Debug, Clone)]
pub struct JobSettings {
    /// From one look for jobs to the next: 1 s.
    pub interval: Duration,
    /// Relations that one transaction of a job handles: 200.
    pub page: usize,
    /// Feeds longer than this are cut to it: 5,000.
    pub feed_length: usize,
    /// How often sessions expire and feeds are cut: 10 min.
    pub upkeep: Duration,
}

impl Default for JobSettings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            page: 200,
            feed_length: 5_000,
            upkeep: Duration::from_mins(10),
        }
    }
}

/// Runs jobs. Several processes may run one each: a lock keeps them from doing the same work twice, and the store keeps
/// it harmless where they do.
pub struct JobRunner {
    store: Arc<dyn DurableStore>,
    locks: Arc<dyn LockStore>,
    announcer: Arc<dyn Announcer>,
    sessions: Arc<Sessions>,
    cache: Arc<UserCache>,
    clock: Arc<dyn Clock>,
    settings: JobSettings,
}

/// The lease of the runner's lock: longer than one page may take.
const LEASE: Duration = Duration::from_secs(15);

impl JobRunner {
    /// Over its parts.
    pub fn new(
        store: Arc<dyn DurableStore>,
        locks: Arc<dyn LockStore>,
        announcer: Arc<dyn Announcer>,
        sessions: Arc<Sessions>,
        cache: Arc<UserCache>,
        clock: Arc<dyn Clock>,
        settings: JobSettings,
    ) -> Self {
        Self { store, locks, announcer, sessions, cache, clock, settings }
    }

    /// Turns for ever.
    pub async fn run(self: Arc<Self>) {
        let mut upkeep_at = self.clock.monotonic();
        loop {
            let upkeep = self.clock.monotonic() >= upkeep_at;
            match self.turn(upkeep).await {
                Ok(()) if upkeep => upkeep_at = self.clock.monotonic() + self.settings.upkeep,
                Ok(()) => {}
                Err(error) => warn!(error = %error, "durable jobs have to wait"),
            }
            self.clock.sleep(self.settings.interval).await;
        }
    }

    /// Does what there is to do, if nobody else does it.
    pub async fn turn(&self, upkeep: bool) -> Result<(), StoreError> {
        let jobs = self.store.jobs(16).await?;
        if jobs.is_empty() && !upkeep {
            return Ok(());
        }
        let Some(lock) = self.locks.acquire("jobs", LEASE).await? else { return Ok(()) };
        let done = self.work(jobs, upkeep, &lock).await;
        self.locks.release(&lock).await?;
        done
    }

    async fn work(
        &self,
        jobs: Vec<crate::id::JobId>,
        upkeep: bool,
        lock: &crate::guard::LockLease,
    ) -> Result<(), StoreError> {
        for job in jobs {
            loop {
                let step = self.store.advance_job(job, self.settings.page);
                // Of a step whose answer is lost nothing is known. It ends friendships of somebody who is gone, and not
                // seen any more, whoever still counts them as a friend.
                let step = self.cache.changing(&[], step, |step| relations_in(&step.entries));
                let step = within(&*self.clock, LEASE / 3, step).await??;
                self.announcer.entries(&step.entries);
                debug!(told = step.entries.len(), done = step.done, "job advanced");
                if step.done {
                    break;
                }
                if !self.locks.renew(lock, LEASE).await? {
                    return Ok(());
                }
            }
        }
        if upkeep {
            if let Err(error) = self.sessions.expire_idle().await {
                warn!(%error, "idle sessions not ended");
            }
            self.store.cut_feeds(self.settings.feed_length, 100).await?;
        }
        Ok(())
    }
}
