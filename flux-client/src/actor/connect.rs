//! One attempt to connect: token, address, socket, hello, welcome.

use std::sync::Arc;
use std::time::Duration;

use flux_proto::v1::{self, client_frame, event, reply, server_frame};
use flux_proto::{CloseCode, ErrorCode};

use super::Parts;
use super::link::{after_close, ended};
use crate::codec;
use crate::error::{ClientError, Refusal};
use crate::event::DisconnectReason;
use crate::model::SessionEndReason;
use crate::net::{Duplex, Received};
use crate::runtime::within;
use crate::token::AccessToken;

/// The request id of hello, the first of its connection. The actor's own ids go on from where they were; at that time
/// this one is answered.
const HELLO_ID: u32 = 1;

/// A connection that was welcomed.
pub(super) struct Opened {
    pub(super) duplex: Duplex,
    pub(super) url: String,
    pub(super) welcome: v1::Welcome,
    pub(super) token: AccessToken,
}

/// Why there is no connection (any more), and what comes next.
pub(super) struct Failure {
    pub(super) reason: DisconnectReason,
    pub(super) next: Next,
}

/// What comes after a connection or an attempt.
pub(super) enum Next {
    /// Another attempt, after a random wait and not earlier than this.
    BackOff(Option<Duration>),
    /// Another attempt, with another token than this.
    NewToken(AccessToken),
    /// Another attempt, which claims to know nothing.
    StartOver {
        /// Whether it is because the server knows less.
        behind: bool,
    },
    /// Nothing, until somebody asks for it.
    Park(ClientError),
    /// Nothing, ever.
    End(SessionEndReason),
}

impl Failure {
    pub(super) fn back_off(reason: DisconnectReason) -> Self {
        Self { reason, next: Next::BackOff(None) }
    }

    /// After an error of the token source, the gate or the network.
    fn of(error: ClientError, token: Option<&AccessToken>) -> Self {
        if let ClientError::SessionEnded(reason) = error {
            return ended(reason);
        }
        let next = match (error.code(), token) {
            (Some(ErrorCode::Unauthenticated), Some(token)) => Next::NewToken(token.clone()),
            (Some(ErrorCode::SessionEnded), _) => return ended(SessionEndReason::Unknown),
            (Some(ErrorCode::SessionSuperseded), _) => {
                let reason = DisconnectReason::Superseded;
                return Self { reason, next: Next::Park(ClientError::Superseded) };
            }
            (Some(ErrorCode::EpochAhead), _) => Next::StartOver { behind: true },
            (Some(ErrorCode::InvalidPage), _) => Next::StartOver { behind: false },
            _ => match &error {
                ClientError::Unreachable(error) if error.is_permanent() => Next::Park(error.clone().into()),
                _ => Next::BackOff(error.retry_after()),
            },
        };
        Self { reason: DisconnectReason::Failed(error), next }
    }

    /// After a refusal of hello: one that is for good stays so.
    fn of_hello(error: &ClientError, token: &AccessToken) -> Self {
        let mut failure = Self::of(error.clone(), Some(token));
        if !error.retryable() && matches!(failure.next, Next::BackOff(_)) {
            failure.next = Next::Park(error.clone());
        }
        failure
    }
}

pub(super) async fn attempt(
    parts: Arc<Parts>,
    hello: v1::Hello,
    url: Option<String>,
    refused: Option<AccessToken>,
) -> Result<Opened, Failure> {
    let whole = open(&parts, hello, url, refused);
    match within(&*parts.runtime, parts.config.connect_timeout, whole).await {
        Ok(result) => result,
        Err(timeout) => Err(Failure::of(timeout, None)),
    }
}

async fn open(
    parts: &Parts,
    mut hello: v1::Hello,
    url: Option<String>,
    refused: Option<AccessToken>,
) -> Result<Opened, Failure> {
    let token =
        parts.tokens.access_token(refused.as_ref()).await.map_err(|error| Failure::of(error, None))?;
    let found = parts.endpoint.url(url, &token, parts.runtime.now()).await;
    let url = found.map_err(|error| Failure::of(error, Some(&token)))?;
    // Until something comes from there: however this attempt ends, even by being given up.
    parts.endpoint.doubt(&url, parts.runtime.now());
    let encoding = parts.config.encoding;
    let connected = parts.transport.connect(&url, encoding.subprotocol()).await;
    let mut duplex = connected.map_err(|error| Failure::of(error.into(), None))?;
    token.0.expose().clone_into(&mut hello.access_token);
    let request = Some(client_frame::Request::Hello(hello));
    let frame = codec::encode(encoding, &v1::ClientFrame { request_id: HELLO_ID, request })
        .map_err(|error| Failure::of(error, None))?;
    let sent = duplex.sink.send(vec![frame]).await;
    sent.map_err(|error| Failure::of(error.into(), None))?;
    let welcome = welcome(&mut duplex, &token, || parts.endpoint.trust(&url)).await?;
    Ok(Opened { duplex, url, welcome, token })
}

async fn welcome(
    duplex: &mut Duplex,
    token: &AccessToken,
    answered: impl Fn(),
) -> Result<v1::Welcome, Failure> {
    loop {
        let frame = match duplex.source.next().await {
            Received::Frame(frame) => {
                answered();
                frame
            }
            Received::Closed(number) => {
                return Err(match number.and_then(CloseCode::from_number) {
                    Some(code) => after_close(code, Some(token.clone())),
                    None => Failure::back_off(DisconnectReason::Lost),
                });
            }
        };
        match codec::decode(frame).map_err(|error| Failure::of(error, None))? {
            Some(server_frame::Frame::Reply(reply)) => match reply.result {
                Some(reply::Result::Welcome(welcome)) => return Ok(welcome),
                Some(reply::Result::Error(error)) => {
                    return Err(Failure::of_hello(&Refusal::from(error).into(), token));
                }
                _ => return Err(Failure::of(ClientError::Protocol("something else than welcome"), None)),
            },
            Some(server_frame::Frame::Event(event)) => {
                if let Some(event::Event::SessionEnded(over)) = event.event {
                    return Err(ended(over.reason().into()));
                }
            }
            None => {}
        }
    }
}
