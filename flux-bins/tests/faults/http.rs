//! HTTP by hand: what `curl` would send.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{ANSWERED, within};

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }

    /// The status and the code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }
}

/// One request on a connection of its own, which ends in time whatever is down.
pub(crate) async fn call(
    authority: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<Value>,
) -> Answer {
    try_call(authority, method, path, token, body).await.unwrap()
}

/// The same; where the connection breaks, or there is none, that is told.
pub(crate) async fn try_call(
    authority: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<Value>,
) -> io::Result<Answer> {
    let body = body.map(|body| body.to_string());
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
    let about = body
        .as_ref()
        .map(|body| format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n{}{}\r\n{}",
        token.unwrap_or_default(),
        about.unwrap_or_default(),
        body.unwrap_or_default()
    );
    let what = format!("the answer to {method} {path}");
    let answer = within(ANSWERED, &what, async {
        let mut stream = TcpStream::connect(authority).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        io::Result::Ok(String::from_utf8(answer).unwrap())
    })
    .await?;
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer { status, body: serde_json::from_str(body).unwrap_or(Value::Null) })
}
