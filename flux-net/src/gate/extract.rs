//! What handlers are given: bodies, parameters, and who asks.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use flux_core::guard::{ClientAddr, LimitKey, Take, limited};
use flux_core::session::Actor;
use flux_core::time::within;
use flux_core::{ErrorCode, InvalidId};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::{Gate, strict};
use crate::problem::Problem;

/// A JSON body, read strictly.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Gate> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, gate: &Gate) -> Result<Self, Problem> {
        require_json(request.headers())?;
        let most = gate.config.body_bytes;
        // By its own word, before any of it is read; layers around the body need not know its length.
        let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if declared.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > most as u64) {
            return Err(Problem::new(ErrorCode::PayloadTooLarge));
        }
        let clock = &*gate.flux.ports.clock;
        let body = Limited::new(request.into_body(), most).collect();
        let body: Bytes = match within(clock, gate.config.deadline, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                return Err(Problem::new(ErrorCode::PayloadTooLarge));
            }
            Ok(Err(_)) => return Err(Problem::new(ErrorCode::Malformed).with_detail("body ended too early")),
            Err(_) => return Err(Problem::new(ErrorCode::Timeout).with_detail("body came too slowly")),
        };
        read_body(&body).map(Self)
    }
}

/// Reads a whole body.
pub(super) fn read_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    strict::check(body).map_err(|error| malformed(&error))?;
    serde_json::from_slice(body).map_err(|error| malformed(&error))
}

pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let refused = Err(Problem::new(ErrorCode::UnsupportedMediaType));
    if headers.contains_key(header::CONTENT_ENCODING) {
        return refused;
    }
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next().and_then(|value| value.to_str().ok()), values.next()) else {
        return refused;
    };
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    // JSON is UTF-8; saying so is allowed, saying anything else is not.
    let utf8 = |parameter: &str| parameter.is_empty() || parameter.eq_ignore_ascii_case("charset=utf-8");
    if essence.eq_ignore_ascii_case("application/json") && parts.all(utf8) { Ok(()) } else { refused }
}

/// Says where, and which field if that is known; nothing of what stood there.
fn malformed(error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    if !error.is_data() {
        return Problem::new(ErrorCode::Malformed).with_detail(format!("no valid JSON at {place}"));
    }
    let text = error.to_string();
    for (start, what) in [("missing field `", "is missing"), ("unknown field `", "is not known here")] {
        let name = text.strip_prefix(start).and_then(|rest| rest.split_once('`')).map(|(name, _)| name);
        if let Some(name) = name.filter(|name| name.len() <= 64) {
            return Problem::new(ErrorCode::Malformed)
                .with_field(name.to_owned())
                .with_detail(format!("this field {what}"));
        }
    }
    Problem::new(ErrorCode::Malformed).with_detail(format!("wrong type or repeated name at {place}"))
}

/// The query of a request, each name at most once and none that is not known.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<Gate> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Gate) -> Result<Self, Problem> {
        read_query(&parts.uri).map(Self)
    }
}

/// Reads the query of a target.
pub(super) fn read_query<T: DeserializeOwned>(target: &Uri) -> Result<T, Problem> {
    let query = axum::extract::Query::try_from_uri(target);
    query.map(|query| query.0).map_err(|_| {
        Problem::new(ErrorCode::Malformed)
            .with_detail("query with an unknown, repeated or malformed parameter")
    })
}

/// The one id in a path.
#[derive(Debug)]
pub(super) struct Id<T>(pub(super) T);

impl<T: FromStr<Err = InvalidId>> FromRequestParts<Gate> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gate: &Gate) -> Result<Self, Problem> {
        let malformed = || Problem::new(ErrorCode::Malformed).with_field("id").with_detail("not a UUID");
        let params = RawPathParams::from_request_parts(parts, gate).await.map_err(|_| malformed())?;
        // A router that this one is nested in may have parameters of its own, before ours.
        let id = params.iter().filter(|(name, _)| *name == "id").last().ok_or_else(malformed)?.1;
        id.parse().map(Self).map_err(|_| malformed())
    }
}

/// Where a request comes from, for limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client(pub(super) ClientAddr);

impl FromRequestParts<Gate> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, gate: &Gate) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        // A server that does not say where requests come from makes one client of all: limited too much, not too little.
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        Ok(Self(ClientAddr::new(gate.config.proxies.client(peer, &parts.headers))))
    }
}

/// Who asks: whoever has the access token in `Authorization`. Tokens in cookies or in the query are none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller(pub(super) Actor);

impl FromRequestParts<Gate> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gate: &Gate) -> Result<Self, Problem> {
        let unauthenticated = |why: &'static str| Problem::new(ErrorCode::Unauthenticated).with_detail(why);
        let token = bearer(&parts.headers).ok_or_else(|| unauthenticated("no bearer token"))?;
        let claims = gate.tokens.verify(token, gate.flux.ports.clock.now());
        let claims = claims.map_err(|error| {
            tracing::debug!(%error, "access token refused");
            unauthenticated("access token not valid or expired")
        })?;
        let actor = gate.flux.sessions.authorize(claims.user, claims.session).await?;
        let key = LimitKey::new("http.session", actor.session.to_string());
        gate.limit(&key, gate.config.requests_per_session).await?;
        Ok(Self(actor))
    }
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim_matches(' '))
}

impl Gate {
    /// Counts one under `key`. A limiter that is down lets these pass: what guards accounts is asked elsewhere, and
    /// refuses.
    pub(super) async fn limit(&self, key: &LimitKey, quota: flux_core::guard::Quota) -> Result<(), Problem> {
        match self.flux.ports.limiter.take(key, quota).await {
            Ok(Take::Limited { retry_after }) => {
                let retry_after = limited(key.action, retry_after).retry_after;
                Err(Problem::new(ErrorCode::RateLimited).with_retry_after(retry_after))
            }
            Ok(Take::Allowed) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "requests are not counted");
                Ok(())
            }
        }
    }
}

/// A value of a field, or the problem that names it.
pub(super) fn checked<T, E: std::fmt::Display>(
    field: impl Into<Cow<'static, str>>,
    value: Result<T, E>,
    code: impl FnOnce(&E) -> ErrorCode,
) -> Result<T, Problem> {
    value.map_err(|error| Problem::new(code(&error)).with_field(field).with_detail(error.to_string()))
}
