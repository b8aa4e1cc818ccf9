//! HTTP by hand: what `curl` would send.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Server, soon};

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }
}

/// A person with a browser's worth of tools: an address and, after the login, a token.
pub(crate) struct Caller {
    authority: String,
    pub(crate) token: Option<String>,
}

impl Caller {
    pub(crate) fn new(server: &Server) -> Self {
        Self { authority: server.authority().to_owned(), token: None }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    /// One request on a connection of its own.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string());
        let token = self.token.as_deref().map(|token| format!("Authorization: Bearer {token}\r\n"));
        let about = body
            .as_ref()
            .map(|body| format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}{}\r\n{}",
            self.authority,
            token.unwrap_or_default(),
            about.unwrap_or_default(),
            body.unwrap_or_default()
        );
        let answer = soon("an HTTP answer", async {
            let mut stream = TcpStream::connect(&self.authority).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
            String::from_utf8(answer).unwrap()
        })
        .await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
        Answer { status, head: head.to_lowercase(), body }
    }
}
