//! Events for which the application's queue has no room yet. Nothing here grows with time: states are told as they are
//! when there is room, and of what is fleeting only how much was left out.

use std::collections::{BTreeSet, VecDeque};

use super::Actor;
use super::logs::LogKey;
use crate::event::{Alarm, ConnectionState, Event, EventQueue};
use crate::id::{ConversationId, UserId};
use crate::model::{Presence, Receipt};

/// Alarms that may wait: one is enough to act upon.
const MAX_ALARMS: usize = 64;

/// What is to be told.
#[derive(Default)]
pub(super) struct Telling {
    lagged: u64,
    reset: Option<Event>,
    feed_reset: bool,
    alarms: VecDeque<Alarm>,
    connection: VecDeque<ConnectionState>,
    receipts: BTreeSet<(ConversationId, UserId)>,
    presences: BTreeSet<UserId>,
}

impl Telling {
    /// Something that is worth nothing later.
    pub(super) fn transient(&mut self, queue: &EventQueue, event: Event) {
        if queue.has_room() {
            queue.push(event);
        } else {
            self.lagged += 1;
        }
    }

    pub(super) fn receipt(&mut self, queue: &EventQueue, receipt: Receipt) {
        if queue.has_room() {
            queue.push(Event::Receipt(receipt));
        } else if !self.receipts.insert((receipt.conversation, receipt.cursor.user)) {
            self.lagged += 1;
        }
    }

    pub(super) fn presence(&mut self, queue: &EventQueue, presence: Presence) {
        if queue.has_room() {
            queue.push(Event::Presence(presence));
        } else if !self.presences.insert(presence.user) {
            self.lagged += 1;
        }
    }

    /// The latest states of the connection; a long row of them is shortened in the middle.
    pub(super) fn connection(&mut self, state: ConnectionState) {
        if self.connection.len() >= 4 {
            self.connection.pop_back();
            self.lagged += 1;
        }
        self.connection.push_back(state);
    }

    /// The store began a new life: what was to be told of the old one is void.
    pub(super) fn store_reset(&mut self, event: Event) {
        self.receipts.clear();
        self.feed_reset = false;
        self.reset = Some(event);
    }

    pub(super) fn feed_reset(&mut self) {
        self.feed_reset = true;
    }

    pub(super) fn alarm(&mut self, alarm: Alarm) {
        if self.alarms.len() < MAX_ALARMS {
            self.alarms.push_back(alarm);
        } else {
            self.lagged += 1;
        }
    }

    /// What has to be told even at the end.
    pub(super) fn rest(&mut self) -> Vec<Event> {
        let lagged = std::mem::take(&mut self.lagged);
        let lagged = (lagged > 0).then_some(Event::Lagged(lagged));
        let reset = self.reset.take();
        let feed_reset = std::mem::take(&mut self.feed_reset).then_some(Event::FeedReset);
        let alarms = self.alarms.drain(..).map(Event::Alarm);
        let connection = self.connection.drain(..).map(Event::Connection);
        lagged.into_iter().chain(reset).chain(feed_reset).chain(alarms).chain(connection).collect()
    }

    fn waits(&self) -> bool {
        self.lagged > 0
            || self.reset.is_some()
            || self.feed_reset
            || !self.alarms.is_empty()
            || !self.connection.is_empty()
            || !self.receipts.is_empty()
            || !self.presences.is_empty()
    }
}

impl Actor {
    /// Tells what there is room for.
    pub(super) fn pump_events(&mut self) {
        while self.telling.waits() && self.queue.has_room() {
            let Some(event) = self.next_to_tell() else { return };
            self.queue.push(event);
        }
    }

    fn next_to_tell(&mut self) -> Option<Event> {
        let telling = &mut self.telling;
        if telling.lagged > 0 {
            return Some(Event::Lagged(std::mem::take(&mut telling.lagged)));
        }
        if let Some(state) = telling.connection.pop_front() {
            return Some(Event::Connection(state));
        }
        if let Some(event) = telling.reset.take() {
            return Some(event);
        }
        if let Some(alarm) = telling.alarms.pop_front() {
            return Some(Event::Alarm(alarm));
        }
        if std::mem::take(&mut telling.feed_reset) {
            return Some(Event::FeedReset);
        }
        while let Some((conversation, user)) = self.telling.receipts.pop_first() {
            let log = self.logs.all.get(&LogKey::Conversation(conversation));
            let cursor = log.and_then(|log| log.cursors.iter().find(|cursor| cursor.user == user));
            if let Some(cursor) = cursor {
                return Some(Event::Receipt(Receipt { conversation, cursor: *cursor }));
            }
        }
        while let Some(user) = self.telling.presences.pop_first() {
            if let Some(presence) = self.watching.presence(user) {
                return Some(Event::Presence(presence));
            }
        }
        None
    }
}
