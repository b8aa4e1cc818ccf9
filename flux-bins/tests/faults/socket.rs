//! The WebSocket by hand, in JSON: what a browser's console would do.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{ANSWERED, PATIENCE, soon, within};

/// A connection.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u32,
    /// Events and replies that came while something else was waited for.
    kept: Vec<Value>,
    /// What the server said to hello.
    pub(crate) welcome: Value,
}

impl Socket {
    /// Connects to `authority` and says hello.
    pub(crate) async fn hello(authority: &str, token: &str) -> Self {
        let reply = Self::try_hello(authority, token).await;
        reply.unwrap_or_else(|reply| panic!("{reply}"))
    }

    /// The same; what the server answered if it did not let it in.
    pub(crate) async fn try_hello(authority: &str, token: &str) -> Result<Self, Value> {
        let mut request = format!("ws://{authority}/v1/chat").into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "flux.v1.json".parse().unwrap());
        let (stream, _) = soon("a connection", Box::pin(connect_async(request))).await.unwrap();
        let mut socket = Self { stream, next_id: 0, kept: Vec::new(), welcome: Value::Null };
        let reply = socket.ask(json!({"hello": {"accessToken": token, "client": "by hand"}})).await;
        socket.welcome = reply["welcome"].clone();
        if socket.welcome.is_object() { Ok(socket) } else { Err(reply) }
    }

    /// Sends a request and waits for nothing; its id.
    pub(crate) async fn post(&mut self, mut request: Value) -> u32 {
        self.next_id += 1;
        request["requestId"] = json!(self.next_id);
        soon("a request", self.stream.send(Message::text(request.to_string()))).await.unwrap();
        self.next_id
    }

    /// One request, and its reply, which comes in time whatever is down.
    pub(crate) async fn ask(&mut self, request: Value) -> Value {
        let id = self.post(request).await;
        self.reply(id).await
    }

    /// The reply to an earlier request.
    pub(crate) async fn reply(&mut self, id: u32) -> Value {
        let wanted = |frame: &Value| frame["reply"]["requestId"] == json!(id);
        self.next(ANSWERED, "a reply", wanted).await["reply"].clone()
    }

    /// Sends a message under this id; the reply.
    pub(crate) async fn send(&mut self, conversation: &str, id: &str, text: &str) -> Value {
        self.ask(json!({"send": {"conversationId": conversation, "messageId": id, "text": text}})).await
    }

    /// The next event that has `kind`, if it is as wanted.
    pub(crate) async fn event_within(
        &mut self,
        patience: Duration,
        kind: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let wanted = |frame: &Value| !frame["event"][kind].is_null() && wanted(&frame["event"][kind]);
        self.next(patience, kind, wanted).await["event"][kind].clone()
    }

    /// The next message, which may be told by the new head of its log instead.
    pub(crate) async fn message(&mut self) -> Value {
        self.message_within(PATIENCE).await
    }

    /// The same, by then.
    pub(crate) async fn message_within(&mut self, patience: Duration) -> Value {
        let wanted = |frame: &Value| {
            let event = &frame["event"];
            let head = &event["logChanged"]["headSeq"];
            let told = event["logChanged"]["log"]["conversationId"].is_string() && head.is_string();
            !event["message"].is_null() || told
        };
        let frame = self.next(patience, "a message", wanted).await;
        if !frame["event"]["message"].is_null() {
            return frame["event"]["message"].clone();
        }
        let conversation = &frame["event"]["logChanged"]["log"]["conversationId"];
        let head: u64 = frame["event"]["logChanged"]["headSeq"].as_str().unwrap().parse().unwrap();
        let wanted = json!({"conversationId": conversation, "beforeSeq": (head + 1).to_string(), "limit": 1});
        let page = self.ask(json!({"readHistory": wanted})).await;
        page["history"]["messages"][0].clone()
    }

    /// Waits for an entry of the feed, which is told itself or by the new head of the feed.
    pub(crate) async fn feed_entry(
        &mut self,
        patience: Duration,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) {
        within(patience, what, async {
            loop {
                let told = |frame: &Value| {
                    let event = &frame["event"];
                    !event["feedEntry"].is_null() || event["logChanged"]["log"]["feed"].is_object()
                };
                self.next(patience, what, told).await;
                let feed = self.ask(json!({"readFeed": {"limit": 100}})).await;
                if feed["feed"]["entries"].as_array().is_some_and(|entries| entries.iter().any(&wanted)) {
                    return;
                }
            }
        })
        .await;
    }

    /// Waits until the server closes it; the code.
    pub(crate) async fn closed(&mut self, patience: Duration) -> u16 {
        within(patience, "the end of a connection", async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                    Some(Ok(Message::Text(text))) => self.kept.push(serde_json::from_str(&text).unwrap()),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    other => panic!("closed without a code: {other:?}"),
                }
            }
        })
        .await
    }

    /// Everything that came and was not asked for yet.
    pub(crate) fn rest(&self) -> &[Value] {
        &self.kept
    }

    async fn next(&mut self, patience: Duration, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at);
        }
        // As a whole: heartbeats come for ever.
        let found = tokio::time::timeout(patience, async {
            loop {
                let frame = self.frame().await;
                if wanted(&frame) {
                    return frame;
                }
                self.kept.push(frame);
            }
        });
        let found = found.await;
        found.unwrap_or_else(|_| panic!("{what} did not come within {patience:?}, but: {:?}", self.kept))
    }

    async fn frame(&mut self) -> Value {
        loop {
            match self.stream.next().await.expect("the connection stands").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}; before: {:?}", self.kept),
            }
        }
    }
}
