//! Sends, handed to the core one after the other in the order in which they came.

use std::collections::VecDeque;
use std::sync::Arc;

use flux_core::message::{Destination, MessageError, SendLane, SendTicket};
use flux_core::observe::trace;
use flux_core::session::Actor;
use flux_core::{ConversationId, MessageId, Pair};
use futures_util::future::BoxFuture;

use super::call::Call;
use crate::chat::codec::Send;
use crate::chat::server::Inner;

/// A send that the core took, or did not.
pub(super) struct Submitted {
    pub(super) request_id: u32,
    pub(super) call: Call,
    pub(super) outcome: Result<SendTicket, MessageError>,
}

enum Waiting {
    Send {
        request_id: u32,
        call: Call,
        send: Send,
    },
    /// One that is answered already: later ones are to wait for it, but not those before it.
    Refused {
        conversation: ConversationId,
        message: MessageId,
    },
    /// One that need not be waited for any more, by sends that came after that was said.
    GivenUp {
        conversation: ConversationId,
        message: MessageId,
    },
}

/// The sends of a connection that the core has not taken yet. There is more than one only where a policy is asked
/// before each.
pub(super) struct Sends {
    server: Arc<Inner>,
    actor: Actor,
    lane: Arc<SendLane>,
    waiting: VecDeque<Waiting>,
    submitting: Option<BoxFuture<'static, Submitted>>,
}

impl Sends {
    pub(super) fn new(server: &Arc<Inner>, actor: Actor) -> Self {
        let lane = Arc::new(SendLane::new());
        Self { server: Arc::clone(server), actor, lane, waiting: VecDeque::new(), submitting: None }
    }

    pub(super) fn push(&mut self, request_id: u32, send: Send, call: Call) {
        self.waiting.push_back(Waiting::Send { request_id, call, send });
    }

    /// Notes that a send was not taken and may be repeated, so that later ones do not overtake it.
    pub(super) fn refuse(&mut self, send: &Send) {
        let Some(conversation) = conversation(&self.actor, send.to) else { return };
        if self.is_idle() {
            self.lane.refuse(conversation, send.message);
        } else {
            self.waiting.push_back(Waiting::Refused { conversation, message: send.message });
        }
    }

    /// Lets go of a send that failed and is not to be resent.
    pub(super) fn give_up(&mut self, conversation: ConversationId, message: MessageId) {
        if self.is_idle() {
            self.lane.give_up(conversation, message);
        } else {
            self.waiting.push_back(Waiting::GivenUp { conversation, message });
        }
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.submitting.is_none()
    }

    /// The next one that was handed over; waits for ever if there is none. Losing a call loses nothing.
    pub(super) async fn next(&mut self) -> Submitted {
        loop {
            if let Some(submitting) = &mut self.submitting {
                let submitted = submitting.await;
                self.submitting = None;
                return submitted;
            }
            match self.waiting.pop_front() {
                Some(Waiting::Send { request_id, call, send }) => {
                    self.submitting = Some(self.submit(request_id, call, send));
                }
                Some(Waiting::Refused { conversation, message }) => self.lane.refuse(conversation, message),
                Some(Waiting::GivenUp { conversation, message }) => {
                    self.lane.give_up(conversation, message);
                }
                None => return std::future::pending().await,
            }
        }
    }

    fn submit(&self, request_id: u32, call: Call, send: Send) -> BoxFuture<'static, Submitted> {
        let (server, actor, lane) = (Arc::clone(&self.server), self.actor, Arc::clone(&self.lane));
        Box::pin(async move {
            let Send { to, message, text } = send;
            let submit = server.flux().messages.submit(actor, Some(&lane), to, message, text);
            let outcome = trace::scope(call.trace, submit).await;
            if let (Err(error), Some(conversation)) = (&outcome, conversation(&actor, to))
                && error.holds()
            {
                lane.refuse(conversation, message);
            }
            Submitted { request_id, call, outcome }
        })
    }
}

/// Where a send goes; `None` for one to oneself, which is refused for good.
fn conversation(actor: &Actor, to: Destination) -> Option<ConversationId> {
    match to {
        Destination::Conversation(conversation) => Some(conversation),
        Destination::User(user) => Pair::new(actor.user, user).map(ConversationId::direct),
    }
}
