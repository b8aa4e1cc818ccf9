//! What comes after a send that failed: its conversation rests, and then everything goes again in order.

use std::time::Duration;

use flux_proto::ErrorCode;

use super::Actor;
use super::calls::Outcome;
use super::command::Answer;
use super::lane::{Hold, Item};
use super::timers::Timer;
use crate::error::ClientError;
use crate::id::{ConversationId, MessageId};
use crate::ticket::{Cancelled, TicketStatus};

impl Actor {
    pub(super) fn on_send_failed(&mut self, conversation: ConversationId, at: usize, error: ClientError) {
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
            // Whether it holds the lane is for the server to know; letting go of nothing does no harm.
            item.failed_here = true;
            lane.refused(self.now);
            self.settle(message, TicketStatus::Failed(error));
            return;
        }
        item.failed_here |= !held_by_another;
        if !item.cancels.is_empty() {
            return self.cancel_now(conversation, at);
        }
        if held_by_another {
            // A lane at rest knows what it waits for, and waits for everything that flies. Else the failure may still be on
            // its way; or it was given up, and the server does not know.
            if lane.hold.is_none() {
                if at == 0 && lane.giving_up == 0 && lane.give_up.is_empty() {
                    lane.let_go_again();
                }
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
    pub(super) fn try_release(&mut self, conversation: ConversationId) {
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
        self.settle(message, TicketStatus::Cancelled { maybe_sent });
        if failed_here {
            // What it was waited for is gone.
            self.hurry(conversation);
        }
    }
}
