//! Reading through the cache.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::shared::Shared;
use super::{CacheKey, CacheStore, CacheValue, FriendSet};
use crate::account::{AccountStore, Card, Visibility};
use crate::entropy::Entropy;
use crate::error::StoreError;
use crate::friend::FriendStore;
use crate::id::UserId;
use crate::routing::RelationObserver;
use crate::time::Clock;

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
            ttl: Duration::from_mins(1),
            lease: Duration::from_secs(2),
            deadline: Duration::from_millis(50),
            friends: 5_000,
            doubts: 10_000,
        }
    }
}

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
pub struct UserCache(pub(super) Option<Shared>);

impl UserCache {
    /// Over its ports.
    pub fn new(ports: CachePorts, settings: CacheSettings) -> Self {
        Self(Some(Shared::new(ports, settings)))
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
            let most = shared.settings().friends;
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

    /// Another process says that `key` has changed. That one has forgotten it, or could not: it is not believed until it
    /// was forgotten from here, which happens in the background.
    pub(crate) fn changed_elsewhere(&self, key: CacheKey) {
        if let Some(shared) = &self.0 {
            shared.doubt(&[key], shared.now(), None);
        }
    }

    /// Forgets in the background what could not be forgotten at once, for ever.
    pub async fn run(self: Arc<Self>) {
        if let Some(shared) = &self.0 {
            shared.run().await;
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
