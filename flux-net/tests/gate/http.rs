//! A client that says exactly what a test wants said.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer than anything here may take; only a hung test gets there.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The answer, if it is what it should be.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} {}", self.status, self.body);
        self
    }

    /// A problem of this status and code, complete and consistent.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        let json = self.json();
        assert_eq!((self.status, json["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(json["status"], status);
        assert_eq!(json["type"], format!("urn:flux:error:{code}"));
        assert!(json["title"].as_str().is_some_and(|title| !title.is_empty()));
        self
    }
}

/// Sends bytes, then reads until the server closes.
pub(crate) async fn exchange(server: SocketAddr, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(server).await.unwrap();
    // The server may have heard enough before the end.
    let _ = socket.write_all(bytes).await;
    read_to_end(&mut socket).await
}

pub(crate) async fn read_to_end(socket: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut bytes)).await;
    // A reset after the answer is an end as well.
    let _ = read.expect("the server neither answers nor closes");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Takes the answers in `text` apart; bodies have a length.
pub(crate) fn answers(text: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut rest = text;
    while let Some((head, after)) = rest.split_once("\r\n\r\n") {
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut answer = Answer { status, headers, body: String::new() };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let body = after.get(..length).unwrap_or(after);
        body.clone_into(&mut answer.body);
        rest = &after[body.len()..];
        answers.push(answer);
    }
    answers
}

/// One request on a connection of its own.
pub(crate) async fn send(server: SocketAddr, head: &str, body: &str) -> Answer {
    let request = format!("{head}\r\nHost: {server}\r\nConnection: close\r\n\r\n{body}");
    let text = exchange(server, request.as_bytes()).await;
    answers(&text).pop().unwrap_or_else(|| panic!("no answer to {head}: {text:?}"))
}
