//! The unsent messages of one conversation, in order.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::watch;

use super::command::{Answer, TicketParts};
use super::timers::TimerKey;
use crate::id::{ConversationId, MessageId};
use crate::outbox::QueuedSend;
use crate::ticket::{Cancelled, TicketStatus};

/// Messages that were given up on one connection and that the server may still hold the lane for.
const MAX_GIVEN_UP: usize = 16;

/// One message that is not sent yet.
pub(super) struct Item {
    pub(super) send: QueuedSend,
    pub(super) status: watch::Sender<TicketStatus>,
    /// Who waits for it to be in the outbox store; `None` once it is.
    pub(super) storing: Option<Answer<TicketParts>>,
    /// Whether it is on its way.
    pub(super) flying: bool,
    /// Whether the server may hold the lane for it: a try of this connection failed, or got no answer.
    pub(super) failed_here: bool,
    /// Whether the server may have stored it.
    pub(super) uncertain: bool,
    /// Who wants it back while it is on its way.
    pub(super) cancels: Vec<Answer<Cancelled>>,
}

impl Item {
    pub(super) fn new(send: QueuedSend, storing: Option<Answer<TicketParts>>) -> Self {
        let (status, _) = watch::channel(TicketStatus::Queued);
        Self {
            send,
            status,
            storing,
            flying: false,
            failed_here: false,
            uncertain: false,
            cancels: Vec::new(),
        }
    }

    /// What a ticket for it is made of.
    pub(super) fn ticket(&self, conversation: ConversationId) -> TicketParts {
        (self.send.message, conversation, self.status.subscribe())
    }

    /// Tells the ticket that the wait is over.
    pub(super) fn requeue(&self) {
        self.status.send_if_modified(|status| {
            let held = matches!(status, TicketStatus::Held { .. });
            if held {
                *status = TicketStatus::Queued;
            }
            held
        });
    }
}

/// After a failure nothing of the lane is sent until the time has come and all that flew has landed; then everything
/// goes again in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hold {
    pub(super) until: Duration,
    pub(super) timer: Option<TimerKey>,
    /// Whether the server named the time, so that a new connection does not shorten it.
    pub(super) told: bool,
}

/// The unsent messages of one conversation.
#[derive(Default)]
pub(super) struct Lane {
    pub(super) items: VecDeque<Item>,
    pub(super) hold: Option<Hold>,
    /// Failures in a row.
    pub(super) failures: u32,
    /// Sends that are open.
    pub(super) flying: usize,
    /// Messages to give up before anything else is sent.
    pub(super) give_up: Vec<MessageId>,
    /// Open requests to give up.
    pub(super) giving_up: usize,
    /// Whether a message was refused for good, and none was stored since: what comes next may be refused too, and sends
    /// that fly behind it come back.
    wary: bool,
    /// What was given up on this connection.
    given_up: VecDeque<MessageId>,
    /// Whether it stands in the queue of lanes that may have something to send.
    pub(super) queued: bool,
}

impl Lane {
    /// Whether nothing is left to do.
    pub(super) fn is_done(&self) -> bool {
        self.items.is_empty() && self.flying == 0 && self.give_up.is_empty() && self.giving_up == 0
    }

    pub(super) fn position(&self, message: MessageId) -> Option<usize> {
        self.items.iter().position(|item| item.send.message == message)
    }

    /// The place of the next message that may go, if one may: everything before it is on its way.
    pub(super) fn next(&self, window: usize) -> Option<usize> {
        let window = if self.wary { 1 } else { window };
        if self.hold.is_some() || self.giving_up > 0 || self.flying >= window {
            return None;
        }
        let at = self.items.iter().position(|item| !item.flying)?;
        self.items[at].storing.is_none().then_some(at)
    }

    /// Notes that a message was refused for good. What flies behind it may come back, and then goes again at once.
    pub(super) fn refused(&mut self, now: Duration) {
        self.wary = true;
        if self.flying > 0 && self.hold.is_none() {
            self.hold = Some(Hold { until: now, timer: None, told: false });
        }
    }

    /// Notes that a message was stored.
    pub(super) fn stored(&mut self) {
        self.failures = 0;
        self.wary = false;
    }

    /// Notes that the server need not wait for this message any more.
    pub(super) fn let_go(&mut self, message: MessageId) {
        self.give_up.push(message);
        if self.given_up.len() >= MAX_GIVEN_UP {
            self.given_up.pop_front();
        }
        self.given_up.push_back(message);
    }

    /// The server holds the lane for a message that is not in it any more: says again which are given up.
    pub(super) fn let_go_again(&mut self) {
        for message in &self.given_up {
            if !self.give_up.contains(message) {
                self.give_up.push(*message);
            }
        }
    }

    /// A new connection holds nothing.
    pub(super) fn forget_connection(&mut self) {
        self.give_up.clear();
        self.given_up.clear();
        for item in &mut self.items {
            item.failed_here = false;
        }
    }
}
