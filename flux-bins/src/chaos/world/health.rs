//! What a process says of itself.

use std::io;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Program, WorldError, until};

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(6);

/// An answer of `/readyz`.
#[derive(Debug, Clone)]
pub struct Readiness {
    /// The HTTP status.
    pub status: u16,
    /// What it says.
    pub body: Value,
}

/// For [`readiness`]: it is ready, and everything that it needs is there.
#[must_use]
pub fn lacks_nothing(answer: &Readiness) -> bool {
    answer.status == 200 && answer.body["missing"] == Value::Array(Vec::new())
}

/// Waits until `/readyz` of a process says what is wanted.
pub async fn readiness(
    program: &Program,
    patience: Duration,
    wanted: impl Fn(&Readiness) -> bool,
) -> Result<Readiness, WorldError> {
    let what = format!("{} being as it should be", program.name);
    let mut last = None;
    let asked = until(patience, &what, async || {
        let answer = tokio::time::timeout(ANSWER, ask(&program.health)).await.ok()?.ok()?;
        let wanted = wanted(&answer);
        last = Some(answer);
        wanted.then(|| last.take()).flatten()
    });
    let asked = asked.await;
    asked.map_err(|error| match error {
        WorldError::TooLate { what, patience, .. } => {
            WorldError::TooLate { what, patience, last: last.map(|last| format!("; it said {last:?}")) }
        }
        error => error,
    })
}

async fn ask(authority: &str) -> io::Result<Readiness> {
    let mut stream = TcpStream::connect(authority).await?;
    let question = format!("GET /readyz HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    stream.write_all(question.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::InvalidData)?;
    Ok(Readiness { status, body: serde_json::from_str(body).unwrap_or(Value::Null) })
}
