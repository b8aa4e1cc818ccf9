//! The connection: open, being opened, or waited for.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use flux_proto::{CloseCode, Reconnect, v1};

use super::connect::{Failure, Next, Opened};
use super::online::{Online, heartbeat};
use super::timers::{Timer, TimerKey};
use super::{Actor, Input};
use crate::error::ClientError;
use crate::event::{ConnectionState, DisconnectReason};
use crate::model::SessionEndReason;
use crate::net::Received;
use crate::runtime::BoxFuture;
use crate::token::AccessToken;

/// A connection that lasted this long counts as a success.
const STABLE: Duration = Duration::from_secs(10);

/// The connection and what the next one needs to know.
#[derive(Default)]
pub(super) struct Link {
    state: State,
    /// Failures in a row.
    pub(super) failures: u32,
    /// A token that the server turned down.
    refused: Option<AccessToken>,
    /// What a server that goes away has said.
    draining: Option<Draining>,
    /// Do not claim to know anything: the server could not bear it.
    pub(super) start_over: bool,
    timer: Option<TimerKey>,
    stable: Option<TimerKey>,
}

#[derive(Default)]
enum State {
    /// The next attempt has a timer.
    #[default]
    Waiting,
    Connecting(BoxFuture<Result<Opened, Failure>>),
    Online(Box<Online>),
    /// It does not come back by itself.
    Parked(ClientError),
}

struct Draining {
    until: Duration,
    url: Option<String>,
}

impl Link {
    pub(super) fn online(&self) -> Option<&Online> {
        match &self.state {
            State::Online(online) => Some(online),
            _ => None,
        }
    }

    pub(super) fn online_mut(&mut self) -> Option<&mut Online> {
        match &mut self.state {
            State::Online(online) => Some(online),
            _ => None,
        }
    }

    /// Why there will be no connection by itself, if so.
    pub(super) fn parked(&self) -> Option<ClientError> {
        match &self.state {
            State::Parked(error) => Some(error.clone()),
            _ => None,
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        match &mut self.state {
            State::Connecting(attempt) => attempt.as_mut().poll(cx).map(Input::Connected),
            State::Online(online) => online
                .incoming
                .poll_recv(cx)
                .map(|received| Input::Received(received.unwrap_or(Received::Closed(None)))),
            State::Waiting | State::Parked(_) => Poll::Pending,
        }
    }
}

impl Actor {
    /// Begins an attempt to connect.
    pub(super) fn connect(&mut self) {
        if matches!(self.link.state, State::Connecting(_) | State::Online(_)) {
            return;
        }
        self.timers.cancel(self.link.timer.take());
        let hello = self.hello();
        let url = self.link.draining.take().and_then(|draining| draining.url);
        let refused = self.link.refused.take();
        let attempt = super::connect::attempt(Arc::clone(&self.parts), hello, url, refused);
        self.link.state = State::Connecting(Box::pin(attempt));
        self.tell_connection(ConnectionState::Connecting);
    }

    /// The application wants a connection now.
    pub(super) fn on_reconnect(&mut self) {
        self.link.failures = 0;
        self.connect();
    }

    pub(super) fn on_connected(&mut self, result: Result<Opened, Failure>) {
        let opened = match result {
            Ok(opened) => opened,
            Err(failure) => {
                self.link.state = State::Waiting;
                return self.after(failure);
            }
        };
        self.link.start_over = false;
        let welcome = opened.welcome;
        let timer = self.timers.set(self.now + heartbeat(&welcome), Timer::Heartbeat);
        let online = Online::new(opened.duplex, (opened.url, opened.token), &welcome, timer, self);
        self.link.state = State::Online(Box::new(online));
        self.link.stable = Some(self.timers.set(self.now + STABLE, Timer::Stable));
        self.tell_connection(ConnectionState::Online);
        self.on_welcome(welcome);
        self.resume_sends();
        self.rewatch();
    }

    pub(super) fn on_received(&mut self, received: Received) {
        match received {
            Received::Frame(frame) => {
                if let Some(online) = self.link.online_mut() {
                    online.heard_at = self.now;
                }
                self.on_frame(frame);
            }
            Received::Closed(code) => self.on_closed(code),
        }
    }

    fn on_closed(&mut self, number: Option<u16>) {
        let Some(code) = number.and_then(CloseCode::from_number) else {
            return self.lose(Failure::back_off(DisconnectReason::Lost));
        };
        self.lose(after_close(code, self.link.online().map(|online| online.token.clone())));
    }

    /// Ends the connection from this side, so that a new one is opened.
    pub(super) fn cut(&mut self, reason: DisconnectReason) {
        if self.link.online().is_some() {
            self.lose(Failure::back_off(reason));
        }
    }

    /// The connection is gone.
    fn lose(&mut self, failure: Failure) {
        if let (Some(online), DisconnectReason::Lost | DisconnectReason::Silent) =
            (self.link.online(), &failure.reason)
        {
            self.parts.endpoint.doubt(&online.url, self.now);
        }
        self.hang_up();
        self.lose_calls();
        self.stop_pulls();
        self.stop_sync();
        self.watching.forget_connection();
        self.after(failure);
    }

    /// Ends the connection or the attempt at one.
    pub(super) fn hang_up(&mut self) {
        if let State::Online(online) = std::mem::take(&mut self.link.state) {
            self.timers.cancel(Some(online.timer));
        }
        self.timers.cancel(self.link.timer.take());
        self.timers.cancel(self.link.stable.take());
    }

    /// Decides what comes after a connection or an attempt.
    fn after(&mut self, failure: Failure) {
        let Failure { reason, next } = failure;
        if let Some(draining) = &self.link.draining
            && !matches!(next, Next::End(_) | Next::Park(_))
        {
            let until = draining.until;
            return self.wait(until.saturating_sub(self.now), DisconnectReason::Draining);
        }
        match next {
            Next::BackOff(at_least) => {
                let backoff = self.parts.config.backoff();
                let delay = backoff.delay(&*self.parts.entropy, self.link.failures, at_least);
                self.link.failures = self.link.failures.saturating_add(1);
                self.wait(delay, reason);
            }
            Next::NewToken(token) => {
                self.link.refused = Some(token);
                // A server that turns down fresh tokens too is not asked again and again without a pause.
                let delay = match self.link.failures {
                    0 => Duration::ZERO,
                    n => self.parts.config.backoff().delay(&*self.parts.entropy, n, None),
                };
                self.link.failures = self.link.failures.saturating_add(1);
                self.wait(delay, reason);
            }
            Next::StartOver { behind } => {
                self.link.start_over = true;
                if behind {
                    self.alarm(crate::event::Alarm::ServerBehind);
                }
                let backoff = self.parts.config.backoff();
                let delay = backoff.delay(&*self.parts.entropy, self.link.failures, None);
                self.link.failures = self.link.failures.saturating_add(1);
                self.wait(delay, reason);
            }
            Next::Park(error) => {
                self.fail_waiting(&error);
                self.marks.fail_waiting(&error);
                self.link.state = State::Parked(error);
                self.tell_connection(ConnectionState::Offline { retry_in: None, reason });
            }
            Next::End(reason) => self.end(reason),
        }
    }

    fn wait(&mut self, delay: Duration, reason: DisconnectReason) {
        self.link.state = State::Waiting;
        self.link.timer = Some(self.timers.set(self.now + delay, Timer::Reconnect));
        self.tell_connection(ConnectionState::Offline { retry_in: Some(delay), reason });
    }

    /// The server goes away and says when, and perhaps where, to come back. Until then all goes on as it was.
    pub(super) fn on_draining(&mut self, draining: v1::Draining) {
        let until = self.now + Duration::from_millis(u64::from(draining.retry_in_ms));
        let url = Some(draining.url).filter(|url| !url.is_empty());
        self.link.draining = Some(Draining { until, url });
        self.timers.cancel(self.link.timer.take());
        self.link.timer = Some(self.timers.set(until, Timer::Drained));
    }

    /// The time to go has come, as soon as what is open is answered.
    pub(super) fn on_drained(&mut self) {
        self.link.timer = None;
        if let Some(online) = self.link.online_mut() {
            online.leaving = true;
        }
    }

    pub(super) fn pump_link(&mut self) {
        if self.calls.open() == 0 && self.link.online().is_some_and(|online| online.leaving) {
            self.cut(DisconnectReason::Draining);
        }
    }

    pub(super) fn on_heartbeat(&mut self) {
        let now = self.now;
        let Some(online) = self.link.online_mut() else { return };
        if now >= online.heard_at + online.heartbeat * 2 {
            return self.cut(DisconnectReason::Silent);
        }
        if online.is_broken() {
            return self.cut(DisconnectReason::Lost);
        }
        online.timer = self.timers.set(now + online.heartbeat, Timer::Heartbeat);
        self.give_sign();
    }

    /// Answers a heartbeat of the server, unless it has heard of this client a moment ago.
    pub(super) fn on_server_heartbeat(&mut self) {
        if self.link.online().is_some_and(|online| self.now >= online.spoke_at + online.heartbeat / 2) {
            self.give_sign();
        }
    }

    fn give_sign(&mut self) {
        let ping = v1::client_frame::Request::Ping(v1::Ping::default());
        // If the network takes nothing, silence is what the server has to hear.
        let _ = self.open(ping, super::calls::Purpose::Sign);
    }

    fn tell_connection(&mut self, state: ConnectionState) {
        self.outlets.connection.send_replace(state.clone());
        self.telling.connection(state);
    }
}

/// What a close code asks for.
pub(super) fn after_close(code: CloseCode, token: Option<AccessToken>) -> Failure {
    let reason = DisconnectReason::Closed(code);
    match code.reconnect() {
        Reconnect::Never if code == CloseCode::SessionSuperseded => {
            Failure { reason: DisconnectReason::Superseded, next: Next::Park(ClientError::Superseded) }
        }
        Reconnect::Never => Failure { reason, next: Next::Park(ClientError::Offline) },
        Reconnect::WithNewToken => match token {
            Some(token) => Failure { reason, next: Next::NewToken(token) },
            None => Failure::back_off(reason),
        },
        _ => Failure::back_off(reason),
    }
}

/// The session ended, as an event or an error code says.
pub(super) fn ended(reason: SessionEndReason) -> Failure {
    Failure { reason: DisconnectReason::SessionEnded(reason), next: Next::End(reason) }
}
