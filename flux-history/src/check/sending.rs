//! Sends and their answers.

use super::conversation::{Ack, Message};
use super::names::Name;
use super::{Checker, Due, Moment};
use crate::report::Kind;

/// A try that is not answered.
pub(super) struct Try {
    session: Name,
    user: Name,
    conversation: Name,
    message: Name,
    body: u64,
    began: Moment,
    /// Since when a newer connection owned the session, if it did when the try began.
    superseded: Option<Moment>,
    /// Since when the end of the session was certain, if it was when the try began.
    revoked: Option<Moment>,
    member: bool,
}

/// What is sent.
pub(super) struct Sent {
    pub(super) op: u64,
    pub(super) session: Name,
    pub(super) connection: Option<Name>,
    pub(super) lane: Option<Name>,
    pub(super) conversation: Name,
    pub(super) message: Name,
    pub(super) body: u64,
}

impl Checker {
    pub(super) fn on_send(&mut self, sent: &Sent) {
        let now = self.now;
        self.report.counts.sends += 1;
        let Some(session) = self.sessions.all.get(&sent.session) else {
            return self.malformed("a send of a session that was never opened", &[sent.session]);
        };
        let user = session.user;
        let connection = sent.connection.and_then(|name| self.sessions.connections.get(&name));
        let conversation = self.conversations.entry(sent.conversation).or_default();
        let attempt = Try {
            session: sent.session,
            user,
            conversation: sent.conversation,
            message: sent.message,
            body: sent.body,
            began: now,
            superseded: connection.and_then(|connection| connection.superseded),
            revoked: session.revoked,
            member: conversation.members.contains(&user),
        };
        let known = conversation.messages.entry(sent.message);
        let first = matches!(known, std::collections::hash_map::Entry::Vacant(_));
        let message = known.or_insert_with(|| Message {
            user,
            sent: now,
            body: sent.body,
            other_bodies: Vec::new(),
            stored: None,
            place: None,
            acked: false,
            open: 0,
            failed: None,
        });
        message.open += 1;
        if !message.says(sent.body) && message.stored.is_none() {
            message.other_bodies.push(sent.body);
        }
        if first && let Some(lane) = sent.lane {
            conversation.lanes.entry(lane).or_default().push(sent.message);
        }
        if self.tries.insert(sent.op, attempt).is_some() {
            self.malformed("a number that was used already", &[sent.message]);
        }
    }

    pub(super) fn on_acked(&mut self, op: u64, epoch: Name, seq: u64) {
        let now = self.now;
        let Some(attempt) = self.tries.remove(&op) else {
            return self.malformed("an answer to what was not asked", &[]);
        };
        self.report.counts.acknowledged += 1;
        let Some(conversation) = self.conversations.get_mut(&attempt.conversation) else { return };
        let member = attempt.member || conversation.members.contains(&attempt.user);
        let since = conversation.members_since;
        let Some(message) = conversation.messages.get_mut(&attempt.message) else { return };
        message.open -= 1;
        let (again, sent) = (std::mem::replace(&mut message.acked, true), message.sent);
        let altered = *message.stored.get_or_insert(attempt.body) != attempt.body;
        if !again {
            conversation.acked(epoch, Ack { message: attempt.message, seq, at: now });
            self.due.push_back(Due {
                conversation: attempt.conversation,
                message: attempt.message,
                seq,
                at: now,
            });
        }
        let about = [attempt.conversation, attempt.message];
        self.at_place(attempt.conversation, epoch, seq, attempt.message);
        if altered {
            self.violation(Kind::Altered, &about, &[sent, attempt.began, now]);
        }
        if !member {
            let witness: Vec<Moment> = since.into_iter().chain([attempt.began, now]).collect();
            self.violation(Kind::NotMember, &[attempt.conversation, attempt.user], &witness);
        }
        if let Some(revoked) = attempt.revoked {
            self.violation(
                Kind::AfterRevocation,
                &[attempt.session, attempt.message],
                &[revoked, attempt.began, now],
            );
        }
        if let Some(newer) = attempt.superseded {
            self.violation(
                Kind::TwoOwners,
                &[attempt.session, attempt.message],
                &[newer, attempt.began, now],
            );
        }
    }

    pub(super) fn on_failed(&mut self, op: u64) {
        let now = self.now;
        let Some(attempt) = self.tries.remove(&op) else {
            return self.malformed("an answer to what was not asked", &[]);
        };
        self.report.counts.failed += 1;
        let conversation = self.conversations.get_mut(&attempt.conversation);
        if let Some(message) = conversation.and_then(|known| known.messages.get_mut(&attempt.message)) {
            message.open -= 1;
            message.failed = Some(now);
        }
    }

    pub(super) fn on_unknown(&mut self, op: u64) {
        // The message stays open: it may be there, now or later.
        match self.tries.remove(&op) {
            Some(_) => self.report.counts.unknown += 1,
            None => self.malformed("an answer to what was not asked", &[]),
        }
    }
}
