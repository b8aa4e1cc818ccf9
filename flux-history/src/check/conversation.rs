//! What is known of a conversation.

use std::collections::HashMap;

use super::given::Stream;
use super::names::Name;
use super::{Checker, Moment};
use crate::report::Kind;

/// One message, under the id that its sender chose.
pub(super) struct Message {
    pub(super) user: Name,
    /// The first try.
    pub(super) sent: Moment,
    /// What the tries say: the first, and those that say something else.
    pub(super) body: u64,
    pub(super) other_bodies: Vec<u64>,
    /// What is stored of them, as soon as it is known.
    pub(super) stored: Option<u64>,
    /// Where it is.
    pub(super) place: Option<Place>,
    pub(super) acked: bool,
    /// Tries that are not answered, or of which nobody knows what became of them.
    pub(super) open: u32,
    /// The last refusal.
    pub(super) failed: Option<Moment>,
}

impl Message {
    pub(super) fn says(&self, body: u64) -> bool {
        match self.stored {
            Some(stored) => stored == body,
            None => self.body == body || self.other_bodies.contains(&body),
        }
    }
}

/// Where a message was seen, and when first.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) epoch: Name,
    pub(super) seq: u64,
    pub(super) seen: Moment,
}

/// An acknowledged message.
#[derive(Clone, Copy)]
pub(super) struct Ack {
    pub(super) message: Name,
    pub(super) seq: u64,
    pub(super) at: Moment,
}

#[derive(Default)]
pub(super) struct Conversation {
    pub(super) members: Vec<Name>,
    /// Everybody who was ever a member.
    pub(super) ever: Vec<Name>,
    pub(super) members_since: Option<Moment>,
    pub(super) messages: HashMap<Name, Message>,
    /// Which message is where.
    pub(super) places: HashMap<(Name, u64), Name>,
    /// The newest place that anybody has seen, in any life.
    pub(super) newest: u64,
    /// Messages in the order of their first try.
    pub(super) lanes: HashMap<Name, Vec<Name>>,
    /// The life of the store of what was acknowledged last, and what was acknowledged in it.
    pub(super) epoch: Option<Name>,
    pub(super) acks: Vec<Ack>,
    /// The newest of those.
    pub(super) top: Option<Ack>,
    /// What sessions were given.
    pub(super) streams: HashMap<Name, Stream>,
}

impl Conversation {
    pub(super) fn acked(&mut self, epoch: Name, ack: Ack) {
        if self.epoch != Some(epoch) {
            self.epoch = Some(epoch);
            self.acks.clear();
            self.top = None;
        }
        self.acks.push(ack);
        if self.top.is_none_or(|top| top.seq < ack.seq) {
            self.top = Some(ack);
        }
    }

    /// The acknowledged message with the lowest place above `seq`, of those that were acknowledged before `before` and
    /// not before `since`.
    pub(super) fn first_above(&self, seq: u64, since: Moment, before: Moment) -> Option<Ack> {
        let acks = self
            .acks
            .iter()
            .filter(|ack| ack.seq > seq && ack.at.event >= since.event && ack.at.event < before.event);
        acks.min_by_key(|ack| ack.seq).copied()
    }
}

/// What is said of a message where it is seen.
pub(super) struct Seen {
    pub(super) conversation: Name,
    pub(super) epoch: Name,
    pub(super) seq: u64,
    pub(super) message: Name,
    pub(super) sender: Name,
    pub(super) body: u64,
}

impl Checker {
    pub(super) fn on_members(&mut self, name: Name, users: Vec<Name>) {
        let conversation = self.conversations.entry(name).or_default();
        for user in &users {
            if !conversation.ever.contains(user) {
                conversation.ever.push(*user);
            }
        }
        conversation.members = users;
        conversation.members_since = Some(self.now);
    }

    /// A message is at a place: by an acknowledgement, in a stream, or in a reading.
    pub(super) fn at_place(&mut self, name: Name, epoch: Name, seq: u64, message: Name) {
        let now = self.now;
        let Some(conversation) = self.conversations.get_mut(&name) else { return };
        conversation.newest = conversation.newest.max(seq);
        let other = *conversation.places.entry((epoch, seq)).or_insert(message);
        let there = conversation.messages.get(&other).and_then(|other| other.place);
        let Some(known) = conversation.messages.get_mut(&message) else { return };
        let before = known.place;
        match before {
            Some(place) if place.epoch == epoch => {}
            _ => known.place = Some(Place { epoch, seq, seen: now }),
        }
        if other != message {
            let seen = there.map_or(now, |place| place.seen);
            self.violation(Kind::Torn, &[name, other, message], &[seen, now]);
        }
        if let Some(place) = before
            && place.epoch == epoch
            && place.seq != seq
        {
            self.violation(Kind::Doubled, &[name, message], &[place.seen, now]);
        }
    }

    /// A message is seen, with all that is said of it.
    pub(super) fn see_message(&mut self, seen: &Seen) {
        let now = self.now;
        let conversation = self.conversations.entry(seen.conversation).or_default();
        let Some(message) = conversation.messages.get_mut(&seen.message) else {
            self.violation(Kind::Phantom, &[seen.conversation, seen.message], &[now]);
            return self.at_place(seen.conversation, seen.epoch, seen.seq, seen.message);
        };
        let sent = message.sent;
        let (right_sender, right_body) = (message.user == seen.sender, message.says(seen.body));
        if right_body {
            message.stored = Some(seen.body);
        }
        if !right_sender {
            self.violation(Kind::WrongSender, &[seen.conversation, seen.message, seen.sender], &[sent, now]);
        }
        if !right_body {
            self.violation(Kind::Altered, &[seen.conversation, seen.message], &[sent, now]);
        }
        self.at_place(seen.conversation, seen.epoch, seen.seq, seen.message);
    }

    /// What only the end shows: messages that were refused and are there, and lanes out of order.
    pub(super) fn finish_conversations(&mut self) {
        let mut found = Vec::new();
        for (name, conversation) in &self.conversations {
            for (id, message) in &conversation.messages {
                if let (Some(place), Some(failed), 0, false) =
                    (message.place, message.failed, message.open, message.acked)
                {
                    found.push((Kind::Phantom, vec![*name, *id], vec![message.sent, failed, place.seen]));
                }
            }
            for lane in conversation.lanes.values() {
                let mut last: Option<(&Message, Place)> = None;
                for id in lane {
                    let Some(message) = conversation.messages.get(id) else { continue };
                    let Some(place) = message.place else { continue };
                    if let Some((earlier, before)) = last
                        && before.epoch == place.epoch
                        && before.seq > place.seq
                    {
                        let witness = vec![earlier.sent, message.sent, before.seen, place.seen];
                        found.push((Kind::Reordered, vec![*name, *id], witness));
                        continue;
                    }
                    last = Some((message, place));
                }
            }
        }
        for (kind, about, witness) in found {
            self.violation(kind, &about, &witness);
        }
    }
}
