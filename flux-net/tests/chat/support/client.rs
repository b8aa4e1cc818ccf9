//! A client of either subprotocol, which says every frame by hand.

use std::collections::VecDeque;
use std::net::SocketAddr;

use flux_net::chat::Format;
use flux_proto::CloseCode;
use flux_proto::v1::{
    self, client_frame::Request, event::Event, reply::Result as Answer, send, server_frame::Frame,
};
use futures_util::{SinkExt, StreamExt};
use prost::Message as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::PATIENCE;

pub(crate) struct Client {
    /// `None` once the server has closed: then this side hangs up too.
    socket: Option<WebSocketStream<TcpStream>>,
    format: Format,
    next_id: u32,
    events: VecDeque<Event>,
    replies: VecDeque<v1::Reply>,
    closed: Option<u16>,
}

impl Client {
    pub(crate) async fn open(address: SocketAddr, format: Format) -> Self {
        Self::try_open(address, format).await.unwrap()
    }

    pub(crate) async fn try_open(address: SocketAddr, format: Format) -> Result<Self, Box<Error>> {
        let mut request = format!("ws://{address}/v1/chat").into_client_request().map_err(Box::new)?;
        let protocol = HeaderValue::from_static(format.subprotocol());
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let stream = TcpStream::connect(address).await.map_err(|error| Box::new(error.into()))?;
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await.map_err(Box::new)?;
        Ok(Self {
            socket: Some(socket),
            format,
            next_id: 1,
            events: VecDeque::new(),
            replies: VecDeque::new(),
            closed: None,
        })
    }

    /// Says hello.
    pub(crate) async fn hello(&mut self, hello: v1::Hello) -> Answer {
        self.ask(Request::Hello(hello)).await
    }

    /// Says hello with `token`, and is welcome.
    pub(crate) async fn welcomed(&mut self, token: String) -> v1::Welcome {
        match self.hello(v1::Hello { access_token: token, ..v1::Hello::default() }).await {
            Answer::Welcome(welcome) => welcome,
            other => panic!("not welcome: {other:?}"),
        }
    }

    /// Asks, and waits for the answer; events that come before wait too.
    pub(crate) async fn ask(&mut self, request: Request) -> Answer {
        let id = self.submit(request).await;
        self.answer(id).await
    }

    /// Asks for what is refused, and returns the code.
    pub(crate) async fn refused(&mut self, request: Request) -> String {
        self.error(request).await.code
    }

    pub(crate) async fn error(&mut self, request: Request) -> v1::Error {
        match self.ask(request).await {
            Answer::Error(error) => error,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub(crate) async fn done(&mut self, request: Request) {
        match self.ask(request).await {
            Answer::Done(v1::Done {}) => {}
            other => panic!("not done: {other:?}"),
        }
    }

    /// Asks without waiting; returns the request id.
    pub(crate) async fn submit(&mut self, request: Request) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.say(&v1::ClientFrame { request_id: id, request: Some(request) }).await;
        id
    }

    pub(crate) async fn say(&mut self, frame: &v1::ClientFrame) {
        let message = match self.format {
            Format::Proto => Message::Binary(frame.encode_to_vec().into()),
            Format::Json => Message::text(serde_json::to_string(frame).unwrap()),
        };
        self.say_raw(message).await;
    }

    pub(crate) async fn say_raw(&mut self, message: Message) {
        assert!(self.try_say_raw(message).await, "the server has gone");
    }

    /// Like [`say_raw`](Self::say_raw), to a server that may be gone.
    pub(crate) async fn try_say_raw(&mut self, message: Message) -> bool {
        let Some(socket) = &mut self.socket else { return false };
        timeout(PATIENCE, socket.send(message)).await.expect("the server takes frames").is_ok()
    }

    /// The answer to request `id`.
    pub(crate) async fn answer(&mut self, id: u32) -> Answer {
        loop {
            if let Some(place) = self.replies.iter().position(|reply| reply.request_id == id) {
                let reply = self.replies.remove(place).unwrap();
                return reply.result.expect("a reply has a result");
            }
            assert!(self.read().await, "closed with {:?} before request {id} was answered", self.closed);
        }
    }

    /// The next answer, to whichever request.
    pub(crate) async fn next_reply(&mut self) -> v1::Reply {
        while self.replies.is_empty() {
            assert!(self.read().await, "closed with {:?}", self.closed);
        }
        self.replies.pop_front().unwrap()
    }

    /// The next event that is no heartbeat.
    pub(crate) async fn event(&mut self) -> Event {
        loop {
            while let Some(event) = self.events.pop_front() {
                if !matches!(event, Event::Heartbeat(_)) {
                    return event;
                }
            }
            assert!(self.read().await, "closed with {:?} instead of an event", self.closed);
        }
    }

    /// The next event that `pick` takes; others are dropped.
    pub(crate) async fn event_of<T>(&mut self, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            if let Some(picked) = pick(self.any_event().await) {
                return picked;
            }
        }
    }

    /// The next event, heartbeats included.
    pub(crate) async fn any_event(&mut self) -> Event {
        while self.events.is_empty() {
            assert!(self.read().await, "closed with {:?} instead of an event", self.closed);
        }
        self.events.pop_front().unwrap()
    }

    /// All events that came before the answer to a ping.
    pub(crate) async fn events_so_far(&mut self) -> Vec<Event> {
        self.ask(Request::Ping(v1::Ping::default())).await;
        self.events.drain(..).filter(|event| !matches!(event, Event::Heartbeat(_))).collect()
    }

    /// Sends `text` and waits for the acknowledgement.
    pub(crate) async fn send(
        &mut self,
        conversation: impl ToString + Copy,
        message: impl ToString + Copy,
        text: &str,
    ) -> v1::Sent {
        match self.ask(message_to(conversation, message, text)).await {
            Answer::Sent(sent) => sent,
            other => panic!("not sent: {other:?}"),
        }
    }

    /// Reads until the connection closes; returns the code.
    pub(crate) async fn closed(&mut self) -> u16 {
        while self.read().await {}
        self.closed.expect("closed with a code")
    }

    pub(crate) async fn closed_with(&mut self, code: CloseCode) {
        assert_eq!(self.closed().await, code.number());
    }

    /// Events that came before the close.
    pub(crate) fn left(&mut self) -> Vec<Event> {
        self.events.drain(..).collect()
    }

    /// Replies that came before the close.
    pub(crate) fn left_replies(&mut self) -> Vec<v1::Reply> {
        self.replies.drain(..).collect()
    }

    /// Closes from this side, and waits for the other.
    pub(crate) async fn close(mut self) {
        self.socket.as_mut().expect("it stands").close(None).await.unwrap();
        while self.read().await {}
    }

    /// Whether the connection still stands, as far as an answer proves it.
    pub(crate) async fn is_alive(&mut self) -> bool {
        matches!(self.ask(Request::Ping(v1::Ping::default())).await, Answer::Pong(_))
    }

    /// Reads one message; `false` once the connection is closed.
    async fn read(&mut self) -> bool {
        let Some(socket) = &mut self.socket else { return false };
        let next = timeout(PATIENCE, socket.next()).await.expect("the server says something");
        let frame: v1::ServerFrame = match next {
            Some(Ok(Message::Text(text))) if self.format == Format::Json => {
                serde_json::from_str(&text).unwrap()
            }
            Some(Ok(Message::Binary(bytes))) if self.format == Format::Proto => {
                v1::ServerFrame::decode(bytes).unwrap()
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return true,
            Some(Ok(Message::Close(frame))) => {
                self.closed = self.closed.or(frame.map(|frame| frame.code.into()));
                return true;
            }
            Some(Ok(other)) => panic!("not in this subprotocol: {other:?}"),
            Some(Err(_)) | None => {
                self.socket = None;
                return false;
            }
        };
        match frame.frame {
            Some(Frame::Reply(reply)) => self.replies.push_back(reply),
            Some(Frame::Event(event)) => self.events.push_back(event.event.expect("an event is something")),
            None => panic!("an empty frame"),
        }
        true
    }
}

pub(crate) fn message_to(
    conversation: impl ToString + Copy,
    message: impl ToString + Copy,
    text: &str,
) -> Request {
    Request::Send(v1::Send {
        to: Some(send::To::ConversationId(conversation.to_string())),
        message_id: message.to_string(),
        text: text.to_owned(),
    })
}
