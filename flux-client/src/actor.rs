//! The actor of one session: one task that owns all that a session knows. Everything reaches it as an [`Input`], one
//! after another; after each it [pumps](Actor::pump): starts whatever can be started by now. Nothing it does waits,
//! so no caller that goes away and no slow part can leave it half done.

mod calls;
mod command;
mod connect;
mod holding;
mod inbound;
mod keeping;
mod lane;
mod learning;
mod link;
mod logs;
mod marks;
mod online;
mod pace;
mod pulls;
mod receipts;
mod sending;
mod sync;
mod telling;
mod timers;
mod watching;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

pub(crate) use command::{Answer, Command, Effect, TicketParts};
use tokio::sync::{mpsc, oneshot, watch};

use self::calls::Calls;
use self::keeping::Keeping;
use self::link::Link;
use self::logs::Logs;
use self::marks::Marks;
use self::receipts::Receipts;
use self::sending::Sending;
use self::sync::Syncing;
use self::telling::Telling;
use self::timers::{Timer, Timers};
use self::watching::Watching;
use crate::config::Config;
use crate::endpoint::Endpoint;
use crate::error::ClientError;
use crate::event::{ConnectionState, Event, EventQueue};
use crate::id::UserId;
use crate::model::SessionEndReason;
use crate::net::{Received, Transport};
use crate::outbox::{OutboxStore, QueuedSend};
use crate::runtime::{BoxFuture, Entropy, Runtime};
use crate::session::Shared;
use crate::state::{SavedState, StateStore};
use crate::token::TokenSource;

/// What a session is made of.
pub(crate) struct Parts {
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) tokens: Arc<dyn TokenSource>,
    pub(crate) endpoint: Endpoint,
    pub(crate) outbox: Arc<dyn OutboxStore>,
    pub(crate) state: Option<Arc<dyn StateStore>>,
    pub(crate) config: Config,
}

/// What the stores had when the session began.
pub(crate) struct Loaded {
    pub(crate) outbox: Vec<QueuedSend>,
    pub(crate) state: Option<SavedState>,
}

/// What the actor tells its handles.
pub(crate) struct Outlets {
    pub(crate) shared: Arc<Shared>,
    pub(crate) connection: watch::Sender<ConnectionState>,
    pub(crate) queued: watch::Sender<usize>,
}

pub(crate) struct Actor {
    parts: Arc<Parts>,
    me: UserId,
    now: Duration,
    commands: mpsc::Receiver<Command>,
    queue: Arc<EventQueue>,
    outlets: Outlets,
    timers: Timers,
    sleep: Option<(Duration, BoxFuture<()>)>,
    link: Link,
    calls: Calls,
    sync: Syncing,
    logs: Logs,
    sending: Sending,
    receipts: Receipts,
    marks: Marks,
    watching: Watching,
    telling: Telling,
    keeping: Keeping,
    /// Set when the session is over for this client.
    over: Option<Over>,
    /// Whom to ask first next time: the connection or the application. Neither may starve the other.
    application_first: bool,
}

/// Why the actor stops.
enum Over {
    /// The application wants it.
    Closed(Option<oneshot::Sender<()>>),
    /// The session has ended.
    Ended(SessionEndReason),
}

/// What the actor reacts to.
enum Input {
    Timer,
    Command(Option<Command>),
    Connected(Result<connect::Opened, connect::Failure>),
    Received(Received),
    /// The application took events.
    Taken,
    /// The outbox store answered.
    Journaled(Result<(), crate::error::StoreError>),
    /// The state store answered.
    Saved(Result<(), crate::error::StoreError>),
}

impl Actor {
    pub(crate) fn new(
        parts: Arc<Parts>,
        me: UserId,
        commands: mpsc::Receiver<Command>,
        queue: Arc<EventQueue>,
        outlets: Outlets,
        loaded: Loaded,
    ) -> Self {
        let mut actor = Self {
            me,
            now: parts.runtime.now(),
            commands,
            queue,
            outlets,
            timers: Timers::default(),
            sleep: None,
            link: Link::default(),
            calls: Calls::default(),
            sync: Syncing::default(),
            logs: Logs::default(),
            sending: Sending::default(),
            receipts: Receipts::default(),
            marks: Marks::default(),
            watching: Watching::default(),
            telling: Telling::default(),
            keeping: Keeping::default(),
            over: None,
            application_first: false,
            parts,
        };
        if let Some(state) = loaded.state {
            actor.restore(state);
        }
        for send in loaded.outbox {
            actor.requeue(send);
        }
        actor
    }

    /// Runs until the session ends or nobody holds a handle any more.
    pub(crate) async fn run(mut self) {
        self.connect();
        while self.over.is_none() {
            self.pump();
            let input = std::future::poll_fn(|cx| self.poll_input(cx)).await;
            self.now = self.parts.runtime.now();
            self.handle(input);
        }
        self.stop().await;
    }

    /// Starts whatever can be started.
    fn pump(&mut self) {
        self.pump_link();
        self.pump_events();
        self.pump_calls();
        self.pump_sends();
        self.pump_sync();
        self.pump_pulls();
        self.pump_marks();
        self.pump_watches();
        self.pump_stores();
    }

    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        if self.poll_sleep(cx).is_ready() {
            return Poll::Ready(Input::Timer);
        }
        if let Poll::Ready(input) = self.keeping.poll(cx) {
            return Poll::Ready(input);
        }
        if self.queue.poll_progress(cx).is_ready() {
            return Poll::Ready(Input::Taken);
        }
        self.application_first = !self.application_first;
        for application in [self.application_first, !self.application_first] {
            let input = if application {
                self.commands.poll_recv(cx).map(Input::Command)
            } else {
                self.link.poll(cx)
            };
            if input.is_ready() {
                return input;
            }
        }
        Poll::Pending
    }

    fn poll_sleep(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(next) = self.timers.next() else {
            self.sleep = None;
            return Poll::Pending;
        };
        let sleep = match &mut self.sleep {
            Some((at, sleep)) if *at == next => sleep,
            other => &mut other.insert((next, self.parts.runtime.sleep_until(next))).1,
        };
        let ready = sleep.as_mut().poll(cx);
        if ready.is_ready() {
            self.sleep = None;
        }
        ready
    }

    fn handle(&mut self, input: Input) {
        match input {
            Input::Timer => {
                while let Some(timer) = self.timers.due(self.now) {
                    self.on_timer(timer);
                }
            }
            Input::Command(Some(command)) => self.on_command(command),
            Input::Command(None) => self.over = Some(Over::Closed(None)),
            Input::Connected(result) => self.on_connected(result),
            Input::Received(received) => self.on_received(received),
            Input::Taken => self.on_taken(),
            Input::Journaled(result) => self.on_journaled(&result),
            Input::Saved(result) => self.on_saved(result),
        }
    }

    fn on_timer(&mut self, timer: Timer) {
        match timer {
            Timer::Request(id) => self.on_reply(id, Err(ClientError::Timeout)),
            Timer::Reconnect => self.connect(),
            Timer::Drained => self.on_drained(),
            Timer::Heartbeat => self.on_heartbeat(),
            Timer::Stable => self.link.failures = 0,
            Timer::Sync => self.sync.retry = None,
            Timer::Gap(log) | Timer::Pull(log) => self.pull_now(log),
            Timer::Mark(conversation) => self.on_mark_timer(conversation),
            Timer::Lane(conversation) => self.on_lane_timer(conversation),
            Timer::Pace => self.sending.pace.on_timer(),
            Timer::Watch => self.watching.retry = None,
            Timer::Save => self.keeping.save_at = None,
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Send { to, text, reply } => self.on_send(to, text, reply),
            Command::Cancel { message, reply } => self.on_cancel(message, reply),
            Command::Retry { conversation } => self.on_retry(conversation),
            Command::Unsent { reply } => {
                let _ = reply.send(Ok(self.unsent()));
            }
            Command::Call { request, effect, reply } => self.on_call(request, effect, reply),
            Command::MarkRead { conversation, seq, reply } => self.on_mark_read(conversation, seq, reply),
            Command::Reconnect { reply } => {
                self.on_reconnect();
                let _ = reply.send(Ok(()));
            }
            Command::Ended { reason } => self.end(reason),
            Command::Close { reply } => self.over = Some(Over::Closed(Some(reply))),
        }
    }

    /// Whether a request can be opened now, leaving `spare` of those that the server allows.
    fn can_open(&self, spare: usize) -> bool {
        self.link.online().is_some_and(|online| {
            // A server that allows few still allows one of each kind.
            let allowed = online.limits.open_requests;
            !online.leaving && self.calls.open() + spare.min(allowed / 4) < allowed && online.has_room()
        })
    }

    /// The session has ended: this client cannot go on.
    fn end(&mut self, reason: SessionEndReason) {
        if self.over.is_none() {
            self.over = Some(Over::Ended(reason));
        }
    }

    /// Finishes what was begun, tells everybody and goes.
    async fn stop(mut self) {
        let over = self.over.take().unwrap_or(Over::Closed(None));
        let error = match &over {
            Over::Closed(_) => ClientError::Closed,
            Over::Ended(reason) => ClientError::SessionEnded(*reason),
        };
        self.outlets.shared.set_over(error.clone());
        self.commands.close();
        self.hang_up();
        self.calls.fail_all(&error);
        self.marks.fail_all(&error);
        let taken = self.queue.taken();
        self.note_taken(taken);
        self.finish_stores().await;
        self.sending.leave(&error);
        let mut last = self.telling.rest();
        let mut done = None;
        match over {
            Over::Closed(reply) => done = reply,
            Over::Ended(reason) => {
                self.parts.tokens.forget().await;
                let state = ConnectionState::Offline {
                    retry_in: None,
                    reason: crate::event::DisconnectReason::SessionEnded(reason),
                };
                self.outlets.connection.send_replace(state.clone());
                last.push(Event::Connection(state));
                last.push(Event::SessionEnded(reason));
            }
        }
        self.queue.close(last);
        while let Some(command) = self.commands.recv().await {
            command.refuse(&error);
        }
        if let Some(done) = done {
            let _ = done.send(());
        }
    }
}
