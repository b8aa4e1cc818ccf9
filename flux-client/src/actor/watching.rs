//! Who is watched, how one wants to be seen, and saying both again on every new connection.

use std::collections::BTreeMap;

use flux_proto::v1::{self, client_frame, reply};

use super::Actor;
use super::calls::{Outcome, Purpose};
use super::command::Effect;
use super::timers::{Timer, TimerKey};
use crate::error::ClientError;
use crate::id::UserId;
use crate::model::{OwnPresence, Presence};

/// How many requests that leaves to others.
const SPARE: usize = 2;
/// Users in one frame: far below its limit.
const MAX_BATCH: usize = 500;

/// Watched users.
#[derive(Default)]
pub(super) struct Watching {
    /// As last heard.
    watched: BTreeMap<UserId, Option<Presence>>,
    /// To be watched on this connection.
    again: Vec<Vec<UserId>>,
    pub(super) retry: Option<TimerKey>,
    failures: u32,
    own: Option<OwnPresence>,
    say_own: bool,
}

impl Watching {
    /// What was to be said was to be said on a connection that is gone.
    pub(super) fn forget_connection(&mut self) {
        self.again.clear();
        self.say_own = false;
    }

    /// The latest that is known of a watched user.
    pub(super) fn presence(&self, user: UserId) -> Option<Presence> {
        *self.watched.get(&user)?
    }
}

impl Actor {
    /// A call of the application succeeded, and means something for the session.
    pub(super) fn take_effect(&mut self, effect: Effect, result: &reply::Result) {
        match effect {
            Effect::Watch(users) => {
                for user in users {
                    self.watching.watched.entry(user).or_default();
                }
                // The application has them from the reply.
                if let reply::Result::PresenceList(list) = result {
                    let presences = list.presences.iter().cloned().map(Presence::try_from);
                    for presence in presences.filter_map(Result::ok) {
                        self.watching.watched.insert(presence.user, Some(presence));
                    }
                }
            }
            Effect::Unwatch(users) => {
                for user in users {
                    self.watching.watched.remove(&user);
                }
            }
            Effect::Present(own) => self.watching.own = Some(own),
            Effect::Change | Effect::Read | Effect::Transient => {}
        }
    }

    pub(super) fn take_presence(&mut self, presence: Presence) {
        if let Some(known) = self.watching.watched.get_mut(&presence.user)
            && *known != Some(presence)
        {
            *known = Some(presence);
            self.telling.presence(&self.queue, presence);
        }
    }

    /// There is a new connection, which watches nobody yet.
    pub(super) fn rewatch(&mut self) {
        let limit = self.link.online().map_or(MAX_BATCH, |online| online.limits.watched_users);
        let users: Vec<_> = self.watching.watched.keys().copied().take(limit).collect();
        self.watching.again = users.chunks(MAX_BATCH).map(<[_]>::to_vec).collect();
        self.watching.say_own = self.watching.own.is_some();
        self.timers.cancel(self.watching.retry.take());
    }

    pub(super) fn pump_watches(&mut self) {
        if self.watching.say_own
            && self.can_open(SPARE)
            && let Some(own) = self.watching.own
        {
            self.watching.say_own = false;
            let presence = v1::OwnPresence::from(own).into();
            let request = client_frame::Request::SetPresence(v1::SetPresence { presence });
            self.watching.say_own = self.open(request, Purpose::Sign).is_err();
        }
        while self.watching.retry.is_none() && self.can_open(SPARE) {
            let Some(mut users) = self.watching.again.pop() else { return };
            users.retain(|user| self.watching.watched.contains_key(user));
            if users.is_empty() {
                continue;
            }
            let user_ids = users.iter().map(UserId::to_string).collect();
            let request = client_frame::Request::WatchPresence(v1::WatchPresence { user_ids });
            let Err(unsent) = self.open(request, Purpose::Rewatch { users }) else { continue };
            if let Purpose::Rewatch { users } = unsent.purpose {
                self.watching.again.push(users);
            }
            return;
        }
    }

    pub(super) fn on_rewatched(&mut self, users: Vec<UserId>, outcome: Outcome) {
        let error = match outcome {
            Ok(reply::Result::PresenceList(list)) => {
                self.watching.failures = 0;
                for presence in list.presences.into_iter().filter_map(|wire| Presence::try_from(wire).ok()) {
                    self.take_presence(presence);
                }
                return;
            }
            Ok(_) => ClientError::Protocol("something else than presences"),
            Err(error) => error,
        };
        match error {
            // The next connection watches them all anew.
            ClientError::ConnectionLost | ClientError::Offline => {}
            error if error.retryable() => {
                let backoff = self.parts.config.backoff();
                let delay = backoff.delay(&*self.parts.entropy, self.watching.failures, error.retry_after());
                self.watching.failures = self.watching.failures.saturating_add(1);
                self.timers.cancel(self.watching.retry.take());
                self.watching.retry = Some(self.timers.set(self.now + delay, Timer::Watch));
                self.watching.again.push(users);
            }
            // One of them may not be watched any more: the others still may.
            _ if users.len() > 1 => {
                let (left, right) = users.split_at(users.len() / 2);
                self.watching.again.extend([left.to_vec(), right.to_vec()]);
            }
            error => {
                for user in &users {
                    tracing::debug!(%user, %error, "no longer watched");
                    self.watching.watched.remove(user);
                }
            }
        }
    }
}
