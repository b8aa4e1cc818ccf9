//! One's own cursors: what the application took and what its user read, told to the server. Moves are gathered: one is
//! on its way for each conversation, and the next one tells the latest.

use std::collections::{BTreeMap, BTreeSet};

use flux_proto::v1::{self, client_frame, reply};

use super::Actor;
use super::calls::{Outcome, Purpose};
use super::command::Answer;
use super::timers::{Timer, TimerKey};
use crate::error::ClientError;
use crate::id::ConversationId;
use crate::model::Cursor;

/// How many requests marks leave to others.
const SPARE: usize = 10;
/// How many callers may wait for one conversation's mark.
const MAX_WAITING: usize = 256;

/// Marks that are not where they should be.
#[derive(Default)]
pub(super) struct Marks {
    wanted: BTreeMap<ConversationId, Mark>,
    ready: BTreeSet<ConversationId>,
}

#[derive(Default)]
struct Mark {
    delivered: u64,
    read: u64,
    asked: bool,
    retry: Option<TimerKey>,
    failures: u32,
    waiting: Vec<(u64, Answer<()>)>,
}

impl Marks {
    /// Nobody will tell the server.
    pub(super) fn fail_all(&mut self, error: &ClientError) {
        self.fail_waiting(error);
        self.forget();
    }

    /// Nobody will tell the server soon; it is told when there is a connection.
    pub(super) fn fail_waiting(&mut self, error: &ClientError) {
        for (_, reply) in self.wanted.values_mut().flat_map(|mark| mark.waiting.drain(..)) {
            let _ = reply.send(Err(error.clone()));
        }
    }

    /// The numbers belong to another life of the store.
    pub(super) fn forget(&mut self) {
        self.fail_waiting(&ClientError::Invalid("the server's store began a new life"));
        *self = Self::default();
    }
}

impl Actor {
    pub(super) fn on_mark_read(&mut self, conversation: ConversationId, seq: u64, reply: Answer<()>) {
        if self.own_cursor(conversation).is_some_and(|cursor| cursor.read_seq >= seq) {
            let _ = reply.send(Ok(()));
            return;
        }
        if let Some(error) = self.link.parked() {
            let _ = reply.send(Err(error));
            return;
        }
        let mark = self.marks.wanted.entry(conversation).or_default();
        mark.waiting.retain(|(_, reply)| !reply.is_closed());
        if mark.waiting.len() >= MAX_WAITING {
            let _ = reply.send(Err(ClientError::Full("the queue of marks")));
            return;
        }
        mark.read = mark.read.max(seq);
        mark.waiting.push((seq, reply));
        self.ready_mark(conversation);
    }

    /// The application took messages up to here.
    pub(super) fn want_delivered(&mut self, conversation: ConversationId, seq: u64) {
        if self.own_cursor(conversation).is_some_and(|cursor| cursor.delivered_seq >= seq) {
            return;
        }
        let mark = self.marks.wanted.entry(conversation).or_default();
        mark.delivered = mark.delivered.max(seq);
        self.ready_mark(conversation);
    }

    fn ready_mark(&mut self, conversation: ConversationId) {
        if self.marks.wanted.get(&conversation).is_some_and(|mark| !mark.asked && mark.retry.is_none()) {
            self.marks.ready.insert(conversation);
        }
    }

    pub(super) fn pump_marks(&mut self) {
        while !self.marks.ready.is_empty() && self.can_open(SPARE) {
            let Some(conversation) = self.marks.ready.pop_first() else { return };
            let Some(mark) = self.marks.wanted.get_mut(&conversation) else { continue };
            mark.asked = true;
            let (delivered, read) = (mark.delivered, mark.read);
            let conversation_id = conversation.to_string();
            // Read includes delivered. If more is delivered than read, that is the next move.
            let (request, delivered) = if read > 0 {
                (client_frame::Request::MarkRead(v1::MarkRead { conversation_id, seq: read }), read)
            } else {
                let mark = v1::MarkDelivered { conversation_id, seq: delivered };
                (client_frame::Request::MarkDelivered(mark), delivered)
            };
            let purpose = Purpose::Mark { conversation, delivered, read };
            if let Err(unsent) = self.open(request, purpose) {
                self.on_marked(conversation, delivered, read, Err(unsent.error));
                return;
            }
        }
    }

    pub(super) fn on_marked(
        &mut self,
        conversation: ConversationId,
        delivered: u64,
        read: u64,
        outcome: Outcome,
    ) {
        let moved = outcome.and_then(|result| match result {
            reply::Result::CursorMoved(moved) => match moved.cursor {
                Some(cursor) => Cursor::try_from(cursor),
                None => Err(ClientError::Protocol("a moved cursor without a cursor")),
            },
            _ => Err(ClientError::Protocol("something else than a moved cursor")),
        });
        let Some(mark) = self.marks.wanted.get_mut(&conversation) else { return };
        mark.asked = false;
        match moved {
            Ok(cursor) => {
                mark.failures = 0;
                // The server's word counts, but what it was asked and granted is done in any case.
                self.mark_done(
                    conversation,
                    delivered.max(cursor.delivered_seq),
                    read.max(cursor.read_seq),
                    &Ok(()),
                );
                self.take_cursor(conversation, cursor);
            }
            Err(ClientError::Offline | ClientError::ConnectionLost) => self.ready_mark(conversation),
            Err(error) if error.retryable() => {
                let backoff = self.parts.config.backoff();
                let delay = backoff.delay(&*self.parts.entropy, mark.failures, error.retry_after());
                mark.failures = mark.failures.saturating_add(1);
                mark.retry = Some(self.timers.set(self.now + delay, Timer::Mark(conversation)));
            }
            Err(error) => self.mark_done(conversation, delivered, read, &Err(error)),
        }
    }

    /// The mark stands here, or will never.
    fn mark_done(
        &mut self,
        conversation: ConversationId,
        delivered: u64,
        read: u64,
        result: &Result<(), ClientError>,
    ) {
        let Some(mark) = self.marks.wanted.get_mut(&conversation) else { return };
        for (seq, reply) in std::mem::take(&mut mark.waiting) {
            if seq <= read {
                let _ = reply.send(result.clone());
            } else {
                mark.waiting.push((seq, reply));
            }
        }
        if mark.read <= read {
            mark.read = 0;
        }
        if mark.delivered <= delivered {
            mark.delivered = 0;
        }
        if mark.read == 0 && mark.delivered == 0 {
            self.marks.wanted.remove(&conversation);
        } else {
            self.ready_mark(conversation);
        }
    }

    pub(super) fn on_mark_timer(&mut self, conversation: ConversationId) {
        if let Some(mark) = self.marks.wanted.get_mut(&conversation) {
            mark.retry = None;
        }
        self.ready_mark(conversation);
    }
}
