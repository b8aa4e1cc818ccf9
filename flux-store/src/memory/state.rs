//! All that a [`MemoryStore`](super::MemoryStore) holds, and what several subjects do to it.

use flux_core::account::Profile;
use flux_core::feed::{FeedChange, FeedEntry};
use flux_core::message::fence;
use flux_core::session::Actor;
use flux_core::{Cause, Fenced, LogId, StoreError, Timestamp, UserId};

use super::account::Accounts;
use super::changes::Changes;
use super::feed::Feeds;
use super::friend::Relations;
use super::job::Jobs;
use super::message::Conversations;
use super::notify::Notices;
use super::session::Sessions;

/// One table per subject. Maps are ordered, so that the same calls always give the same answers.
#[derive(Default)]
pub(super) struct State {
    pub(super) accounts: Accounts,
    pub(super) sessions: Sessions,
    pub(super) relations: Relations,
    pub(super) conversations: Conversations,
    pub(super) feeds: Feeds,
    pub(super) jobs: Jobs,
    pub(super) changes: Changes,
    pub(super) notices: Notices,
}

impl State {
    /// Whether `actor` may write.
    pub(super) fn fence(&self, actor: &Actor) -> Result<(), Fenced> {
        fence(self.sessions.facts(actor.session).as_ref(), *actor)
    }

    /// Appends to the feed of `user`.
    pub(super) fn tell(&mut self, user: UserId, change: FeedChange, at: Timestamp) -> FeedEntry {
        self.changes.touch(LogId::Feed(user));
        self.feeds.append(user, change, at)
    }

    /// The profile of `user` as it is now.
    pub(super) fn profile(&self, user: UserId) -> Profile {
        self.accounts.get(user).map_or_else(|| Profile::tombstone(user), |account| account.profile.clone())
    }
}

/// A new thing has the id of another one. Ids are drawn at random, so the caller may try again with the next.
pub(super) fn taken(what: &'static str) -> StoreError {
    StoreError::unavailable(Cause::from(what))
}
