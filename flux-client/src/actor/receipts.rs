//! Tickets of messages that are sent, until everybody has read them.

use std::collections::{BTreeMap, VecDeque};

use tokio::sync::watch;

use super::Actor;
use super::logs::LogKey;
use crate::id::ConversationId;
use crate::ticket::{Sent, TicketStatus};

/// How many tickets are followed; beyond it the oldest end early.
const MAX_TRACKED: usize = 4_096;

/// Followed tickets.
#[derive(Default)]
pub(super) struct Receipts {
    sent: BTreeMap<ConversationId, BTreeMap<u64, (watch::Sender<TicketStatus>, Sent)>>,
    order: VecDeque<(ConversationId, u64)>,
}

impl Receipts {
    /// Follows a ticket, if anybody still holds it.
    pub(super) fn track(&mut self, status: watch::Sender<TicketStatus>, sent: Sent) {
        if status.is_closed() {
            return;
        }
        while self.order.len() >= MAX_TRACKED
            && let Some((conversation, seq)) = self.order.pop_front()
        {
            self.remove(conversation, seq);
        }
        self.order.push_back((sent.conversation, sent.seq));
        self.sent.entry(sent.conversation).or_default().insert(sent.seq, (status, sent));
    }

    fn remove(&mut self, conversation: ConversationId, seq: u64) {
        if let Some(tickets) = self.sent.get_mut(&conversation) {
            tickets.remove(&seq);
            if tickets.is_empty() {
                self.sent.remove(&conversation);
            }
        }
    }

    /// All members but the sender are here, or further.
    fn advance(&mut self, conversation: ConversationId, delivered: u64, read: u64) {
        let Some(tickets) = self.sent.get_mut(&conversation) else { return };
        tickets.retain(|seq, (status, sent)| {
            if *seq <= read {
                status.send_replace(TicketStatus::Read(sent.clone()));
                return false;
            }
            if *seq <= delivered {
                status.send_if_modified(|status| {
                    let sent = matches!(status, TicketStatus::Sent(_)).then(|| sent.clone());
                    let news = sent.is_some();
                    if let Some(sent) = sent {
                        *status = TicketStatus::Delivered(sent);
                    }
                    news
                });
            }
            !status.is_closed()
        });
        let left: Vec<u64> = tickets.keys().copied().collect();
        if left.is_empty() {
            self.sent.remove(&conversation);
        }
        self.order.retain(|(at, seq)| *at != conversation || left.binary_search(seq).is_ok());
    }

    /// What was sent belongs to another life of the store: nothing more will be heard of it.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl Actor {
    /// Tells tickets how far the other members of a conversation have got.
    pub(super) fn advance_receipts(&mut self, conversation: ConversationId) {
        let Some(log) = self.logs.all.get(&LogKey::Conversation(conversation)) else { return };
        let others = || log.cursors.iter().filter(|cursor| cursor.user != self.me);
        let delivered = others().map(|cursor| cursor.delivered_seq).min().unwrap_or(0);
        let read = others().map(|cursor| cursor.read_seq).min().unwrap_or(0);
        if delivered > 0 {
            self.receipts.advance(conversation, delivered, read);
        }
    }
}
