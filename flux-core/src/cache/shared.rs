//! Dealings with the port: in time, or not at all.

use std::collections::BTreeSet;
use std::time::Duration;

use tracing::warn;

use super::breaker::Breaker;
use super::doubts::{Doubts, Forget, Version};
use super::meters::{Meters, Read};
use super::{CacheKey, CachePorts, CacheSettings, CacheValue, LeaseToken, Looked};
use crate::error::StoreError;
use crate::id::UserId;
use crate::time::within;

/// From one try to forget what could not be forgotten to the next.
const RETRY: Duration = Duration::from_millis(250);

/// How long it is waited for, where it is done in the background.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much is forgotten in one go, where it is done in the background.
const AT_ONCE: usize = 500;

/// A port, and what is known of it.
pub(super) struct Shared {
    ports: CachePorts,
    settings: CacheSettings,
    breaker: Breaker,
    doubts: Doubts,
    meters: Meters,
}

/// What was found in the cache, and what was not.
pub(super) struct Seen {
    pub(super) found: Vec<CacheValue>,
    /// Whom the store is to be asked about.
    pub(super) missing: Vec<UserId>,
    pub(super) leased: Leased,
}

/// The places that may be filled.
pub(super) struct Leased {
    token: LeaseToken,
    keys: BTreeSet<CacheKey>,
}

impl Leased {
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl Shared {
    pub(super) fn new(ports: CachePorts, settings: CacheSettings) -> Self {
        let doubts = Doubts::new(settings.doubts);
        Self { ports, settings, breaker: Breaker::default(), doubts, meters: Meters::new() }
    }

    pub(super) const fn settings(&self) -> &CacheSettings {
        &self.settings
    }

    pub(super) fn now(&self) -> Duration {
        self.ports.clock.monotonic()
    }

    /// Looks for something of each of `users`.
    pub(super) async fn look(&self, key: fn(UserId) -> CacheKey, users: &[UserId]) -> Seen {
        let keys: BTreeSet<CacheKey> = users.iter().map(|user| key(*user)).collect();
        let token = LeaseToken::generate(&*self.ports.entropy);
        let mut seen =
            Seen { found: Vec::new(), missing: Vec::new(), leased: Leased { token, keys: BTreeSet::new() } };
        let now = self.now();
        let (asked, doubted) = self.doubts.split(keys.into_iter().collect(), now);
        self.miss(&mut seen, &doubted, Read::Doubted);
        if asked.is_empty() {
            return seen;
        }
        let looked = if self.breaker.lets_pass(now) {
            self.ask(self.ports.cache.look(&asked, token, self.settings.lease)).await.ok()
        } else {
            None
        };
        let Some(looked) = looked.filter(|looked| looked.len() == asked.len()) else {
            self.miss(&mut seen, &asked, Read::Unanswered);
            return seen;
        };
        // What was doubted while it was looked for is doubted, too.
        let (_, doubted) = self.doubts.split(asked.clone(), self.now());
        let doubted: BTreeSet<CacheKey> = doubted.into_iter().collect();
        for (key, looked) in asked.into_iter().zip(looked) {
            let outcome = match looked {
                _ if doubted.contains(&key) => Read::Doubted,
                Looked::Found(value) if value.key() == key => {
                    seen.found.push(value);
                    self.meters.read(key.kind(), Read::Hit, 1);
                    continue;
                }
                Looked::Leased => {
                    seen.leased.keys.insert(key);
                    Read::Miss
                }
                Looked::Taken | Looked::Found(_) => Read::Taken,
            };
            self.miss(&mut seen, &[key], outcome);
        }
        seen
    }

    /// The store is to be asked about `keys`.
    fn miss(&self, seen: &mut Seen, keys: &[CacheKey], outcome: Read) {
        if let Some(key) = keys.first() {
            self.meters.read(key.kind(), outcome, keys.len());
            seen.missing.extend(keys.iter().map(|key| key.user()));
        }
    }

    /// Keeps what was read of the store, where it may be.
    pub(super) async fn fill(&self, leased: &Leased, read: impl Iterator<Item = CacheValue>) {
        let values: Vec<_> = read.filter(|value| leased.keys.contains(&value.key())).collect();
        let Some(first) = values.first() else { return };
        let kind = first.key().kind();
        let filled = if self.breaker.lets_pass(self.now()) {
            self.ask(self.ports.cache.fill(&values, leased.token, self.settings.ttl)).await.ok()
        } else {
            None
        };
        for place in 0..values.len() {
            self.meters.fill(kind, filled.as_ref().and_then(|filled| filled.get(place).copied()));
        }
    }

    /// Forgets `keys` at once, or, where the cache does not answer, as soon as it does.
    pub(super) async fn forget(&self, keys: &[CacheKey]) {
        if keys.is_empty() {
            return;
        }
        let now = self.now();
        // Doubted before it is forgotten, so that it is even if nobody waits for the answer.
        let version = self.doubt(keys, now.saturating_add(self.settings.deadline), None);
        if !self.breaker.lets_pass(now) {
            self.meters.forgotten(keys, "put_off");
        } else if self.ask(self.ports.cache.forget(keys)).await.is_ok() {
            self.doubts.forgotten(keys, version);
            self.meters.forgotten(keys, "done");
        } else {
            self.meters.forgotten(keys, "put_off");
        }
    }

    /// Does not believe `keys` until they were forgotten, which is to be done at `due`, or until whatever may come to stand
    /// there under the leases of now has ended.
    pub(super) fn doubt(&self, keys: &[CacheKey], due: Duration, again: Option<Duration>) -> Version {
        let now = self.now();
        let last = again.unwrap_or(now).max(now);
        let until = last.saturating_add(self.settings.lease).saturating_add(self.settings.ttl);
        let (version, lost) = self.doubts.add(keys, Forget { due, again, until }, now);
        if lost.first {
            warn!("too much waits to be forgotten by the cache; it is not read for a while");
        }
        self.meters.forgotten(&lost.keys, "given_up");
        version
    }

    /// Forgets, for ever, what is to be forgotten and was not yet.
    pub(super) async fn run(&self) {
        loop {
            if !self.forget_what_is_due().await {
                self.ports.clock.sleep(RETRY).await;
                continue;
            }
            match self.doubts.next() {
                None => self.doubts.added().await,
                Some(due) => {
                    let wait = due.saturating_sub(self.now());
                    tokio::select! {
                        biased;
                        () = self.doubts.added() => {}
                        () = self.ports.clock.sleep(wait) => {}
                    }
                }
            }
        }
    }

    /// Forgets what is to be forgotten by now; `false` if the cache did not answer.
    async fn forget_what_is_due(&self) -> bool {
        loop {
            let (keys, version) = self.doubts.due(self.now(), AT_ONCE);
            if keys.is_empty() {
                return true;
            }
            let forget = self.ports.cache.forget(&keys);
            // Nobody waits for it; what takes longer than people would wait is done all the same.
            if !matches!(within(&*self.ports.clock, PATIENCE, forget).await, Ok(Ok(()))) {
                self.doubts.put_off(&keys, self.now().saturating_add(RETRY));
                return false;
            }
            self.doubts.forgotten(&keys, version);
            self.meters.forgotten(&keys, "done");
        }
    }

    /// An answer of the cache, in time or not at all.
    async fn ask<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let answer = match within(&*self.ports.clock, self.settings.deadline, call).await {
            Ok(answer) => answer,
            Err(late) => Err(late.into()),
        };
        self.breaker.heard(&answer, self.now());
        answer
    }
}
