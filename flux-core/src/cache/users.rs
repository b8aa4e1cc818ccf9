//! Reading through the cache, and forgetting what was written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tracing::warn;

use super::breaker::Breaker;
use super::doubts::{Doubts, Forget, Version};
use super::meters::{Meters, Read};
use super::{CacheKey, CacheStore, CacheValue, FriendSet, LeaseToken, Looked};
use crate::account::{AccountStore, Card, Visibility};
use crate::entropy::Entropy;
use crate::error::{ActError, StoreError};
use crate::feed::{FeedChange, FeedEntry};
use crate::friend::FriendStore;
use crate::id::UserId;
use crate::routing::RelationObserver;
use crate::time::{Clock, within};

/// How the cache is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// How long what was read is kept: 60 s. It bounds what it costs if a change was not forgotten.
    pub ttl: Duration,
    /// How long a read of the store may take that is to fill a place: 2 s.
    pub lease: Duration,
    /// The longest wait for one answer of the cache: 50 ms. A read asks at most twice, a write once.
    pub deadline: Duration,
    /// Of who has more friends than this it is not kept who they are: 5,000.
    pub friends: usize,
    /// How many places may wait to be forgotten, because the cache did not answer: 10,000.
    pub doubts: usize,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(60),
            lease: Duration::from_secs(2),
            deadline: Duration::from_millis(50),
            friends: 5_000,
            doubts: 10_000,
        }
    }
}

/// By then a write is committed or never will be, whose caller was not told which: longer than a transaction, its
/// repetitions included, lasts.
const LATE: Duration = Duration::from_secs(10);

/// From one try to forget what could not be forgotten to the next.
const RETRY: Duration = Duration::from_millis(250);

/// How long it is waited for, where it is done in the background.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much is forgotten in one go, where it is done in the background.
const AT_ONCE: usize = 500;

/// What [`UserCache`] stands on.
#[derive(Clone)]
pub struct CachePorts {
    /// Keeps what was read.
    pub cache: Arc<dyn CacheStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

/// Reads users through a [`CacheStore`], or, by default, from the store alone.
///
/// What is read may be as old as the cache, which is told of every change before anybody else is. While it does not
/// answer, the store is read, and what could not be forgotten is not believed by this process until it was.
#[derive(Default)]
pub struct UserCache(Option<Shared>);

struct Shared {
    ports: CachePorts,
    settings: CacheSettings,
    breaker: Breaker,
    doubts: Doubts,
    meters: Meters,
}

impl UserCache {
    /// Over its ports.
    pub fn new(ports: CachePorts, settings: CacheSettings) -> Self {
        let doubts = Doubts::new(settings.doubts);
        let (breaker, meters) = (Breaker::default(), Meters::new());
        Self(Some(Shared { ports, settings, breaker, doubts, meters }))
    }

    /// What [`AccountStore::cards`] answers; at most 500.
    pub async fn cards(
        &self,
        accounts: &dyn AccountStore,
        users: &[UserId],
    ) -> Result<Vec<Card>, StoreError> {
        let Some(shared) = &self.0 else { return accounts.cards(users).await };
        let seen = shared.look(CacheKey::Card, users).await;
        let mut cards: BTreeMap<UserId, Card> = BTreeMap::new();
        let found = seen.found.into_iter().filter_map(|value| match value {
            CacheValue::Card(card) => Some((card.profile.user, card)),
            _ => None,
        });
        cards.extend(found);
        if !seen.missing.is_empty() {
            let read = accounts.cards(&seen.missing).await?;
            shared.fill(&seen.leased, read.iter().cloned().map(CacheValue::Card)).await;
            cards.extend(read.into_iter().map(|card| (card.profile.user, card)));
        }
        Ok(users.iter().filter_map(|user| cards.get(user).cloned()).collect())
    }

    /// What [`AccountStore::visibilities`] answers; at most 500.
    pub async fn visibilities(
        &self,
        accounts: &dyn AccountStore,
        users: &[UserId],
    ) -> Result<Vec<Visibility>, StoreError> {
        let Some(shared) = &self.0 else { return accounts.visibilities(users).await };
        let seen = shared.look(CacheKey::Visibility, users).await;
        let found = seen.found.into_iter().filter_map(|value| match value {
            CacheValue::Visibility(visibility) => Some(visibility),
            _ => None,
        });
        let mut visibilities: Vec<Visibility> = found.collect();
        if !seen.missing.is_empty() {
            let read = accounts.visibilities(&seen.missing).await?;
            shared.fill(&seen.leased, read.iter().copied().map(CacheValue::Visibility)).await;
            visibilities.extend(read);
        }
        Ok(visibilities)
    }

    /// What [`FriendStore::mutual_friends`] answers.
    pub async fn mutual_friends(
        &self,
        friends: &dyn FriendStore,
        user: UserId,
        others: &[UserId],
    ) -> Result<Vec<UserId>, StoreError> {
        let Some(shared) = &self.0 else { return friends.mutual_friends(user, others).await };
        let seen = shared.look(CacheKey::Friends, &[user]).await;
        let mut set = seen.found.into_iter().find_map(|value| match value {
            CacheValue::Friends(set) => Some(set),
            _ => None,
        });
        if !seen.leased.is_empty() {
            let most = shared.settings.friends;
            let mut all = friends.all_mutual_friends(user, most.saturating_add(1)).await?;
            all.sort_unstable();
            let read = FriendSet { user, friends: Some(all).filter(|all| all.len() <= most) };
            shared.fill(&seen.leased, [CacheValue::Friends(read.clone())].into_iter()).await;
            set = Some(read);
        }
        match set {
            Some(FriendSet { friends: Some(all), .. }) => {
                Ok(others.iter().copied().filter(|other| all.binary_search(other).is_ok()).collect())
            }
            _ => friends.mutual_friends(user, others).await,
        }
    }

    /// Carries out a write and forgets what it `changed`, before anybody hears what came of it. Where that is not known
    /// (an answer that was lost, a caller that went away), what is `doubtful` is forgotten, now and once it is certain
    /// that nothing comes any more.
    pub(crate) async fn changing<T, E: Unwritten>(
        &self,
        doubtful: &[CacheKey],
        write: impl Future<Output = Result<T, E>>,
        changed: impl FnOnce(&T) -> Vec<CacheKey>,
    ) -> Result<T, E> {
        let Some(shared) = &self.0 else { return write.await };
        let mut unknown = Unknown { shared, keys: doubtful };
        let outcome = write.await;
        match &outcome {
            Ok(written) => {
                unknown.keys = &[];
                shared.forget(&changed(written)).await;
            }
            Err(error) if error.unwritten() => unknown.keys = &[],
            Err(_) => {}
        }
        outcome
    }

    /// Another process says that `key` has changed. That one has forgotten it, or could not: it is not believed until it
    /// was forgotten from here, which happens in the background.
    pub(crate) fn changed_elsewhere(&self, key: CacheKey) {
        if let Some(shared) = &self.0 {
            let now = shared.now();
            shared.doubt(&[key], now, None);
        }
    }

    /// Forgets in the background what could not be forgotten at once, for ever.
    pub async fn run(self: Arc<Self>) {
        let Some(shared) = &self.0 else { return };
        loop {
            if !shared.forget_what_is_due().await {
                shared.ports.clock.sleep(RETRY).await;
                continue;
            }
            match shared.doubts.next() {
                None => shared.doubts.added().await,
                Some(due) => {
                    let wait = due.saturating_sub(shared.now());
                    tokio::select! {
                        biased;
                        () = shared.doubts.added() => {}
                        () = shared.ports.clock.sleep(wait) => {}
                    }
                }
            }
        }
    }
}

impl fmt::Debug for UserCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserCache").field("used", &self.0.is_some()).finish_non_exhaustive()
    }
}

impl RelationObserver for UserCache {
    fn parted(&self, one: UserId, other: UserId) {
        for user in [one, other] {
            self.changed_elsewhere(CacheKey::Friends(user));
        }
    }
}

/// Of whom the friends are others than before these entries.
pub(crate) fn relations_in(entries: &[(UserId, FeedEntry)]) -> Vec<CacheKey> {
    let mut users = BTreeSet::new();
    for (user, entry) in entries {
        let other = match &entry.change {
            FeedChange::FriendAdded { profile, .. } | FeedChange::Blocked { profile, .. } => profile.user,
            FeedChange::FriendRemoved(other) | FeedChange::Unblocked(other) => *other,
            _ => continue,
        };
        users.extend([*user, other]);
    }
    users.into_iter().map(CacheKey::Friends).collect()
}

/// An error that may say for certain that nothing was written.
pub(crate) trait Unwritten {
    /// Whether it does.
    fn unwritten(&self) -> bool;
}

impl Unwritten for StoreError {
    fn unwritten(&self) -> bool {
        false
    }
}

impl Unwritten for ActError {
    fn unwritten(&self) -> bool {
        matches!(self, Self::Fenced(_))
    }
}

/// A write of which it is not known what it did; doubts `keys` when it is dropped.
struct Unknown<'c> {
    shared: &'c Shared,
    keys: &'c [CacheKey],
}

impl Drop for Unknown<'_> {
    fn drop(&mut self) {
        if !self.keys.is_empty() {
            let now = self.shared.now();
            self.shared.doubt(self.keys, now, Some(now.saturating_add(LATE)));
        }
    }
}

/// What was found in the cache, and what was not.
struct Seen {
    found: Vec<CacheValue>,
    /// Whom the store is to be asked about.
    missing: Vec<UserId>,
    leased: Leased,
}

/// The places that may be filled.
struct Leased {
    token: LeaseToken,
    keys: BTreeSet<CacheKey>,
}

impl Leased {
    fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl Shared {
    fn now(&self) -> Duration {
        self.ports.clock.monotonic()
    }

    /// Looks for something of each of `users`.
    async fn look(&self, key: fn(UserId) -> CacheKey, users: &[UserId]) -> Seen {
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
    async fn fill(&self, leased: &Leased, read: impl Iterator<Item = CacheValue>) {
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
    async fn forget(&self, keys: &[CacheKey]) {
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
    fn doubt(&self, keys: &[CacheKey], due: Duration, again: Option<Duration>) -> Version {
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
