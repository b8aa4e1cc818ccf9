//! Logging in, refreshing, and ending sessions; where to chat.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use flux_core::session::{Device as CoreDevice, DeviceName, Login as CoreLogin};
use flux_core::{Secret, SessionId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Gate;
use super::chat_url;
use super::dto::{DeviceClass, Me, Page, SecretText, Session};
use super::extract::{Caller, Client, Id, Json, Query, checked};
use crate::problem::Problem;

/// What logs in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Device {
    /// What its user calls it, up to 64 characters.
    #[serde(default)]
    #[schema(max_length = 64)]
    name: String,
    #[serde(default)]
    class: DeviceClass,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "fields are named as they stand in JSON")]
pub(super) struct Login {
    /// The username or the e-mail address.
    #[schema(value_type = String, example = "ann")]
    login: SecretText,
    #[schema(value_type = String, format = Password, max_length = 256)]
    password: SecretText,
    #[serde(default)]
    device: Device,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
pub(super) struct Tokens {
    /// For the header `Authorization: Bearer …` and for `hello` of the chat.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// How long the access token is good.
    expires_in_s: u64,
    /// For the next one, once: each refresh gives a new refresh token. Keep it where nobody else reads it.
    refresh_token: String,
}

impl Tokens {
    fn issue(gate: &Gate, user: UserId, session: SessionId, refresh: &Secret) -> Self {
        let access = gate.tokens.issue(user, session, gate.flux.ports.clock.now());
        Self {
            access_token: access.token.expose().to_owned(),
            token_type: "Bearer",
            expires_in_s: access.expires_in.as_secs(),
            refresh_token: refresh.expose().to_owned(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct LoggedIn {
    user: Me,
    session: Session,
    #[serde(flatten)]
    tokens: Tokens,
    /// Where to connect for chat; null if no node is known just now: ask `/v1/chat-endpoint` later.
    chat_url: Option<String>,
}

/// Log in
///
/// Opens a session. It lives until it is ended, or not used for 60 days.
#[utoipa::path(
    post, path = "/v1/sessions", tag = "sessions", request_body = Login, security(()),
    responses((status = 201, body = LoggedIn))
)]
pub(super) async fn log_in(
    State(gate): State<Gate>,
    Client(client): Client,
    headers: HeaderMap,
    Json(body): Json<Login>,
) -> Result<(StatusCode, axum::Json<LoggedIn>), Problem> {
    let name = checked("device.name", DeviceName::new(&body.device.name), |error| error.code())?;
    let device = CoreDevice { name, class: body.device.class.into() };
    let login = CoreLogin { name: body.login.0, password: body.password.0, device };
    let done = gate.flux.sessions.login(login, &client).await?;
    let (user, session) = (done.session.user, done.session.session);
    let answer = LoggedIn {
        user: done.account.into(),
        session: Session::new(&done.session, session),
        tokens: Tokens::issue(&gate, user, session, &done.refresh),
        chat_url: chat_url::find(&gate, &headers, &[]).await.ok(),
    };
    Ok((StatusCode::CREATED, axum::Json(answer)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Refresh {
    #[schema(value_type = String)]
    refresh_token: SecretText,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Refreshed {
    session: Session,
    #[serde(flatten)]
    tokens: Tokens,
}

/// Get new tokens
///
/// The refresh token that was given is good for ten seconds more, in case the answer gets lost. Given after that, it was
/// copied, and the session ends.
#[utoipa::path(
    post, path = "/v1/sessions/refresh", tag = "sessions", request_body = Refresh, security(()),
    responses((status = 200, body = Refreshed))
)]
pub(super) async fn refresh(
    State(gate): State<Gate>,
    Client(client): Client,
    Json(body): Json<Refresh>,
) -> Result<axum::Json<Refreshed>, Problem> {
    let done = gate.flux.sessions.refresh(&body.refresh_token.0, &client).await?;
    let (user, session) = (done.session.user, done.session.session);
    let tokens = Tokens::issue(&gate, user, session, &done.refresh);
    Ok(axum::Json(Refreshed { session: Session::new(&done.session, session), tokens }))
}

/// List one's sessions
///
/// The newest first.
#[utoipa::path(
    get, path = "/v1/sessions", tag = "sessions", responses((status = 200, body = Page<Session>))
)]
pub(super) async fn list_sessions(
    State(gate): State<Gate>,
    Caller(actor): Caller,
) -> Result<axum::Json<Page<Session>>, Problem> {
    let sessions = gate.flux.sessions.list(&actor).await?;
    let sessions: Vec<_> = sessions.iter().map(|session| Session::new(session, actor.session)).collect();
    Ok(axum::Json(Page::new(sessions, None)))
}

/// End one of one's sessions
///
/// It is cut off everywhere within a second.
#[utoipa::path(
    delete, path = "/v1/sessions/{id}", tag = "sessions", params(("id" = String, Path, format = Uuid)),
    responses((status = 204))
)]
pub(super) async fn end_session(
    State(gate): State<Gate>,
    Caller(actor): Caller,
    Id(session): Id<SessionId>,
) -> Result<StatusCode, Problem> {
    gate.flux.sessions.end(&actor, session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Log out
#[utoipa::path(delete, path = "/v1/sessions/current", tag = "sessions", responses((status = 204)))]
pub(super) async fn log_out(State(gate): State<Gate>, Caller(actor): Caller) -> Result<StatusCode, Problem> {
    gate.flux.sessions.logout(&actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, ToSchema)]
pub(super) struct ChatEndpoint {
    /// A WebSocket URL; subprotocols `flux.v1.proto` and `flux.v1.json`.
    #[schema(example = "wss://chat.example.org/v1/chat")]
    url: String,
}

/// How many nodes one call may avoid; the rest is not heeded.
const MOST_AVOIDED: usize = 8;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EndpointQuery {
    /// Addresses that were tried just now and did not answer, with commas between them, at most 8. One of them is named
    /// only if there is no other.
    avoid: Option<String>,
}

impl EndpointQuery {
    fn avoid(&self) -> Vec<String> {
        let urls = self.avoid.iter().flat_map(|urls| urls.split(','));
        urls.take(MOST_AVOIDED).map(str::to_owned).collect()
    }
}

/// Find a chat node
///
/// The least loaded of those that live.
#[utoipa::path(
    get, path = "/v1/chat-endpoint", tag = "sessions", params(EndpointQuery),
    responses((status = 200, body = ChatEndpoint))
)]
pub(super) async fn chat_endpoint(
    State(gate): State<Gate>,
    Caller(_): Caller,
    Query(query): Query<EndpointQuery>,
    headers: HeaderMap,
) -> Result<axum::Json<ChatEndpoint>, Problem> {
    let url = chat_url::find(&gate, &headers, &query.avoid()).await?;
    Ok(axum::Json(ChatEndpoint { url }))
}
