//! An open connection, and the two tasks that move its frames.

use std::sync::Arc;
use std::time::Duration;

use flux_proto::{CloseCode, v1};
use tokio::sync::mpsc;

use super::Actor;
use super::timers::TimerKey;
use crate::net::{Duplex, Frame, FrameSink, FrameSource, Received};
use crate::runtime::{Runtime, within};
use crate::token::AccessToken;

/// Frames that may wait for the network; with more nothing new is started.
const OUTGOING: usize = 256;
/// Frames that may wait for the actor; with more the network waits.
const INCOMING: usize = 64;
/// How long a good-bye may take.
const GOOD_BYE: Duration = Duration::from_secs(2);

/// An open connection.
pub(super) struct Online {
    outgoing: mpsc::Sender<Frame>,
    pub(super) incoming: mpsc::Receiver<Received>,
    pub(super) limits: Limits,
    pub(super) heartbeat: Duration,
    pub(super) heard_at: Duration,
    pub(super) spoke_at: Duration,
    pub(super) timer: TimerKey,
    /// Where it leads.
    pub(super) url: String,
    pub(super) token: AccessToken,
    /// The server is going: what is open may still be answered, and nothing new is begun.
    pub(super) leaving: bool,
}

/// What the server takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) message_bytes: usize,
    pub(super) frame_bytes: usize,
    pub(super) page_size: u32,
    pub(super) watched_users: usize,
    pub(super) open_requests: usize,
}

impl Limits {
    fn of(wire: v1::Limits) -> Self {
        let or = |value: u32, default: u32| if value == 0 { default } else { value };
        let size = |value: u32, default: u32| usize::try_from(or(value, default)).unwrap_or(usize::MAX);
        Self {
            message_bytes: size(wire.message_bytes, 4 << 10),
            frame_bytes: size(wire.frame_bytes, 64 << 10),
            page_size: or(wire.page_size, 100),
            watched_users: size(wire.watched_users, 500),
            open_requests: size(wire.open_requests, 32),
        }
    }
}

impl Online {
    pub(super) fn new(
        duplex: Duplex,
        (url, token): (String, AccessToken),
        welcome: &v1::Welcome,
        timer: TimerKey,
        actor: &Actor,
    ) -> Self {
        let (outgoing, to_send) = mpsc::channel(OUTGOING);
        let (received, incoming) = mpsc::channel(INCOMING);
        let runtime = &actor.parts.runtime;
        runtime.spawn(Box::pin(write(duplex.sink, to_send, Arc::clone(runtime))));
        runtime.spawn(Box::pin(read(duplex.source, received)));
        Self {
            outgoing,
            incoming,
            limits: Limits::of(welcome.limits.unwrap_or_default()),
            heartbeat: heartbeat(welcome),
            heard_at: actor.now,
            spoke_at: actor.now,
            timer,
            url,
            token,
            leaving: false,
        }
    }

    /// Whether nothing goes out any more, though the end was not read yet.
    pub(super) fn is_broken(&self) -> bool {
        self.outgoing.is_closed()
    }

    /// Hands a frame to the network; `false` if it takes nothing more.
    pub(super) fn transmit(&mut self, frame: Frame, now: Duration) -> bool {
        let taken = self.outgoing.try_send(frame).is_ok();
        if taken {
            self.spoke_at = now;
        }
        taken
    }

    /// Whether the network takes another frame.
    pub(super) fn has_room(&self) -> bool {
        !self.is_broken() && self.outgoing.capacity() > 0
    }
}

/// How often each side is to be heard.
pub(super) fn heartbeat(welcome: &v1::Welcome) -> Duration {
    match welcome.heartbeat_interval_ms {
        0 => Duration::from_secs(20),
        ms => Duration::from_millis(u64::from(ms)),
    }
}

async fn write(mut sink: Box<dyn FrameSink>, mut frames: mpsc::Receiver<Frame>, runtime: Arc<dyn Runtime>) {
    let mut batch = Vec::new();
    while frames.recv_many(&mut batch, INCOMING).await > 0 {
        if sink.send(std::mem::take(&mut batch)).await.is_err() {
            // The reader sees the end too, and tells.
            return;
        }
    }
    let good_bye = sink.close(CloseCode::Normal.number());
    // A network that is stuck needs no good-bye.
    let _ = within(&*runtime, GOOD_BYE, good_bye).await;
}

async fn read(mut source: Box<dyn FrameSource>, to: mpsc::Sender<Received>) {
    loop {
        tokio::select! {
            biased;
            () = to.closed() => return,
            received = source.next() => {
                let closed = matches!(received, Received::Closed(_));
                if to.send(received).await.is_err() || closed {
                    return;
                }
            }
        }
    }
}
