//! Durable jobs in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use flux_core::feed::{FeedChange, FeedEntry};
use flux_core::friend::{FriendRequest, RequestState};
use flux_core::job::{JobStep, JobStore};
use flux_core::message::DirectPolicy;
use flux_core::{JobId, Pair, StoreError, Timestamp, UserId};

use super::MemoryStore;
use super::state::State;

/// Jobs that are not finished, in the order of their making.
#[derive(Default)]
pub(super) struct Jobs {
    next: u64,
    rows: BTreeMap<u64, Job>,
    order: BTreeMap<JobId, u64>,
}

#[derive(Clone, Copy)]
struct Job {
    id: JobId,
    user: UserId,
    work: Work,
}

/// What is left to do.
#[derive(Clone, Copy)]
pub(super) enum Work {
    /// Tell the friends after this place of the list what the profile is now.
    TellFriends { after: Option<(Timestamp, UserId)> },
    /// End every relation and close every conversation. Its place is what is left of them.
    Leave,
}

impl Jobs {
    pub(super) fn add(&mut self, id: JobId, user: UserId, work: Work) {
        self.next += 1;
        self.order.insert(id, self.next);
        self.rows.insert(self.next, Job { id, user, work });
    }

    fn get(&self, id: JobId) -> Option<Job> {
        self.rows.get(self.order.get(&id)?).copied()
    }

    fn set_work(&mut self, id: JobId, work: Work) {
        if let Some(job) = self.order.get(&id).and_then(|order| self.rows.get_mut(order)) {
            job.work = work;
        }
    }

    fn remove(&mut self, id: JobId) {
        if let Some(order) = self.order.remove(&id) {
            self.rows.remove(&order);
        }
    }
}

impl State {
    /// Tells the next `page` friends of `user`; returns the place to go on after, or `None` if nobody is left.
    fn tell_friends(
        &mut self,
        user: UserId,
        after: Option<(Timestamp, UserId)>,
        page: usize,
        now: Timestamp,
        entries: &mut Vec<(UserId, FeedEntry)>,
    ) -> Option<(Timestamp, UserId)> {
        let profile = self.profile(user);
        let mut friends: Vec<_> = self.relations.friends_after(user, after).take(page + 1).collect();
        let more = friends.len() > page;
        friends.truncate(page);
        for (_, friend) in &friends {
            let entry = self.tell(*friend, FeedChange::ProfileChanged(profile.clone()), now);
            entries.push((*friend, entry));
        }
        friends.last().copied().filter(|_| more)
    }

    /// Ends one relation of `user`, who has left; `false` if there is none any more.
    fn end_relation(&mut self, user: UserId, now: Timestamp, entries: &mut Vec<(UserId, FeedEntry)>) -> bool {
        let friend = self.relations.friends_after(user, None).next();
        if let Some((friend, pair)) = friend.and_then(|(_, friend)| Some((friend, Pair::new(user, friend)?)))
        {
            self.relations.delete_friendship(pair);
            self.close_direct(pair);
            entries.push((friend, self.tell(friend, FeedChange::FriendRemoved(user), now)));
            return true;
        }
        if let Some(kept) = self.relations.any_pending(user).and_then(|id| self.kept_request(id)) {
            let request = FriendRequest { state: RequestState::Cancelled, ..kept.request };
            self.relations.close_request(request.request, request.state);
            let (from, to) = (request.from.user, request.to.user);
            let other = if from == user { to } else { from };
            // What never reached the addressee is not taken back before their eyes either.
            if !(kept.hidden && other == to) {
                entries.push((other, self.tell(other, FeedChange::FriendRequest(request), now)));
            }
            return true;
        }
        if let Some((who, whom)) = self.relations.any_block(user) {
            self.relations.delete_block(who, whom);
            if let Some(pair) = Pair::new(who, whom) {
                self.close_direct(pair);
            }
            return true;
        }
        if let Some(pair) = self.conversations.any_open(user) {
            self.close_direct(pair);
            return true;
        }
        false
    }

    /// Closes a direct conversation for good.
    fn close_direct(&mut self, pair: Pair) {
        self.set_direct_policy(pair, DirectPolicy { closed: true, ..DirectPolicy::default() });
    }
}

impl MemoryStore {
    /// The id of a new job.
    pub(super) fn job_id(&self, now: Timestamp) -> JobId {
        JobId::generate(now, &*self.entropy)
    }
}

#[async_trait]
impl JobStore for MemoryStore {
    async fn jobs(&self, limit: usize) -> Result<Vec<JobId>, StoreError> {
        Ok(self.read().jobs.rows.values().take(limit).map(|job| job.id).collect())
    }

    async fn advance_job(&self, job: JobId, page: usize) -> Result<JobStep, StoreError> {
        let (mut state, now) = self.begin();
        let mut entries = Vec::new();
        let Some(Job { id, user, work }) = state.jobs.get(job) else {
            return Ok(JobStep { entries, done: true });
        };
        // A page of nothing would never end.
        let page = page.max(1);
        let done = match work {
            Work::TellFriends { after } => {
                let place = state.tell_friends(user, after, page, now, &mut entries);
                if place.is_some() {
                    state.jobs.set_work(id, Work::TellFriends { after: place });
                }
                place.is_none()
            }
            Work::Leave => !(0..page).all(|_| state.end_relation(user, now, &mut entries)),
        };
        if done {
            state.jobs.remove(id);
        }
        Ok(JobStep { entries, done })
    }
}
