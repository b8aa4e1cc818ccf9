//! The WebSocket by hand, in JSON: what a browser's console would do.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{Server, soon};

/// A connection that has said hello.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next_id: u32,
    /// Events that came while something else was waited for.
    events: Vec<Value>,
    /// What the server said to hello.
    pub(crate) welcome: Value,
}

impl Socket {
    /// Connects and says hello.
    pub(crate) async fn hello(server: &Server, token: &str) -> Self {
        let mut request = format!("ws://{}/v1/chat", server.authority()).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "flux.v1.json".parse().unwrap());
        let (stream, answer) = soon("a connection", connect_async(request)).await.unwrap();
        assert_eq!(answer.headers()["sec-websocket-protocol"], "flux.v1.json");
        let mut socket = Self { stream, next_id: 0, events: Vec::new(), welcome: Value::Null };
        let reply = socket.ask(json!({"hello": {"accessToken": token, "client": "by hand"}})).await;
        socket.welcome = reply["welcome"].clone();
        assert!(socket.welcome.is_object(), "{reply}");
        socket
    }

    /// One request, and its reply.
    pub(crate) async fn ask(&mut self, mut request: Value) -> Value {
        self.next_id += 1;
        request["requestId"] = json!(self.next_id);
        self.stream.send(Message::text(request.to_string())).await.unwrap();
        loop {
            let frame = self.frame().await;
            if frame["reply"]["requestId"] == json!(self.next_id) {
                return frame["reply"].clone();
            }
            self.events.push(frame["event"].clone());
        }
    }

    /// The next event that has `kind`; others are kept.
    pub(crate) async fn event(&mut self, kind: &str) -> Value {
        if let Some(at) = self.events.iter().position(|event| !event[kind].is_null()) {
            return self.events.remove(at)[kind].clone();
        }
        // As a whole: heartbeats come for ever.
        soon(kind, async {
            loop {
                let event = self.frame().await["event"].clone();
                if !event[kind].is_null() {
                    return event[kind].clone();
                }
                self.events.push(event);
            }
        })
        .await
    }

    /// The next message. On a machine so busy that the server could not read in time who was revoked, it comes as the new
    /// head of its log, and is asked for.
    pub(crate) async fn message(&mut self) -> Value {
        let changed = |event: &Value| {
            !event["message"].is_null() || !event["logChanged"]["log"]["conversationId"].is_null()
        };
        let event = match self.events.iter().position(changed) {
            Some(at) => self.events.remove(at),
            None => {
                soon("a message", async {
                    loop {
                        let event = self.frame().await["event"].clone();
                        if changed(&event) {
                            return event;
                        }
                        self.events.push(event);
                    }
                })
                .await
            }
        };
        if !event["message"].is_null() {
            return event["message"].clone();
        }
        let conversation = &event["logChanged"]["log"]["conversationId"];
        let newest = self.ask(json!({"readHistory": {"conversationId": conversation, "limit": 1}})).await;
        newest["history"]["messages"][0].clone()
    }

    async fn frame(&mut self) -> Value {
        soon("a frame", async {
            loop {
                match self.stream.next().await.expect("the connection stands").unwrap() {
                    Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                    Message::Ping(_) | Message::Pong(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        })
        .await
    }
}
