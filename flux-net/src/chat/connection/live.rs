//! A connection that has said who it is: requests in, answers and events out.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use flux_core::guard::ClientAddr;
use flux_core::message::MessageError;
use flux_core::observe::trace;
use flux_core::routing::{CloseReason, Outbox, Push, Work};
use flux_core::time::{REQUEST_DEADLINE, within};
use flux_core::{ErrorCode, faults};
use flux_proto::CloseCode;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tracing::{Instrument, Level, debug, enabled, error, info, info_span};

use super::call::Call;
use super::inbound::{self, Inbound};
use super::lease::Lease;
use super::rates::Rates;
use super::requests::{Asker, refused};
use super::sends::{Sends, Submitted};
use super::timer::Timer;
use super::wire::{BATCH, End, Io, Wire};
use crate::chat::FrameSocket;
use crate::chat::codec::{self, Command, Invalid, Rejection, ReplyResult, Request, Requested};
use crate::chat::drain::{Drain, DrainWatch};
use crate::chat::server::Inner;

/// An answer, or a bug.
struct Answered {
    request_id: u32,
    /// `None` if the handler panicked.
    result: Option<ReplyResult>,
}

/// What happened next.
enum Step {
    Submitted(Submitted),
    Answered(Answered),
    Work(Work),
    Drain(Arc<Drain>),
    Io(Io),
    Woken,
}

/// The way out of a connection on a draining node.
#[derive(Debug, Clone, Copy)]
enum Leaving {
    /// It may stay until then.
    At(Duration),
    /// Nothing more is read; what is open is answered, until then at most.
    Until(Duration),
}

pub(super) struct Live {
    id: u64,
    server: Arc<Inner>,
    asker: Arc<Asker>,
    outbox: Arc<Outbox>,
    rates: Rates,
    sends: Sends,
    open: FuturesUnordered<BoxFuture<'static, Answered>>,
    /// The ids of requests that are not answered yet.
    ids: BTreeSet<u32>,
    heard: Duration,
    next_beat: Duration,
    leaving: Option<Leaving>,
    /// Dropped last: the domain forgets the connection.
    _lease: Lease,
}

impl Live {
    pub(super) fn new(server: &Arc<Inner>, id: u64, client: ClientAddr, lease: Lease, rates: Rates) -> Self {
        let connected = lease.connected().clone();
        let now = server.clock().monotonic();
        Self {
            id,
            outbox: Arc::clone(&connected.outbox),
            sends: Sends::new(server, connected.actor),
            asker: Arc::new(Asker { server: Arc::clone(server), connected, client }),
            server: Arc::clone(server),
            rates,
            open: FuturesUnordered::new(),
            ids: BTreeSet::new(),
            heard: now,
            next_beat: now + server.config().heartbeat,
            leaving: None,
            _lease: lease,
        }
    }

    pub(super) async fn run<S: FrameSocket>(mut self, wire: &mut Wire<S>, drain: DrainWatch) -> End {
        match self.steps(wire, &drain).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn steps<S: FrameSocket>(
        &mut self,
        wire: &mut Wire<S>,
        drain: &DrainWatch,
    ) -> Result<std::convert::Infallible, End> {
        let mut timer = Timer::new(self.server.shared_clock());
        loop {
            let now = self.server.clock().monotonic();
            let wake_at = self.tick(wire, now)?;
            timer.wake_at(wake_at, now);
            let room = wire.has_room();
            let reading = wire.may_read() && !matches!(self.leaving, Some(Leaving::Until(_)));
            // Answers before closing, so that a logout is confirmed; writing after both, so that what there is goes
            // out together.
            let step = tokio::select! {
                biased;
                () = self.server.killed() => return Err(End::close(CloseCode::ServiceRestart)),
                submitted = self.sends.next() => Step::Submitted(submitted),
                Some(answered) = self.open.next(), if room => Step::Answered(answered),
                work = self.outbox.next(if room { BATCH } else { 0 }) => Step::Work(work),
                plan = drain.begun(), if self.leaving.is_none() => Step::Drain(plan),
                io = wire.io(reading) => Step::Io(io),
                () = timer.wait() => Step::Woken,
            };
            match step {
                Step::Submitted(submitted) => self.submitted(wire, submitted)?,
                Step::Answered(answered) => self.answered(wire, answered)?,
                Step::Work(Work::Events(events)) => events.iter().for_each(|event| self.push(wire, event)),
                Step::Work(Work::Close(reason)) => return Err(closing(reason)),
                // The wait may have been long.
                Step::Drain(plan) => self.drain(wire, &plan, self.server.clock().monotonic()),
                Step::Io(Io::Received(message)) => self.received(wire, &message)?,
                Step::Io(Io::Ended(end)) => return Err(end),
                Step::Io(Io::Flushed) | Step::Woken => {}
            }
        }
    }

    /// Does what is due, and says when something is due next.
    fn tick<S: FrameSocket>(&mut self, wire: &mut Wire<S>, now: Duration) -> Result<Duration, End> {
        let config = self.server.config();
        let silent_at = self.heard + 2 * config.heartbeat;
        if now >= silent_at {
            return Err(End::close(CloseCode::TimedOut));
        }
        let mut wake_at = silent_at;
        if now >= self.next_beat {
            self.next_beat = now + config.heartbeat;
            wire.tell(&codec::heartbeat(self.server.clock().now()));
            // A library answers this by itself where nobody reads events.
            wire.ping();
        }
        wake_at = wake_at.min(self.next_beat);
        if let Some(Leaving::At(at)) = self.leaving
            && now >= at
        {
            self.leaving = Some(Leaving::Until(now + REQUEST_DEADLINE));
        }
        match self.leaving {
            Some(Leaving::At(at)) => wake_at = wake_at.min(at),
            Some(Leaving::Until(until)) => {
                if now >= until || (self.ids.is_empty() && wire.is_flushed()) {
                    return Err(End::close(CloseCode::ServiceRestart));
                }
                wake_at = wake_at.min(until);
            }
            None => {}
        }
        if let Some(stuck_until) = wire.stuck_until(now, config.write_within) {
            if now >= stuck_until {
                debug!("peer reads nothing");
                return Err(End { events: false, ..End::close(CloseCode::TryAgainLater) });
            }
            wake_at = wake_at.min(stuck_until);
        }
        Ok(wake_at)
    }

    fn drain<S: FrameSocket>(&mut self, wire: &mut Wire<S>, plan: &Drain, now: Duration) {
        self.leaving = Some(Leaving::At(plan.began + plan.stay(self.id)));
        if let Some(frame) = codec::event(&plan.event(self.id, now)) {
            wire.tell(&frame);
        }
    }

    fn received<S: FrameSocket>(&mut self, wire: &mut Wire<S>, message: &Message) -> Result<(), End> {
        let now = self.server.clock().monotonic();
        self.heard = now;
        self.server.meters().received(message.len());
        let limited = self.rates.frame(now);
        if limited.is_err() {
            self.strike(now)?;
        }
        let (request_id, request) = match inbound::read(wire.format(), message) {
            Inbound::Frame { request_id, request } => (request_id, request),
            Inbound::Malformed { request_id } => {
                let request_id = if self.ids.contains(&request_id) { 0 } else { request_id };
                wire.reply(request_id, &Err(ErrorCode::Malformed.into()));
                return Ok(());
            }
            Inbound::Close(code) => return Err(End::close(code)),
            Inbound::Control => return Ok(()),
        };
        if request_id == 0 || self.ids.contains(&request_id) {
            wire.reply(0, &Err(Invalid::argument("request_id").into()));
            return Ok(());
        }
        let Some(request) = request else {
            wire.reply(request_id, &Err(ErrorCode::Malformed.into()));
            return Ok(());
        };
        let call = Call::new(&self.server.flux().tracer, &request, request_id, message.len(), now);
        match Request::try_from(request) {
            Ok(Request::Command(command)) => {
                let taken = limited.and_then(|()| self.rates.command(&command, now));
                let taken = taken.map_err(Rejection::rate_limited);
                match taken.and_then(|()| self.has_place()) {
                    Ok(()) => self.command(wire, request_id, command, call),
                    Err(rejection) => {
                        if let Command::Send(send) = &command {
                            self.sends.refuse(send);
                        }
                        self.answer_at_once(wire, request_id, &call, &Err(rejection));
                        if limited.is_ok() {
                            self.strike(now)?;
                        }
                    }
                }
                Ok(())
            }
            Ok(Request::Hello(_)) => {
                self.answer_at_once(wire, request_id, &call, &Err(ErrorCode::AlreadyGreeted.into()));
                Err(End::close(CloseCode::Forbidden))
            }
            Err(invalid) => {
                call.span.in_scope(|| debug!(error = %invalid, "request refused"));
                self.answer_at_once(wire, request_id, &call, &Err(invalid.into()));
                Ok(())
            }
        }
    }

    /// Counts a "too much" that was answered.
    fn strike(&mut self, now: Duration) -> Result<(), End> {
        self.rates.strike(now).map_err(|_| End::close(CloseCode::TooManyRequests))
    }

    fn has_place(&self) -> Result<(), Rejection> {
        if self.ids.len() < self.server.config().open_requests {
            Ok(())
        } else {
            Err(ErrorCode::TooManyOpenRequests.into())
        }
    }

    fn command<S: FrameSocket>(&mut self, wire: &mut Wire<S>, request_id: u32, command: Command, call: Call) {
        match command {
            Command::Ping { payload } => {
                let now = self.server.clock().now();
                self.answer_at_once(wire, request_id, &call, &Ok(Requested::Pong { payload, now }));
            }
            Command::GiveUp { conversation, message } => {
                self.sends.give_up(conversation, message);
                self.answer_at_once(wire, request_id, &call, &Ok(Requested::Done));
            }
            Command::Send(send) => {
                self.ids.insert(request_id);
                self.sends.push(request_id, send, call);
            }
            Command::MoveCursor { conversation, delivered, read } => {
                let actor = self.asker.connected.actor;
                let messages = &self.server.flux().messages;
                let submit = || messages.submit_cursor(actor, conversation, delivered, read);
                match trace::in_scope(Some(call.trace), submit) {
                    Ok(ticket) => self.open(request_id, call, async move {
                        let cursor = ticket.await.map_err(unsent)?;
                        Ok(Requested::CursorMoved { conversation, cursor })
                    }),
                    Err(error) => self.answer_at_once(wire, request_id, &call, &Err(unsent(error))),
                }
            }
            Command::Ask(ask) => {
                let asker = Arc::clone(&self.asker);
                self.open(request_id, call, async move {
                    let clock = asker.server.clock();
                    within(clock, REQUEST_DEADLINE, asker.answer(ask)).await?
                });
            }
        }
    }

    fn submitted<S: FrameSocket>(&mut self, wire: &mut Wire<S>, submitted: Submitted) -> Result<(), End> {
        let Submitted { request_id, call, outcome } = submitted;
        match outcome {
            Ok(ticket) => {
                let (server, at) = (Arc::clone(&self.server), call.at);
                self.open(request_id, call, async move {
                    let clock = server.clock();
                    let left = (at + REQUEST_DEADLINE).saturating_sub(clock.monotonic());
                    let sent = within(clock, left, ticket).await?;
                    sent.map(Requested::Sent).map_err(unsent)
                });
                Ok(())
            }
            Err(error) => {
                let rejection = unsent(error);
                self.server.meters().answered_at_once(call.command, rejection.code.as_str());
                self.answered(wire, Answered { request_id, result: Some(Err(rejection)) })
            }
        }
    }

    /// Takes a request among those that wait for their answers.
    fn open(
        &mut self,
        request_id: u32,
        call: Call,
        answer: impl Future<Output = ReplyResult> + Send + 'static,
    ) {
        self.ids.insert(request_id);
        let server = Arc::clone(&self.server);
        let Call { command, span, trace, at } = call;
        let answer = async move {
            let result = AssertUnwindSafe(trace::scope(trace, answer)).catch_unwind().await.ok();
            let took = server.clock().monotonic().saturating_sub(at);
            let elapsed_ms = took.as_millis();
            let outcome = match &result {
                Some(Ok(_)) => None,
                Some(Err(rejection)) => Some(rejection.code.as_str()),
                None => {
                    error!(elapsed_ms, "request ended by a panic");
                    Some(ErrorCode::Internal.as_str())
                }
            };
            server.meters().answered(command, outcome.unwrap_or("ok"), took);
            if trace.sampled {
                info!(elapsed_ms, error = outcome, "answered");
            } else {
                debug!(elapsed_ms, error = outcome, "answered");
            }
            Answered { request_id, result }
        };
        self.open.push(answer.instrument(span).boxed());
    }

    /// Answers a command that nobody has to wait for.
    fn answer_at_once<S: FrameSocket>(
        &self,
        wire: &mut Wire<S>,
        request_id: u32,
        call: &Call,
        result: &ReplyResult,
    ) {
        let outcome = result.as_ref().map_or_else(|rejection| rejection.code.as_str(), |_| "ok");
        self.server.meters().answered_at_once(call.command, outcome);
        wire.reply(request_id, result);
    }

    /// Writes an event. What belongs to a trace is a span of it here: the end of the way from the sender's frame.
    fn push<S: FrameSocket>(&self, wire: &mut Wire<S>, push: &Push) {
        let watched = push.trace().filter(|cause| cause.sampled || enabled!(Level::DEBUG));
        let Some(cause) = watched else {
            wire.push(push);
            return;
        };
        let trace = self.server.flux().tracer.child(cause);
        let span = info_span!(
            "push",
            command = "push",
            event = push.event().kind(),
            trace.id = %trace.trace,
            span.id = %trace.span,
            parent.id = %cause.span,
            trace.sampled = trace.sampled,
        );
        span.in_scope(|| {
            let size_bytes = wire.push(push);
            if trace.sampled {
                info!(size_bytes, "pushed");
            } else {
                debug!(size_bytes, "pushed");
            }
        });
    }

    fn answered<S: FrameSocket>(&mut self, wire: &mut Wire<S>, answered: Answered) -> Result<(), End> {
        let Answered { request_id, result } = answered;
        self.ids.remove(&request_id);
        let Some(result) = result else {
            wire.reply(request_id, &Err(ErrorCode::Internal.into()));
            return Err(End::close(CloseCode::InternalError));
        };
        if matches!(result, Ok(Requested::Sent(_))) {
            faults::pass(faults::Instant::BeforeAck);
        }
        wire.reply(request_id, &result);
        match result.err().and_then(Rejection::closes) {
            Some(code) => Err(End { events: false, ..End::close(code) }),
            None => Ok(()),
        }
    }
}

/// What the peer is told of a write that failed. The commit that failed was logged as such, once for all its writes.
fn unsent(error: MessageError) -> Rejection {
    match error {
        MessageError::Store(_) => Rejection::from(&error),
        error => refused(error),
    }
}

/// How a connection ends that the core closes.
fn closing(reason: CloseReason) -> End {
    match reason {
        CloseReason::SlowReader => End { events: false, ..End::close(CloseCode::TryAgainLater) },
        CloseReason::Superseded => End { events: false, ..End::close(CloseCode::SessionSuperseded) },
        CloseReason::SessionEnded(reason) => {
            End { ended: Some(reason), events: false, ..End::close(CloseCode::Unauthenticated) }
        }
        // `Draining`, and what a newer core may have as a reason.
        _ => End::close(CloseCode::ServiceRestart),
    }
}
