//! Coming and going, and who hears of it.

use std::collections::{HashMap, VecDeque};

use super::names::Name;
use super::{Checker, Moment};
use crate::report::Kind;

#[derive(Default)]
pub(super) struct Presence {
    watchers: HashMap<Name, Vec<Name>>,
    /// What each watcher was told last.
    told: HashMap<(Name, Name), (bool, Moment)>,
    gone: HashMap<Name, Moment>,
    /// Of whom everybody has to know soon that they are gone.
    due: VecDeque<(Name, Moment)>,
}

impl Checker {
    pub(super) fn on_watch(&mut self, session: Name, user: Name) {
        let watchers = self.presence.watchers.entry(user).or_default();
        if !watchers.contains(&session) {
            watchers.push(session);
        }
    }

    pub(super) fn on_left(&mut self, user: Name) {
        self.presence.gone.insert(user, self.now);
        self.presence.due.push_back((user, self.now));
    }

    pub(super) fn on_came(&mut self, user: Name) {
        self.presence.gone.remove(&user);
    }

    pub(super) fn on_presence(&mut self, session: Name, user: Name, online: bool) {
        let now = self.now;
        self.presence.told.insert((session, user), (online, now));
        if online
            && let Some(left) = self.presence.gone.get(&user).copied()
            && self.late(left, self.limits.presence)
        {
            self.violation(Kind::PresenceLate, &[session, user], &[left, now]);
        }
    }

    pub(super) fn check_presence(&mut self) {
        while let Some((user, left)) = self.presence.due.front().copied()
            && self.late(left, self.limits.presence)
        {
            self.presence.due.pop_front();
            // They may have come back, and gone again since.
            if self.presence.gone.get(&user) != Some(&left) {
                continue;
            }
            let watchers = self.presence.watchers.get(&user).into_iter().flatten();
            let wrong: Vec<_> = watchers
                .filter_map(|watcher| {
                    let session = self.sessions.all.get(watcher)?;
                    let here = session.revoked.is_none() && session.connected?.event < left.event;
                    let (online, told) = self.presence.told.get(&(*watcher, user)).copied()?;
                    (here && online).then_some((*watcher, told))
                })
                .collect();
            for (watcher, told) in wrong {
                self.violation(Kind::PresenceLate, &[watcher, user], &[told, left]);
            }
        }
    }
}
