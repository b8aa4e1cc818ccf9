//! What the simulated clients did and saw, checked while it happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flux_client::{ConversationId, ErrorCode, UserId};
use flux_history::{Checker, Event, Limits, Report, What};
use flux_proto::v1::{self, client_frame::Request, reply::Result as Answer, server_frame::Frame};
use prost::Message as _;

use crate::trace::Trace;

pub(crate) struct History {
    trace: Arc<Trace>,
    state: Mutex<State>,
}

struct State {
    checker: Checker,
    tries: u64,
    seen: u64,
    /// What was promised besides, and not kept.
    broken: Vec<String>,
}

impl History {
    pub(crate) fn new(trace: Arc<Trace>) -> Self {
        let checker = Checker::new(Limits::default());
        Self { trace, state: Mutex::new(State { checker, tries: 0, seen: 0, broken: Vec::new() }) }
    }

    pub(crate) fn see(&self, what: What<'_>) {
        let event = Event { at: self.trace.micros(), what };
        let line = serde_json::to_string(&event).unwrap_or_default();
        self.trace.step("event", &[], line.as_bytes());
        let mut state = self.state();
        state.seen += 1;
        let number = state.seen;
        state.checker.see(&event);
        drop(state);
        self.trace.note(|| format!("  #{number} {line}"));
    }

    /// Something that no history shows went wrong.
    pub(crate) fn broke(&self, what: String) {
        self.trace.step("broken", &[], what.as_bytes());
        self.state().broken.push(what);
    }

    pub(crate) fn next_try(&self) -> u64 {
        let mut state = self.state();
        state.tries += 1;
        state.tries
    }

    pub(crate) fn finish(&self) -> (Report, Vec<String>) {
        let mut state = self.state();
        let checker = std::mem::replace(&mut state.checker, Checker::new(Limits::default()));
        (checker.finish(), std::mem::take(&mut state.broken))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads along on one connection of a device.
pub(crate) struct Tap {
    history: Arc<History>,
    connection: String,
    session: String,
    user: UserId,
    state: Mutex<TapState>,
}

#[derive(Default)]
struct TapState {
    /// The sends that are not answered, by the id of their request.
    open: BTreeMap<u32, u64>,
    said_hello: bool,
    closed: bool,
}

impl Tap {
    pub(crate) fn new(history: Arc<History>, connection: u64, session: String, user: UserId) -> Self {
        Self {
            history,
            connection: format!("connection-{connection}"),
            session,
            user,
            state: Mutex::default(),
        }
    }

    /// The device is about to send this.
    pub(crate) fn up(&self, bytes: &[u8]) {
        let Ok(v1::ClientFrame { request_id, request: Some(request) }) = v1::ClientFrame::decode(bytes)
        else {
            return;
        };
        match request {
            Request::Hello(_) => {
                self.state().said_hello = true;
                self.history.see(What::Hello {
                    connection: self.connection.as_str().into(),
                    session: self.session.as_str().into(),
                });
            }
            Request::Send(v1::Send { to: Some(to), message_id, text }) => {
                let conversation = match to {
                    v1::send::To::ConversationId(id) => id,
                    v1::send::To::UserId(id) => match id.parse() {
                        Ok(other) => ConversationId::direct(self.user, other).to_string(),
                        Err(_) => return,
                    },
                };
                let op = self.history.next_try();
                self.state().open.insert(request_id, op);
                self.history.see(What::Send {
                    op,
                    session: self.session.as_str().into(),
                    connection: Some(self.connection.as_str().into()),
                    lane: Some(self.session.as_str().into()),
                    conversation: conversation.into(),
                    message: message_id.into(),
                    body: text.into(),
                });
            }
            _ => {}
        }
    }

    /// The device was sent this.
    pub(crate) fn down(&self, bytes: &[u8]) {
        let Ok(v1::ServerFrame { frame: Some(Frame::Reply(reply)) }) = v1::ServerFrame::decode(bytes) else {
            return;
        };
        let op = self.state().open.remove(&reply.request_id);
        match (reply.result, op) {
            (Some(Answer::Welcome(_)), _) => {
                self.history.see(What::Welcome { connection: self.connection.as_str().into() });
            }
            (Some(Answer::Sent(sent)), Some(op)) => {
                self.history.see(What::Acked { op, epoch: sent.epoch.into(), seq: sent.seq });
            }
            (Some(Answer::Error(error)), Some(op)) => {
                let uncertain = matches!(
                    ErrorCode::parse(&error.code),
                    None | Some(ErrorCode::Timeout | ErrorCode::Unavailable | ErrorCode::Internal)
                );
                self.history.see(if uncertain { What::Unknown { op } } else { What::Failed { op } });
            }
            (_, Some(op)) => self.history.see(What::Unknown { op }),
            _ => {}
        }
    }

    /// The connection is gone, as far as the device knows. Said once.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        if std::mem::replace(&mut state.closed, true) {
            return;
        }
        let (open, said_hello) = (std::mem::take(&mut state.open), state.said_hello);
        drop(state);
        for op in open.into_values() {
            self.history.see(What::Unknown { op });
        }
        if said_hello {
            self.history.see(What::Closed { connection: self.connection.as_str().into() });
        }
    }

    fn state(&self) -> MutexGuard<'_, TapState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
