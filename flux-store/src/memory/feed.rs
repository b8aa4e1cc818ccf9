//! Feeds in memory.

use std::collections::{BTreeMap, VecDeque};

use async_trait::async_trait;
use flux_core::feed::{FeedChange, FeedEntry, FeedRange, FeedStore};
use flux_core::{Seq, StoreError, Timestamp, UserId};

use super::MemoryStore;

/// The feed of every user who was ever told something.
#[derive(Default)]
pub(super) struct Feeds(BTreeMap<UserId, Feed>);

/// The entries from `floor + 1` to `head`.
#[derive(Default)]
struct Feed {
    head: Seq,
    floor: Seq,
    entries: VecDeque<FeedEntry>,
}

impl Feeds {
    pub(super) fn append(&mut self, user: UserId, change: FeedChange, at: Timestamp) -> FeedEntry {
        let feed = self.0.entry(user).or_default();
        feed.head = feed.head.next();
        let entry = FeedEntry { seq: feed.head, at, change };
        feed.entries.push_back(entry.clone());
        entry
    }

    pub(super) fn head(&self, user: UserId) -> Seq {
        self.0.get(&user).map(|feed| feed.head).unwrap_or_default()
    }

    /// Forgets what `user` was told: it names people.
    pub(super) fn clear(&mut self, user: UserId) {
        if let Some(feed) = self.0.get_mut(&user) {
            feed.cut(0);
        }
    }
}

impl Feed {
    fn cut(&mut self, keep: usize) {
        let surplus = self.entries.len().saturating_sub(keep);
        for entry in self.entries.drain(..surplus) {
            self.floor = entry.seq;
        }
    }
}

#[async_trait]
impl FeedStore for MemoryStore {
    async fn feed(&self, user: UserId, after: Seq, limit: usize) -> Result<FeedRange, StoreError> {
        let state = self.read();
        let Some(feed) = state.feeds.0.get(&user) else {
            return Ok(FeedRange { entries: Vec::new(), head: Seq::ZERO, floor: Seq::ZERO });
        };
        let skipped = usize::try_from(after.get().saturating_sub(feed.floor.get())).unwrap_or(usize::MAX);
        let entries = feed.entries.iter().skip(skipped).take(limit).cloned().collect();
        Ok(FeedRange { entries, head: feed.head, floor: feed.floor })
    }

    async fn cut_feeds(&self, keep: usize, limit: usize) -> Result<usize, StoreError> {
        let (mut state, _) = self.begin();
        let long = state.feeds.0.values_mut().filter(|feed| feed.entries.len() > keep);
        Ok(long.take(limit).map(|feed| feed.cut(keep)).count())
    }
}
