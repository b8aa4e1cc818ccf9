//! Looking up who is there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Presence, PresenceState};
use crate::account::{AccountStore, Visibility};
use crate::cache::UserCache;
use crate::error::StoreError;
use crate::id::UserId;
use crate::routing::{Located, SessionDirectory};

/// How many are looked up at once.
const PAGE: usize = 500;

/// Looks up what friends see of people: the directory says who is connected, their accounts what of that is shown.
#[derive(Clone)]
pub struct PresenceReader {
    accounts: Arc<dyn AccountStore>,
    directory: Arc<dyn SessionDirectory>,
    cache: Arc<UserCache>,
}

impl PresenceReader {
    /// Over its ports.
    pub fn new(accounts: Arc<dyn AccountStore>, directory: Arc<dyn SessionDirectory>) -> Self {
        Self { accounts, directory, cache: Arc::default() }
    }

    /// Reads accounts through `cache`. That is for who hears what other nodes say of presence, and tells the cache.
    pub(super) fn through(self, cache: Arc<UserCache>) -> Self {
        Self { cache, ..self }
    }

    /// What friends see of each of `users`; [`PresenceState::Unknown`] where directory or store does not answer. Whoever
    /// is shown, and not found by the directory, may still be `here`: the caller knows.
    pub async fn look(
        &self,
        users: &[UserId],
        mut here: impl FnMut(UserId) -> bool + Send,
    ) -> BTreeMap<UserId, Presence> {
        let mut seen = BTreeMap::new();
        for users in users.chunks(PAGE) {
            let (located, visible) = tokio::join!(self.directory.locate(users), self.visibilities(users));
            for (place, user) in users.iter().enumerate() {
                let presence = match (&located, &visible) {
                    // What is not shown needs no directory.
                    (_, Ok(visible)) if !visible.get(user).is_some_and(|shown| shown.visible) => {
                        Presence { user: *user, state: PresenceState::Offline, last_seen: None }
                    }
                    (Ok(located), Ok(visible)) => {
                        let entries = located.get(place).map_or(&[][..], Vec::as_slice);
                        let state = state_of(entries, || here(*user));
                        let last_seen = visible.get(user).and_then(|shown| shown.last_seen);
                        let last_seen = last_seen.filter(|_| state == PresenceState::Offline);
                        Presence { user: *user, state, last_seen }
                    }
                    _ => Presence { user: *user, state: PresenceState::Unknown, last_seen: None },
                };
                seen.insert(*user, presence);
            }
        }
        seen
    }

    async fn visibilities(&self, users: &[UserId]) -> Result<BTreeMap<UserId, Visibility>, StoreError> {
        let found = self.cache.visibilities(&*self.accounts, users).await?;
        Ok(found.into_iter().map(|shown| (shown.user, shown)).collect())
    }
}

fn state_of(entries: &[Located], here: impl FnOnce() -> bool) -> PresenceState {
    if entries.iter().any(|entry| !entry.away) {
        PresenceState::Online
    } else if !entries.is_empty() {
        PresenceState::Away
    } else if here() {
        PresenceState::Online
    } else {
        PresenceState::Offline
    }
}
