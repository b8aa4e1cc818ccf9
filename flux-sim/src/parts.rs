//! The parts of a simulated client: its network, its calls, its tokens, and what its device keeps.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use flux_client::net::{
    Duplex, Frame, FrameSink, FrameSource, Http, HttpRequest, HttpResponse, Received, Transport,
};
use flux_client::{
    AccessToken, ClientError, MemoryOutbox, OutboxChange, OutboxStore, QueuedSend, SavedState,
    SessionEndReason, StateStore, StoreError, TokenSource, TransportError, UserId,
};
use flux_core::session::Actor;
use flux_net::chat::Format;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::cluster::Cluster;
use crate::gate::Gate;
use crate::history::{History, Tap};
use crate::lane::{End, Next, Receiver, Sender, connect};
use crate::network::{Cuttable, Place};
use crate::socket::SimSocket;

/// One run of a client program, and what it reaches.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) history: Arc<History>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) place: Place,
    pub(crate) actor: Actor,
    pub(crate) user: UserId,
    /// The connections of this run, of which what is open is to be noted as gone with it.
    pub(crate) taps: Arc<Mutex<Vec<Arc<Tap>>>>,
}

#[async_trait]
impl Transport for Parts {
    async fn connect(&self, url: &str, _: &str) -> Result<Duplex, TransportError> {
        let network = &self.cluster.network;
        self.gate.open().await;
        let slot = self.cluster.slot(url).ok_or_else(|| TransportError::new("no such host"))?;
        let there = Place::Node(slot);
        network.reach(self.place, there).await;
        let node = self.cluster.node(slot).ok_or_else(|| TransportError::new("nobody listens"))?;
        node.gate.open().await;
        let refused = |_| TransportError::new("no WebSocket: refused");
        let admitted =
            node.chat.admit(IpAddr::V4(Ipv4Addr::LOCALHOST).into(), Format::Proto).map_err(refused)?;
        let (near, far) = connect(network, (self.place, &self.gate), (there, &node.gate));
        let socket = SimSocket::new(far, Arc::clone(&node.gate), Arc::clone(&network.trace));
        tokio::spawn(admitted.serve(socket));
        network.reach(there, self.place).await;
        self.gate.open().await;
        let End { number, sender, receiver, standing } = near;
        let session = self.actor.session.to_string();
        let tap = Arc::new(Tap::new(Arc::clone(&self.history), number, session, self.user));
        self.taps.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&tap));
        let line = Arc::new(Line { number, sender, tap, parts: self.clone(), _standing: standing });
        let sink = Box::new(Sink(Arc::clone(&line)));
        Ok(Duplex { sink, source: Box::new(Source { line, receiver }) })
    }
}

/// What both halves of a connection share.
struct Line {
    number: u64,
    sender: Sender<Message>,
    tap: Arc<Tap>,
    parts: Parts,
    _standing: Arc<dyn Cuttable>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.tap.close();
    }
}

struct Sink(Arc<Line>);

#[async_trait]
impl FrameSink for Sink {
    async fn send(&mut self, frames: Vec<Frame>) -> Result<(), TransportError> {
        let broken = |_| TransportError::new("the connection broke");
        for frame in frames {
            let Frame::Binary(bytes) = frame else { continue };
            self.0.parts.gate.open().await;
            self.0.sender.room().await.map_err(broken)?;
            self.0.parts.cluster.network.trace.step("up", &[self.0.number], &bytes);
            self.0.tap.up(&bytes);
            let size = bytes.len() + 6;
            self.0.sender.send(Message::Binary(bytes), size).map_err(broken)?;
        }
        Ok(())
    }

    async fn close(&mut self, code: u16) {
        self.0.parts.gate.open().await;
        let close = CloseFrame { code: code.into(), reason: "".into() };
        // A connection that is broken already needs no good-bye.
        let _ = self.0.sender.send(Message::Close(Some(close)), 8);
        self.0.sender.end();
    }
}

struct Source {
    line: Arc<Line>,
    receiver: Receiver<Message>,
}

#[async_trait]
impl FrameSource for Source {
    async fn next(&mut self) -> Received {
        loop {
            match self.receiver.next().await {
                Next::Item(Message::Binary(bytes)) => {
                    self.line.tap.down(&bytes);
                    return Received::Frame(Frame::Binary(bytes));
                }
                Next::Item(Message::Ping(payload)) => {
                    // As libraries answer by themselves.
                    let _ = self.line.sender.send(Message::Pong(payload), 8);
                }
                Next::Item(Message::Close(frame)) => {
                    self.line.tap.close();
                    return Received::Closed(frame.map(|frame| frame.code.into()));
                }
                Next::Item(_) => {}
                Next::Ended | Next::Cut => {
                    self.line.tap.close();
                    return Received::Closed(None);
                }
            }
        }
    }
}

fn answer(status: u16, body: impl Into<Bytes>) -> HttpResponse {
    HttpResponse { status, retry_after: None, body: body.into() }
}

fn path(url: &str) -> &str {
    url.split_once('?').map_or(url, |(path, _)| path)
}

/// The nodes that the client did not get through to.
fn avoided(url: &str) -> Vec<String> {
    let list = url.split_once("?avoid=").map(|(_, list)| list);
    list.into_iter().flat_map(|list| list.split(',')).map(str::to_owned).collect()
}

fn unavailable() -> HttpResponse {
    answer(503, &br#"{"code":"unavailable"}"#[..])
}

#[async_trait]
impl Http for Parts {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let Cluster { network, front, .. } = &*self.cluster;
        self.gate.open().await;
        network.trace.step("call", &[self.place.number()], request.url.as_bytes());
        network.reach(self.place, Place::Gate).await;
        let answered = match (request.method, request.url.as_str()) {
            ("GET", url) if path(url).ends_with("/v1/chat-endpoint") => {
                match front.chooser.choose(&avoided(url)).await {
                    Ok(Some(node)) => answer(200, format!(r#"{{"url":"{}"}}"#, node.client_url)),
                    Ok(None) | Err(_) => unavailable(),
                }
            }
            ("DELETE", _) => match front.sessions.logout(&self.actor).await {
                Ok(()) => answer(204, Bytes::new()),
                Err(_) => unavailable(),
            },
            _ => answer(404, Bytes::new()),
        };
        network.reach(Place::Gate, self.place).await;
        self.gate.open().await;
        Ok(answered)
    }
}

#[async_trait]
impl TokenSource for Parts {
    async fn access_token(&self, _: Option<&AccessToken>) -> Result<AccessToken, ClientError> {
        let Cluster { network, front, tokens, .. } = &*self.cluster;
        network.reach(self.place, Place::Gate).await;
        self.gate.open().await;
        if front.revocations.is_ended(self.actor.session) {
            return Err(ClientError::SessionEnded(SessionEndReason::Unknown));
        }
        let issued = tokens.issue(self.actor.user, self.actor.session, front.ports.clock.now());
        Ok(AccessToken::new(issued.token.expose()))
    }
}

/// What a device keeps when the program on it ends.
#[derive(Default)]
pub(crate) struct Disk {
    outbox: MemoryOutbox,
    state: Mutex<Option<SavedState>>,
}

impl Disk {
    pub(crate) fn lose_state(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// The disk as one run of the program sees it: a program that is over changes nothing any more.
pub(crate) struct Kept {
    pub(crate) disk: Arc<Disk>,
    pub(crate) gate: Arc<Gate>,
}

#[async_trait]
impl OutboxStore for Kept {
    async fn load(&self, sender: UserId) -> Result<Vec<QueuedSend>, StoreError> {
        self.disk.outbox.load(sender).await
    }

    async fn apply(&self, changes: Vec<OutboxChange>) -> Result<(), StoreError> {
        self.gate.open().await;
        self.disk.outbox.apply(changes).await
    }
}

#[async_trait]
impl StateStore for Kept {
    async fn load(&self) -> Result<Option<SavedState>, StoreError> {
        Ok(self.disk.state.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn save(&self, state: SavedState) -> Result<(), StoreError> {
        self.gate.open().await;
        *self.disk.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
        Ok(())
    }
}
