//! Full readings: what was acknowledged before one began is in it.

use super::conversation::{Ack, Seen};
use super::names::Name;
use super::{Checker, Moment};
use crate::report::Kind;

/// A reading that is not over.
pub(super) struct Reading {
    conversation: Name,
    epoch: Name,
    began: Moment,
    last: u64,
    last_at: Moment,
    /// The newest message that was acknowledged when it began, with the life that it was acknowledged in.
    acked: Option<(Name, Ack)>,
}

impl Checker {
    pub(super) fn on_reading(&mut self, number: u64, name: Name, epoch: Name) {
        let now = self.now;
        let conversation = self.conversations.entry(name).or_default();
        let acked = conversation.epoch.zip(conversation.top);
        let reading = Reading { conversation: name, epoch, began: now, last: 0, last_at: now, acked };
        if self.readings.insert(number, reading).is_some() {
            self.malformed("a reading that was begun already", &[name]);
        }
    }

    pub(super) fn on_entry(&mut self, number: u64, seq: u64, message: Name, sender: Name, body: u64) {
        let now = self.now;
        let Some(reading) = self.readings.get_mut(&number) else {
            return self.malformed("an entry of a reading that was not begun", &[message]);
        };
        let (conversation, epoch) = (reading.conversation, reading.epoch);
        let (last, last_at) = (reading.last, reading.last_at);
        (reading.last, reading.last_at) = (seq.max(last), now);
        if seq > last + 1 {
            self.violation(Kind::Skipped, &[conversation, message], &[last_at, now]);
        } else if seq <= last {
            self.violation(Kind::Reordered, &[conversation, message], &[last_at, now]);
        }
        self.see_message(&Seen { conversation, epoch, seq, message, sender, body });
    }

    pub(super) fn on_read(&mut self, number: u64, head: u64) {
        let now = self.now;
        let Some(reading) = self.readings.remove(&number) else {
            return self.malformed("the end of a reading that was not begun", &[]);
        };
        self.report.counts.readings += 1;
        let about = reading.conversation;
        if head > reading.last {
            self.violation(Kind::Skipped, &[about], &[reading.last_at, now]);
        }
        let Some((epoch, top)) = reading.acked else { return };
        let Some(conversation) = self.conversations.get(&about) else { return };
        let missing = if epoch == reading.epoch {
            (top.seq > reading.last).then(|| {
                conversation.first_above(reading.last, Moment::default(), reading.began).unwrap_or(top)
            })
        } else {
            // Another life of the store: on purpose, or everything is gone.
            (!self.epochs.contains(&reading.epoch)).then_some(top)
        };
        if let Some(ack) = missing {
            let sent = conversation.messages.get(&ack.message).map_or(ack.at, |message| message.sent);
            self.violation(Kind::NotDurable, &[about, ack.message], &[sent, ack.at, reading.began, now]);
        }
    }
}
