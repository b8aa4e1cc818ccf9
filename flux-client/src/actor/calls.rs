//! Requests that are open, and calls of the application that wait to become one.

use std::collections::{BTreeMap, VecDeque};

use flux_proto::v1::{ClientFrame, client_frame, reply};

use super::Actor;
use super::command::{Answer, Effect};
use super::logs::LogKey;
use super::timers::{Timer, TimerKey};
use crate::codec;
use crate::error::{ClientError, Refusal};
use crate::id::{ConversationId, MessageId, UserId};

/// How many calls of the application may wait for a connection or for their turn.
const MAX_WAITING: usize = 1_024;
/// How many requests the session keeps back for its own upkeep.
const SPARE: usize = 4;

/// Open requests and waiting calls.
#[derive(Default)]
pub(super) struct Calls {
    last_id: u32,
    open: BTreeMap<u32, (Purpose, TimerKey)>,
    waiting: VecDeque<Call>,
}

/// A call of the application.
pub(super) struct Call {
    request: client_frame::Request,
    effect: Effect,
    reply: Answer<reply::Result>,
}

/// What an open request is for.
pub(super) enum Purpose {
    Call(Box<Call>),
    Send {
        conversation: ConversationId,
        message: MessageId,
    },
    GiveUp {
        conversation: ConversationId,
        message: MessageId,
    },
    /// `head` is what was known when it was asked.
    Pull {
        log: LogKey,
        head: u64,
    },
    Sync,
    Mark {
        conversation: ConversationId,
        delivered: u64,
        read: u64,
    },
    Rewatch {
        users: Vec<UserId>,
    },
    /// The answer says no more than that the server lives.
    Sign,
}

/// A request that could not be sent.
pub(super) struct Unsent {
    pub(super) error: ClientError,
    pub(super) purpose: Purpose,
}

impl Unsent {
    fn new(error: ClientError, purpose: Purpose) -> Box<Self> {
        Box::new(Self { error, purpose })
    }
}

/// The outcome of a request.
pub(super) type Outcome = Result<reply::Result, ClientError>;

impl Calls {
    /// How many requests are open.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    fn fresh_id(&mut self) -> u32 {
        loop {
            self.last_id = self.last_id.wrapping_add(1).max(1);
            if !self.open.contains_key(&self.last_id) {
                return self.last_id;
            }
        }
    }

    /// Answers all calls with an error.
    pub(super) fn fail_all(&mut self, error: &ClientError) {
        for (purpose, _) in std::mem::take(&mut self.open).into_values() {
            if let Purpose::Call(call) = purpose {
                let _ = call.reply.send(Err(error.clone()));
            }
        }
        for call in self.waiting.drain(..) {
            let _ = call.reply.send(Err(error.clone()));
        }
    }
}

impl Actor {
    /// Sends a request now.
    ///
    /// # Errors
    /// [`ClientError::Offline`] if there is no connection or it takes nothing more just now; a refusal if the frame is
    /// longer than the server takes: sent all the same, it would close the connection.
    pub(super) fn open(
        &mut self,
        request: client_frame::Request,
        purpose: Purpose,
    ) -> Result<(), Box<Unsent>> {
        let encoding = self.parts.config.encoding;
        let id = self.calls.fresh_id();
        let Some(online) = self.link.online_mut() else {
            return Err(Unsent::new(ClientError::Offline, purpose));
        };
        let frame = match codec::encode(encoding, &ClientFrame { request_id: id, request: Some(request) }) {
            Ok(frame) if frame.len() <= online.limits.frame_bytes => frame,
            Ok(_) => {
                let too_long = Refusal::local(flux_proto::ErrorCode::InvalidArgument, "");
                return Err(Unsent::new(too_long.into(), purpose));
            }
            Err(error) => return Err(Unsent::new(error, purpose)),
        };
        if !online.transmit(frame, self.now) {
            return Err(Unsent::new(ClientError::Offline, purpose));
        }
        let timer = self.timers.set(self.now + self.parts.config.request_timeout, Timer::Request(id));
        self.calls.open.insert(id, (purpose, timer));
        Ok(())
    }

    pub(super) fn on_call(
        &mut self,
        request: client_frame::Request,
        effect: Effect,
        reply: Answer<reply::Result>,
    ) {
        let refused = if effect == Effect::Transient && self.link.online().is_none() {
            Some(ClientError::Offline)
        } else if let Some(parked) = self.link.parked() {
            Some(parked)
        } else if self.calls.waiting.len() >= MAX_WAITING {
            Some(ClientError::Full("the queue of calls"))
        } else {
            None
        };
        match refused {
            Some(error) => drop(reply.send(Err(error))),
            None => self.calls.waiting.push_back(Call { request, effect, reply }),
        }
    }

    pub(super) fn pump_calls(&mut self) {
        // Whoever does not wait any more has timed out, or dropped the future before anything was sent.
        self.calls.waiting.retain(|call| !call.reply.is_closed());
        while self.can_open(SPARE) {
            let Some(call) = self.calls.waiting.pop_front() else { return };
            let request = call.request.clone();
            let Err(unsent) = self.open(request, Purpose::Call(Box::new(call))) else { continue };
            let Purpose::Call(call) = unsent.purpose else { continue };
            if matches!(unsent.error, ClientError::Offline) {
                self.calls.waiting.push_front(*call);
                return;
            }
            let _ = call.reply.send(Err(unsent.error));
        }
    }

    /// An answer came, or did not come in time. To what is not open any more it came too late; the heads in it are news
    /// all the same, which the server does not tell again.
    pub(super) fn on_reply(&mut self, id: u32, outcome: Outcome) {
        let Some((purpose, timer)) = self.calls.open.remove(&id) else {
            if let Ok(late) = &outcome {
                self.learn_heads(late);
            }
            return;
        };
        self.timers.cancel(Some(timer));
        self.conclude(purpose, outcome);
    }

    fn conclude(&mut self, purpose: Purpose, outcome: Outcome) {
        match purpose {
            Purpose::Call(call) => self.conclude_call(*call, outcome),
            Purpose::Send { conversation, message } => self.on_send_outcome(conversation, message, outcome),
            Purpose::GiveUp { conversation, message } => self.on_gave_up(conversation, message, &outcome),
            Purpose::Pull { log, head } => self.on_pulled(log, head, outcome),
            Purpose::Sync => self.on_sync_page(outcome),
            Purpose::Mark { conversation, delivered, read } => {
                self.on_marked(conversation, delivered, read, outcome);
            }
            Purpose::Rewatch { users } => self.on_rewatched(users, outcome),
            Purpose::Sign => {}
        }
    }

    fn conclude_call(&mut self, call: Call, outcome: Outcome) {
        let lost = matches!(outcome, Err(ClientError::ConnectionLost));
        if lost && call.effect != Effect::Change && call.effect != Effect::Transient {
            self.calls.waiting.push_front(call);
            return;
        }
        if let Ok(result) = &outcome {
            self.take_effect(call.effect, result);
            self.learn_heads(result);
        }
        let _ = call.reply.send(outcome);
    }

    /// The connection is gone, and with it the answers.
    pub(super) fn lose_calls(&mut self) {
        // From the last to the first, so that what is repeated keeps its order at the front of those that wait.
        for (purpose, timer) in std::mem::take(&mut self.calls.open).into_values().rev() {
            self.timers.cancel(Some(timer));
            self.conclude(purpose, Err(ClientError::ConnectionLost));
        }
    }

    /// There will be no connection by itself: nothing waits for one.
    pub(super) fn fail_waiting(&mut self, error: &ClientError) {
        for call in self.calls.waiting.drain(..) {
            let _ = call.reply.send(Err(error.clone()));
        }
    }
}
