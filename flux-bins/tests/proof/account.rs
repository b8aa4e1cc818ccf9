//! Accounts and sessions by HTTP, for those who talk by hand.

use std::sync::Arc;

use flux_history::What;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::tape::Tape;
use crate::world::{PASSWORD, World, soon};

/// A session by hand.
pub(crate) struct Account {
    url: String,
    /// Its name on the tape.
    pub(crate) session: String,
    pub(crate) session_id: String,
    pub(crate) user: String,
    pub(crate) token: String,
}

impl Account {
    /// Logs `user`, who has an account, in on a device of its own.
    pub(crate) async fn log_in(world: &World, tape: &Arc<Tape>, user: &str, device: &str) -> Self {
        let body = json!({
            "login": user, "password": PASSWORD, "device": {"name": device, "class": "other"}
        });
        let opened = call(&world.url(), "POST", "/v1/sessions", None, Some(body)).await;
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{opened}")).to_owned();
        let account = Self {
            url: world.url(),
            session: format!("{user}/{device}"),
            session_id: text(&opened["session"]["session_id"]),
            user: text(&opened["user"]["user_id"]),
            token: text(&opened["access_token"]),
        };
        tape.note(What::Login { session: account.session.clone().into(), user: account.user.clone().into() });
        account
    }

    /// One call.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        call(&self.url, method, path, Some(&self.token), body).await
    }

    /// Makes friends; the id of their conversation.
    pub(crate) async fn befriend(&self, other: &Self, tape: &Tape) -> String {
        self.call("POST", "/v1/friend-requests", Some(json!({"user_id": other.user}))).await;
        let requests = other.call("GET", "/v1/friend-requests", None).await;
        let request = requests["items"][0]["request_id"].as_str().unwrap_or_else(|| panic!("{requests}"));
        other.call("POST", &format!("/v1/friend-requests/{request}/accept"), Some(json!({}))).await;
        let friends = self.call("GET", "/v1/friends", None).await;
        let items = friends["items"].as_array().unwrap();
        let friend = items.iter().find(|friend| friend["profile"]["user_id"] == json!(other.user));
        let id =
            friend.unwrap_or_else(|| panic!("{friends}"))["conversation_id"].as_str().unwrap().to_owned();
        tape.note(What::Members {
            conversation: id.clone().into(),
            users: vec![self.user.clone().into(), other.user.clone().into()],
        });
        id
    }
}

/// What `curl` would send.
async fn call(url: &str, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Value {
    let authority = url.strip_prefix("http://").unwrap();
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n{token}\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let answer = soon(path, async {
        let mut stream = TcpStream::connect(authority).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    })
    .await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{path}: {answer}"));
    assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
    serde_json::from_str(body).unwrap_or(Value::Null)
}
