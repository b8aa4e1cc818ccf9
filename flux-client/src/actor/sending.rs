//! Sending: every conversation's messages in order, a window of them at once.

use std::collections::{BTreeMap, VecDeque};

use flux_proto::ErrorCode;
use flux_proto::v1::{self, client_frame, reply, send};

use super::Actor;
use super::calls::{Outcome, Purpose};
use super::command::{Answer, TicketParts};
use super::lane::{Item, Lane};
use super::logs::{Entry, LogKey};
use super::pace::Pace;
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
    pub(super) lanes: BTreeMap<ConversationId, Lane>,
    /// Where each message is.
    pub(super) places: BTreeMap<MessageId, ConversationId>,
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
    pub(super) fn enqueue(&mut self, conversation: ConversationId) {
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
                Ok(reply::Result::Sent(sent)) => {
                    // The server waited for this one, if for any.
                    lane.items[at].failed_here = false;
                    self.on_sent(message, &sent);
                }
                Ok(_) => {
                    let error = ClientError::Protocol("something else than sent");
                    self.on_send_failed(conversation, at, error);
                }
                Err(error) => self.on_send_failed(conversation, at, error),
            }
        } else if outcome.is_err_and(|error| error.code() != Some(ErrorCode::SendHeld)) {
            // It was seen in the conversation meanwhile: it is stored, and nobody sends it again.
            lane.let_go(message);
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
                lane.stored();
            }
            let conversation = sent.conversation;
            self.receipts.track(status, sent);
            self.advance_receipts(conversation);
        }
    }

    /// Takes a message out of the outbox with this as its last word, or its last before receipts.
    pub(super) fn settle(
        &mut self,
        message: MessageId,
        status: TicketStatus,
    ) -> Option<tokio::sync::watch::Sender<TicketStatus>> {
        let conversation = self.sending.places.remove(&message)?;
        let lane = self.sending.lanes.get_mut(&conversation)?;
        let item = lane.items.remove(lane.position(message)?)?;
        // The server may wait for it to be sent again, and it will not be. What flies is decided by its answer.
        if item.failed_here && !item.flying {
            lane.let_go(message);
        }
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
