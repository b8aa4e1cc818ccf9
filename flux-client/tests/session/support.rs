//! A network in memory whose other end is the test.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flux_client::net::{
    Duplex, Frame, FrameSink, FrameSource, Http, HttpRequest, HttpResponse, Received, Transport,
};
use flux_client::{
    AccessToken, Client, ClientBuilder, ClientError, Config, ConnectionState, ConversationId, Entropy, Event,
    EventStream, MessageId, Session, TokenSource, TransportError, UserId,
};
use flux_proto::v1::{self, client_frame::Request, event, reply, server_frame};
use prost::Message as _;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

/// Longer than anything in a test may take. Time is paused: nobody waits for it.
const LONG: Duration = Duration::from_mins(2);

pub(crate) fn me() -> UserId {
    [1; 16].into()
}

pub(crate) fn peer() -> UserId {
    [2; 16].into()
}

/// The direct conversation of the two.
pub(crate) fn conversation() -> ConversationId {
    ConversationId::direct(me(), peer())
}

/// Another conversation.
pub(crate) fn other(n: u8) -> ConversationId {
    [100 + n; 16].into()
}

/// The network of a test.
#[derive(Clone)]
pub(crate) struct Net {
    shared: Arc<Shared>,
}

struct Shared {
    dialed: mpsc::UnboundedSender<Peer>,
    /// What the next attempts to connect come to; then they succeed.
    failures: Mutex<VecDeque<TransportError>>,
    attempts: AtomicU32,
    tokens: AtomicU32,
    token_error: Mutex<Option<ClientError>>,
    refused: Mutex<Vec<Option<AccessToken>>>,
    answers: Mutex<VecDeque<(u16, String)>>,
    requests: Mutex<Vec<(String, String, Option<String>)>>,
}

/// The test's end of one connection.
pub(crate) struct Peer {
    pub(crate) url: String,
    frames: mpsc::UnboundedReceiver<v1::ClientFrame>,
    out: mpsc::UnboundedSender<Received>,
}

struct Sink(mpsc::UnboundedSender<v1::ClientFrame>);
struct Source(mpsc::UnboundedReceiver<Received>);

#[async_trait]
impl FrameSink for Sink {
    async fn send(&mut self, frames: Vec<Frame>) -> Result<(), TransportError> {
        for frame in frames {
            let Frame::Binary(bytes) = frame else { return Err(TransportError::new("not binary")) };
            let frame = v1::ClientFrame::decode(bytes).unwrap();
            self.0.send(frame).map_err(|_| TransportError::new("gone"))?;
        }
        Ok(())
    }

    async fn close(&mut self, _: u16) {}
}

#[async_trait]
impl FrameSource for Source {
    async fn next(&mut self) -> Received {
        self.0.recv().await.unwrap_or(Received::Closed(None))
    }
}

#[async_trait]
impl Transport for Net {
    async fn connect(&self, url: &str, subprotocol: &str) -> Result<Duplex, TransportError> {
        assert_eq!(subprotocol, "flux.v1.proto");
        self.shared.attempts.fetch_add(1, Ordering::Relaxed);
        if let Some(error) = self.shared.failures.lock().unwrap().pop_front() {
            return Err(error);
        }
        let (to_peer, frames) = mpsc::unbounded_channel();
        let (out, from_peer) = mpsc::unbounded_channel();
        self.shared.dialed.send(Peer { url: url.to_owned(), frames, out }).unwrap();
        Ok(Duplex { sink: Box::new(Sink(to_peer)), source: Box::new(Source(from_peer)) })
    }
}

#[async_trait]
impl Http for Net {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let body = request.json.map(|json| json.expose().to_owned());
        self.shared.requests.lock().unwrap().push((request.method.to_owned(), request.url, body));
        let Some((status, body)) = self.shared.answers.lock().unwrap().pop_front() else {
            return Err(TransportError::new("nobody there"));
        };
        Ok(HttpResponse { status, retry_after: None, body: body.into() })
    }
}

#[async_trait]
impl TokenSource for Net {
    async fn access_token(&self, refused: Option<&AccessToken>) -> Result<AccessToken, ClientError> {
        self.shared.refused.lock().unwrap().push(refused.cloned());
        if let Some(error) = self.shared.token_error.lock().unwrap().clone() {
            return Err(error);
        }
        let n = self.shared.tokens.fetch_add(1, Ordering::Relaxed);
        Ok(AccessToken::new(format!("token-{n}")))
    }
}

/// Chance by a fixed row of numbers, so that a test that fails fails again.
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for Dice {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            // SplitMix64.
            let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes()[..chunk.len()]);
        }
    }
}

impl Net {
    pub(crate) fn new() -> (Self, Dialed) {
        let (dialed, peers) = mpsc::unbounded_channel();
        let shared = Shared {
            dialed,
            failures: Mutex::default(),
            attempts: AtomicU32::new(0),
            tokens: AtomicU32::new(0),
            token_error: Mutex::default(),
            refused: Mutex::default(),
            answers: Mutex::default(),
            requests: Mutex::default(),
        };
        tokio::spawn(watch_over_the_test());
        (Self { shared: Arc::new(shared) }, Dialed(peers))
    }

    /// A client on this network.
    pub(crate) fn client(&self) -> ClientBuilder {
        Client::builder("http://chat.test")
            .chat_url("ws://chat.test/v1/chat")
            .transport(Arc::new(self.clone()))
            .http(Arc::new(self.clone()))
            .entropy(Arc::new(Dice::new(7)))
    }

    /// A session on this network.
    pub(crate) async fn session(&self, config: Config) -> Session {
        self.session_of(self.client().config(config)).await
    }

    pub(crate) async fn session_of(&self, builder: ClientBuilder) -> Session {
        builder.build().unwrap().resume_with(me(), Arc::new(self.clone())).await.unwrap()
    }

    /// The next attempts to connect fail.
    pub(crate) fn fail(&self, times: usize) {
        let failure = || TransportError::new("no route");
        self.shared.failures.lock().unwrap().extend(std::iter::repeat_with(failure).take(times));
    }

    /// Tokens cannot be had for this reason.
    pub(crate) fn fail_tokens(&self, error: ClientError) {
        *self.shared.token_error.lock().unwrap() = Some(error);
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.shared.attempts.load(Ordering::Relaxed)
    }

    /// What the token source was told to be refused, call by call.
    pub(crate) fn refused(&self) -> Vec<Option<AccessToken>> {
        self.shared.refused.lock().unwrap().clone()
    }

    /// The next HTTP call is answered with this.
    pub(crate) fn answer(&self, status: u16, body: &str) {
        self.shared.answers.lock().unwrap().push_back((status, body.to_owned()));
    }

    /// The HTTP calls so far: method, address, body.
    pub(crate) fn requests(&self) -> Vec<(String, String, Option<String>)> {
        self.shared.requests.lock().unwrap().clone()
    }
}

/// Ends a test that waits for what never comes. Heartbeats and attempts to connect go on for ever, and with them the
/// paused time: it would never end by itself.
async fn watch_over_the_test() {
    tokio::time::sleep(Duration::from_hours(72)).await;
    // The runtime is that of one test, on the thread that has its name.
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    std::io::stderr().write_all(format!("{test} waits for what never comes\n").as_bytes()).unwrap();
    std::process::exit(1);
}

/// Defaults, but nothing is marked as delivered: for tests that count requests.
pub(crate) fn unmarked() -> Config {
    let mut config = Config::default();
    config.mark_delivered = false;
    config
}

/// Connections that the client opened.
pub(crate) struct Dialed(mpsc::UnboundedReceiver<Peer>);

impl Dialed {
    /// The next one.
    pub(crate) async fn next(&mut self) -> Peer {
        self.next_within(LONG).await
    }

    pub(crate) async fn next_within(&mut self, time: Duration) -> Peer {
        self.within(time).await.expect("the client connects")
    }

    /// The next one, if there is one within that time.
    pub(crate) async fn within(&mut self, time: Duration) -> Option<Peer> {
        timeout(time, self.0.recv()).await.ok().flatten()
    }

    /// The next one, which says hello and is welcomed with nothing new.
    pub(crate) async fn welcomed(&mut self) -> Peer {
        let mut peer = self.next().await;
        peer.hello().await;
        peer.welcome("e1", page(&[], "c1"));
        peer
    }

    /// Fails if a connection is opened within that time.
    pub(crate) async fn none_within(&mut self, time: Duration) {
        assert!(self.within(time).await.is_none(), "the client connects");
    }
}

impl Peer {
    /// The next request, heartbeats left out.
    pub(crate) async fn request(&mut self) -> (u32, Request) {
        loop {
            let frame =
                timeout(LONG, self.frames.recv()).await.expect("the client asks").expect("it is there");
            match frame.request.unwrap() {
                Request::Ping(_) => self.reply(frame.request_id, reply::Result::Pong(v1::Pong::default())),
                request => return (frame.request_id, request),
            }
        }
    }

    /// Fails if anything but a heartbeat comes within that time.
    pub(crate) async fn silence(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Ok(Some(frame)) = timeout_at(end, self.frames.recv()).await {
            match frame.request.unwrap() {
                Request::Ping(_) => self.reply(frame.request_id, reply::Result::Pong(v1::Pong::default())),
                request => panic!("the client asks {request:?}"),
            }
        }
    }

    /// Waits until the client has gone.
    pub(crate) async fn gone(&mut self) {
        let gone = async { while self.frames.recv().await.is_some() {} };
        timeout(LONG, gone).await.expect("the client goes");
    }

    pub(crate) async fn hello(&mut self) -> v1::Hello {
        match self.request().await {
            (1, Request::Hello(hello)) => hello,
            (_, request) => panic!("the client says {request:?}"),
        }
    }

    /// The next request, which is a send.
    pub(crate) async fn send(&mut self) -> (u32, v1::Send) {
        match self.request().await {
            (id, Request::Send(send)) => (id, send),
            (_, request) => panic!("the client asks {request:?}"),
        }
    }

    /// The next request, which is for history.
    pub(crate) async fn history(&mut self) -> (u32, ConversationId, u64) {
        match self.request().await {
            (id, Request::ReadHistory(read)) => match read.from {
                Some(v1::read_history::From::AfterSeq(after)) => {
                    (id, read.conversation_id.parse().unwrap(), after)
                }
                from => panic!("the client reads {from:?}"),
            },
            (_, request) => panic!("the client asks {request:?}"),
        }
    }

    /// The next request, which marks messages as delivered.
    pub(crate) async fn delivered(&mut self) -> (u32, u64) {
        match self.request().await {
            (id, Request::MarkDelivered(mark)) => (id, mark.seq),
            (_, request) => panic!("the client asks {request:?}"),
        }
    }

    pub(crate) fn reply(&self, request_id: u32, result: reply::Result) {
        let reply = v1::Reply { request_id, result: Some(result) };
        self.frame(server_frame::Frame::Reply(reply));
    }

    pub(crate) fn refuse(&self, request_id: u32, code: &str) {
        self.refuse_for(request_id, code, 0);
    }

    pub(crate) fn refuse_for(&self, request_id: u32, code: &str, retry_after_ms: u32) {
        let error = v1::Error { code: code.to_owned(), retry_after_ms, ..Default::default() };
        self.reply(request_id, reply::Result::Error(error));
    }

    /// Confirms a send.
    pub(crate) fn sent(&self, request_id: u32, seq: u64) {
        let sent = v1::Sent {
            epoch: "e1".into(),
            conversation_id: conversation().to_string(),
            seq,
            stored_ms: 1_000,
            repeated: false,
        };
        self.reply(request_id, reply::Result::Sent(sent));
    }

    pub(crate) fn welcome(&self, epoch: &str, sync: v1::SyncPage) {
        let welcome = v1::Welcome {
            user_id: me().to_string(),
            epoch: epoch.into(),
            heartbeat_interval_ms: 20_000,
            limits: Some(v1::Limits {
                message_bytes: 4_096,
                frame_bytes: 65_536,
                page_size: 100,
                watched_users: 500,
                open_requests: 64,
            }),
            sync: Some(sync),
            ..Default::default()
        };
        self.reply(1, reply::Result::Welcome(welcome));
    }

    pub(crate) fn push(&self, event: event::Event) {
        self.frame(server_frame::Frame::Event(v1::Event { event: Some(event) }));
    }

    /// Pushes a message of the other one.
    pub(crate) fn push_message(&self, seq: u64) {
        self.push(event::Event::Message(message(seq)));
    }

    /// Answers with these messages of the other one.
    pub(crate) fn reply_history(&self, id: u32, seqs: impl IntoIterator<Item = u64>, head_seq: u64) {
        let messages = seqs.into_iter().map(message).collect();
        let conversation_id = conversation().to_string();
        self.reply(id, reply::Result::History(v1::History { conversation_id, messages, head_seq }));
    }

    /// The next frame, whatever it is.
    pub(crate) async fn raw(&mut self) -> v1::ClientFrame {
        timeout(LONG, self.frames.recv()).await.expect("the client speaks").expect("it is there")
    }

    /// The next frame; `None` once the client has gone. Dropping the future loses nothing.
    pub(crate) async fn try_raw(&mut self) -> Option<v1::ClientFrame> {
        self.frames.recv().await
    }

    /// Takes nothing any more, but goes on talking as long as what is returned lives.
    pub(crate) fn deafen(self) -> impl Sized {
        self.out
    }

    /// Something that is no frame.
    pub(crate) fn garbage(&self) {
        let _ = self.out.send(Received::Frame(Frame::Binary(vec![0xFF; 9].into())));
    }

    pub(crate) fn close(self, code: u16) {
        // The client may have gone before.
        let _ = self.out.send(Received::Closed(Some(code)));
    }

    fn frame(&self, frame: server_frame::Frame) {
        let frame = v1::ServerFrame { frame: Some(frame) };
        // The client may have gone.
        let _ = self.out.send(Received::Frame(Frame::Binary(frame.encode_to_vec().into())));
    }
}

/// A message of the other one.
pub(crate) fn message(seq: u64) -> v1::Message {
    message_in(conversation(), seq)
}

pub(crate) fn message_in(conversation: ConversationId, seq: u64) -> v1::Message {
    let mut id = [9; 16];
    id[8..].copy_from_slice(&seq.to_be_bytes());
    v1::Message {
        conversation_id: conversation.to_string(),
        seq,
        sender_id: peer().to_string(),
        message_id: MessageId::from(id).to_string(),
        text: format!("text {seq}"),
        stored_ms: i64::try_from(seq).unwrap(),
    }
}

/// A conversation in a sync page: its head, and how far this client and the other one have got.
pub(crate) fn known(
    conversation: ConversationId,
    head_seq: u64,
    mine: u64,
    theirs: (u64, u64),
) -> v1::Conversation {
    let cursor = |user: UserId, delivered_seq, read_seq| v1::Cursor {
        user_id: user.to_string(),
        delivered_seq,
        read_seq,
    };
    v1::Conversation {
        conversation_id: conversation.to_string(),
        head_seq,
        cursors: vec![cursor(me(), mine, 0), cursor(peer(), theirs.0, theirs.1)],
        writable: true,
        last_message_ms: i64::try_from(head_seq).unwrap(),
    }
}

/// The last page of a sync.
pub(crate) fn page(conversations: &[v1::Conversation], cursor: &str) -> v1::SyncPage {
    v1::SyncPage { conversations: conversations.to_vec(), sync_cursor: cursor.into(), ..Default::default() }
}

pub(crate) fn receipt(delivered_seq: u64, read_seq: u64) -> event::Event {
    event::Event::Receipt(v1::Receipt {
        conversation_id: conversation().to_string(),
        cursor: Some(v1::Cursor { user_id: peer().to_string(), delivered_seq, read_seq }),
    })
}

/// The next event, states of the connection left out.
pub(crate) async fn next(events: &mut EventStream) -> Event {
    let end = Instant::now() + LONG;
    loop {
        let event =
            timeout_at(end, events.next()).await.expect("something happens").expect("the stream goes on");
        if !matches!(event, Event::Connection(_)) {
            return event;
        }
    }
}

/// The seqs of the next messages.
pub(crate) async fn seqs(events: &mut EventStream, count: usize) -> Vec<u64> {
    let mut seqs = Vec::new();
    while seqs.len() < count {
        match next(events).await {
            Event::Message(message) => seqs.push(message.seq),
            event => panic!("instead of a message: {event:?}"),
        }
    }
    seqs
}

/// The next state of the connection, everything else left out.
pub(crate) async fn state(events: &mut EventStream) -> ConnectionState {
    loop {
        let event =
            timeout(LONG, events.next()).await.expect("something happens").expect("the stream goes on");
        if let Event::Connection(state) = event {
            return state;
        }
    }
}

/// Fails if an event but a state of the connection comes within that time.
pub(crate) async fn nothing(events: &mut EventStream, time: Duration) {
    let end = Instant::now() + time;
    while let Ok(event) = timeout_at(end, events.next()).await {
        assert!(matches!(event, Some(Event::Connection(_))), "{event:?}");
    }
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);
