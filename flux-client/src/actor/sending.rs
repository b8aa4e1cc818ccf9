//! Sending: every conversation's messages in order, a window of them at once.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use flux_proto::ErrorCode;
use flux_proto::v1::{self, client_frame, reply, send};

use super::Actor;
use super::calls::{Outcome, Purpose};
use super::command::{Answer, TicketParts};
use super::lane::{Hold, Item, Lane};
use super::logs::{Entry, LogKey};
use super::pace::Pace;
use super::timers::Timer;
use crate::error::{ClientError, Refusal};
use crate::id::{ConversationId, Epoch, MessageId};
use crate::model::{Destination, Message};
use crate::outbox::{OutboxChange, QueuedSend};
use crate::ticket::{Cancelled, Sent, TicketStatus};

/// How many requests sends leave to others.
const SPARE: usize = 8;

/// Everything that is not sent yet.
#[derive(Default)]
pub(super) struct Sending {
    lanes: BTreeMap<ConversationId, Lane>,
    /// Where each message is.
    places: BTreeMap<MessageId, ConversationId>,
    /// Lanes that may have something to send, each in its turn.
    turns: VecDeque<ConversationId>,
    /// Sends that are open, in all lanes together.
    flying: usize,
    pub(super) pace: Pace,
}

impl Sending {
    fn count(&self) -> usize {
        self.places.len()
    }

    /// Gives a lane its turn.
    fn enqueue(&mut self, conversation: ConversationId) {
        if let Some(lane) = self.lanes.get_mut(&conversation)
            && !lane.queued
        {
            lane.queued = true;
            self.turns.push_back(conversation);
        }
    }

    fn item(&mut self, message: MessageId) -> Option<&mut Item> {
        let lane = self.lanes.get_mut(self.places.get(&message)?)?;
        let at = lane.position(message)?;
        lane.items.get_mut(at)
    }

    /// The session is over: what is in the outbox stays there, and its tickets end with the reason.
    pub(super) fn leave(&mut self, error: &ClientError) {
        for item in self.lanes.values_mut().flat_map(|lane| lane.items.drain(..)) {
            if let Some(reply) = item.storing {
                let _ = reply.send(Err(error.clone()));
            }
            for cancel in item.cancels {
                let _ = cancel.send(Err(error.clone()));
            }
            item.status.send_replace(TicketStatus::Held { error: error.clone(), retry_in: None });
        }
        *self = Self::default();
    }
}

impl Actor {
    /// Queues a message of the application.
    pub(super) fn on_send(&mut self, to: Destination, text: String, reply: Answer<TicketParts>) {
        if self.sending.count() >= self.parts.config.outbox_capacity {
            let _ = reply.send(Err(ClientError::Full("the outbox")));
            return;
        }
        let message = MessageId::generate(&*self.parts.runtime, &*self.parts.entropy);
        let send = QueuedSend { sender: self.me, to, message, text };
        self.keeping.journal(OutboxChange::Put(send.clone()));
        self.add(Item::new(send, Some(reply)));
    }

    /// Queues a message that an earlier session left in the outbox.
    pub(super) fn requeue(&mut self, send: QueuedSend) {
        let mut item = Item::new(send, None);
        item.uncertain = true;
        self.add(item);
    }

    fn add(&mut self, item: Item) {
        let conversation = item.send.to.conversation(self.me);
        self.sending.places.insert(item.send.message, conversation);
        self.sending.lanes.entry(conversation).or_default().items.push_back(item);
        self.sending.enqueue(conversation);
        self.tell_queued();
    }

    /// The outbox store has messages, or could not take them.
    pub(super) fn on_stored(
        &mut self,
        messages: &[MessageId],
        result: &Result<(), crate::error::StoreError>,
    ) {
        for message in messages {
            let Some(conversation) = self.sending.places.get(message).copied() else { continue };
            let Some(item) = self.sending.item(*message) else { continue };
            let Some(reply) = item.storing.take() else { continue };
            match result {
                Ok(()) => {
                    // Whoever asked may be gone; the message goes all the same.
                    let _ = reply.send(Ok(item.ticket(conversation)));
                    self.sending.enqueue(conversation);
                }
                Err(error) => {
                    let error = ClientError::from(error.clone());
                    let _ = reply.send(Err(error.clone()));
                    self.settle(*message, TicketStatus::Failed(error));
                }
            }
        }
    }

    /// Tickets for all that is not sent yet.
    pub(super) fn unsent(&self) -> Vec<TicketParts> {
        let lanes = self.sending.lanes.iter();
        let stored = lanes.flat_map(|(conversation, lane)| {
            lane.items.iter().filter(|item| item.storing.is_none()).map(|item| item.ticket(*conversation))
        });
        stored.collect()
    }

    pub(super) fn pump_sends(&mut self) {
        while self.can_open(SPARE) && self.sending.pace.allows(self.sending.flying, self.now) {
            let Some(conversation) = self.sending.turns.pop_front() else { return };
            if let Some(lane) = self.sending.lanes.get_mut(&conversation) {
                lane.queued = false;
            }
            // One at a time, so that a long queue delays no other conversation.
            if self.send_next(conversation) {
                self.sending.enqueue(conversation);
            }
        }
    }

    /// Sends one frame of a lane; `false` if there is nothing to send now.
    fn send_next(&mut self, conversation: ConversationId) -> bool {
        let Some(lane) = self.sending.lanes.get_mut(&conversation) else { return false };
        if let Some(message) = lane.give_up.pop() {
            lane.giving_up += 1;
            let request = client_frame::Request::GiveUp(v1::GiveUp {
                conversation_id: conversation.to_string(),
                message_id: message.to_string(),
            });
            if let Err(unsent) = self.open(request, Purpose::GiveUp { conversation, message }) {
                self.on_gave_up(conversation, message, &Err(unsent.error));
                return false;
            }
            return true;
        }
        let Some(at) = lane.next(self.parts.config.send_window.max(1)) else { return false };
        let item = &mut lane.items[at];
        let message = item.send.message;
        let limit = self.link.online().map_or(usize::MAX, |online| online.limits.message_bytes);
        if item.send.text.len() > limit {
            let error = Refusal::local(ErrorCode::MessageTooLong, "text").into();
            self.settle(message, TicketStatus::Failed(error));
            return true;
        }
        item.flying = true;
        lane.flying += 1;
        self.sending.flying += 1;
        let request = client_frame::Request::Send(v1::Send {
            to: Some(match item.send.to {
                Destination::Conversation(id) => send::To::ConversationId(id.to_string()),
                Destination::User(id) => send::To::UserId(id.to_string()),
            }),
            message_id: message.to_string(),
            text: item.send.text.clone(),
        });
        match self.open(request, Purpose::Send { conversation, message }) {
            Ok(()) => true,
            Err(unsent) => {
                self.on_send_outcome(conversation, message, Err(unsent.error));
                false
            }
        }
    }

    /// The server answered a send, or did not.
    pub(super) fn on_send_outcome(
        &mut self,
        conversation: ConversationId,
        message: MessageId,
        outcome: Outcome,
    ) {
        self.sending.flying -= 1;
        let Some(lane) = self.sending.lanes.get_mut(&conversation) else { return };
        lane.flying -= 1;
        if let Some(at) = lane.position(message) {
            lane.items[at].flying = false;
            match outcome {
                Ok(reply::Result::Sent(sent)) => self.on_sent(message, &sent),
                Ok(_) => {
                    let error = ClientError::Protocol("something else than sent");
                    self.on_send_failed(conversation, at, error);
                }
                Err(error) => self.on_send_failed(conversation, at, error),
            }
        }
        self.try_release(conversation);
    }

    fn on_sent(&mut self, message: MessageId, wire: &v1::Sent) {
        let Some(item) = self.sending.item(message) else { return };
        let (text, fallback) = (item.send.text.clone(), item.send.to.conversation(self.me));
        let sent = Sent {
            epoch: Epoch::from(wire.epoch.clone()),
            conversation: wire.conversation_id.parse().unwrap_or(fallback),
            seq: wire.seq,
            stored_ms: wire.stored_ms,
        };
        self.deliver(message, sent.clone());
        // The server pushes it to everybody but the connection that sent it.
        if self.sync.epoch.as_ref() == Some(&sent.epoch) && sent.seq > 0 {
            let entry = Message {
                conversation: sent.conversation,
                seq: sent.seq,
                sender: self.me,
                message,
                text,
                stored_ms: sent.stored_ms,
            };
            self.take_entry(LogKey::Conversation(sent.conversation), Entry::Message(entry));
        }
    }

    /// A message was seen in a conversation. If it is one that waits here, its acknowledgement was lost.
    pub(super) fn on_own_message(&mut self, message: &Message) {
        if message.sender != self.me || !self.sending.places.contains_key(&message.message) {
            return;
        }
        let Some(epoch) = self.sync.epoch.clone() else { return };
        let sent = Sent {
            epoch,
            conversation: message.conversation,
            seq: message.seq,
            stored_ms: message.stored_ms,
        };
        self.deliver(message.message, sent);
    }

    /// A message is stored on the server: it leaves the outbox, and its ticket follows the receipts.
    fn deliver(&mut self, message: MessageId, sent: Sent) {
        if let Some(status) = self.settle(message, TicketStatus::Sent(sent.clone())) {
            if let Some(lane) = self.sending.lanes.get_mut(&sent.conversation) {
                lane.failures = 0;
            }
            let conversation = sent.conversation;
            self.receipts.track(status, sent);
            self.advance_receipts(conversation);
        }
    }

    fn on_send_failed(&mut self, conversation: ConversationId, at: usize, error: ClientError) {
        let Some(lane) = self.sending.lanes.get_mut(&conversation) else { return };
        let item = &mut lane.items[at];
        item.uncertain |= error.uncertain();
        let connection = matches!(error, ClientError::Offline | ClientError::ConnectionLost)
            || error.code().is_some_and(|code| code.closes().is_some());
        if connection {
            // The next connection sends it again; unless it is not wanted any more.
            if !item.cancels.is_empty() {
                self.cancel_now(conversation, at);
            }
            return;
        }
        let held_by_another = error.code() == Some(ErrorCode::SendHeld);
        let retryable = error.retryable() || matches!(error, ClientError::Protocol(_));
        if !retryable {
            let message = item.send.message;
            if item.failed_here {
                lane.let_go(message);
            }
            self.settle(message, TicketStatus::Failed(error));
            return;
        }
        item.failed_here |= !held_by_another;
        if !item.cancels.is_empty() {
            return self.cancel_now(conversation, at);
        }
        if held_by_another {
            if at == 0 && lane.giving_up == 0 && lane.give_up.is_empty() {
                lane.let_go_again();
            }
            // The failure that it waits for may still be on its way; a lane at rest waits for everything that flies.
            if lane.hold.is_none() {
                self.hold(conversation, None);
            }
            return;
        }
        let mut retry_in = self.hold(conversation, error.retry_after());
        if error.code() == Some(ErrorCode::RateLimited) {
            let rest = self.sending.pace.too_fast(self.now, error.retry_after(), &mut self.timers);
            retry_in = retry_in.max(rest);
        }
        if let Some(lane) = self.sending.lanes.get(&conversation) {
            lane.items[at].status.send_replace(TicketStatus::Held { error, retry_in: Some(retry_in) });
        }
    }

    /// Lets a lane rest; returns for how long.
    fn hold(&mut self, conversation: ConversationId, at_least: Option<Duration>) -> Duration {
        let backoff = self.parts.config.backoff();
        let Some(lane) = self.sending.lanes.get_mut(&conversation) else { return Duration::ZERO };
        let delay = if let Some(hold) = lane.hold {
            // A later message of the same window failed too: that is no further failure of the lane.
            hold.until.saturating_sub(self.now).max(at_least.unwrap_or_default())
        } else {
            let delay = backoff.delay(&*self.parts.entropy, lane.failures, at_least);
            lane.failures = lane.failures.saturating_add(1);
            delay
        };
        let until = self.now + delay;
        let told = at_least.is_some() || lane.hold.is_some_and(|hold| hold.told);
        self.timers.cancel(lane.hold.and_then(|hold| hold.timer));
        let timer = Some(self.timers.set(until, Timer::Lane(conversation)));
        lane.hold = Some(Hold { until, timer, told });
        delay
    }

    pub(super) fn on_lane_timer(&mut self, conversation: ConversationId) {
        if let Some(hold) = self.sending.lanes.get_mut(&conversation).and_then(|lane| lane.hold.as_mut()) {
            hold.timer = None;
        }
        self.try_release(conversation);
    }

    /// Ends a lane's rest if it is over; forgets a lane with nothing in it.
    fn try_release(&mut self, conversation: ConversationId) {
        let Some(lane) = self.sending.lanes.get_mut(&conversation) else { return };
        if let Some(hold) = lane.hold
            && hold.until <= self.now
            && lane.flying == 0
        {
            self.timers.cancel(hold.timer);
            lane.hold = None;
            lane.items.iter().for_each(Item::requeue);
        }
        if lane.is_done() {
            self.timers.cancel(lane.hold.and_then(|hold| hold.timer));
            self.sending.lanes.remove(&conversation);
            return;
        }
        self.sending.enqueue(conversation);
    }

    /// Ends a lane's rest early.
    fn hurry(&mut self, conversation: ConversationId) {
        if let Some(hold) = self.sending.lanes.get_mut(&conversation).and_then(|lane| lane.hold.as_mut()) {
            hold.until = self.now;
        }
        self.try_release(conversation);
    }

    pub(super) fn on_retry(&mut self, conversation: Option<ConversationId>) {
        let all = || self.sending.lanes.keys().copied().collect();
        let lanes: Vec<_> = conversation.map_or_else(all, |conversation| vec![conversation]);
        for lane in lanes {
            self.hurry(lane);
        }
    }

    /// There is a new connection, and nothing is held on it.
    pub(super) fn resume_sends(&mut self) {
        let lanes: Vec<_> = self.sending.lanes.keys().copied().collect();
        for conversation in lanes {
            let Some(lane) = self.sending.lanes.get_mut(&conversation) else { continue };
            lane.forget_connection();
            if lane.hold.is_some_and(|hold| !hold.told) {
                self.hurry(conversation);
            } else {
                self.try_release(conversation);
            }
        }
    }

    pub(super) fn on_gave_up(&mut self, conversation: ConversationId, message: MessageId, outcome: &Outcome) {
        let Some(lane) = self.sending.lanes.get_mut(&conversation) else { return };
        lane.giving_up -= 1;
        // Later sends would be refused: it is said again. A refusal for good means that nothing is held.
        if outcome
            .as_ref()
            .is_err_and(|error| error.retryable() && !matches!(error, ClientError::ConnectionLost))
        {
            lane.let_go(message);
            self.hold(conversation, outcome.as_ref().err().and_then(ClientError::retry_after));
        }
        self.try_release(conversation);
    }

    pub(super) fn on_cancel(&mut self, message: MessageId, reply: Answer<Cancelled>) {
        let Some(conversation) = self.sending.places.get(&message).copied() else {
            let _ = reply.send(Ok(Cancelled::TooLate));
            return;
        };
        let Some(lane) = self.sending.lanes.get_mut(&conversation) else { return };
        let Some(at) = lane.position(message) else { return };
        lane.items[at].cancels.push(reply);
        if !lane.items[at].flying {
            self.cancel_now(conversation, at);
        }
    }

    fn cancel_now(&mut self, conversation: ConversationId, at: usize) {
        let Some(lane) = self.sending.lanes.get_mut(&conversation) else { return };
        let item = &mut lane.items[at];
        let (message, maybe_sent, failed_here) = (item.send.message, item.uncertain, item.failed_here);
        for cancel in std::mem::take(&mut item.cancels) {
            let _ = cancel.send(Ok(Cancelled::Yes { maybe_sent }));
        }
        if failed_here {
            lane.let_go(message);
        }
        self.settle(message, TicketStatus::Cancelled { maybe_sent });
        if failed_here {
            // What it was waited for is gone.
            self.hurry(conversation);
        }
    }

    /// Takes a message out of the outbox with this as its last word, or its last before receipts.
    fn settle(
        &mut self,
        message: MessageId,
        status: TicketStatus,
    ) -> Option<tokio::sync::watch::Sender<TicketStatus>> {
        let conversation = self.sending.places.remove(&message)?;
        let lane = self.sending.lanes.get_mut(&conversation)?;
        let item = lane.items.remove(lane.position(message)?)?;
        for cancel in item.cancels {
            let _ = cancel.send(Ok(Cancelled::TooLate));
        }
        item.status.send_replace(status);
        self.keeping.journal(OutboxChange::Remove(message));
        self.try_release(conversation);
        self.tell_queued();
        Some(item.status)
    }

    fn tell_queued(&self) {
        self.outlets.queued.send_replace(self.sending.count());
    }
}
