//! What operators and other services ask.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Gate;
use crate::health;

#[derive(Serialize, ToSchema)]
pub(super) struct Alive {
    /// Always `alive`.
    status: &'static str,
}

/// Is the process alive
///
/// Says nothing of what it depends on: a process without its database need not be restarted.
#[utoipa::path(get, path = "/healthz", tag = "service", security(()), responses((status = 200, body = Alive)))]
pub(super) async fn healthz() -> axum::Json<Alive> {
    axum::Json(Alive { status: "alive" })
}

#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    /// Whether requests should be sent here.
    ready: bool,
    /// What is missing: `store`, `limits` and `revocations`, without which nothing works, `draining` while the process stops; and,
    /// with which some things work less well, `directory`, `registry`, and whatever else it depends on.
    missing: Vec<&'static str>,
}

/// Can requests be served
///
/// Asks everything that this process depends on. With something missing that it can do without, it is ready still.
#[utoipa::path(
    get, path = "/readyz", tag = "service", security(()),
    responses(
        (status = 200, body = Readiness),
        (status = 503, body = Readiness, description = "requests should go elsewhere")
    )
)]
pub(super) async fn readyz(State(gate): State<Gate>) -> (StatusCode, axum::Json<Readiness>) {
    let health::Readiness { ready, missing } = gate.health.ask().await;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(Readiness { ready, missing }))
}

/// The keys that verify access tokens
///
/// As a JWK set (RFC 7517).
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "service", security(()),
    responses((status = 200, body = serde_json::Value, content_type = "application/jwk-set+json"))
)]
pub(super) async fn jwks(State(gate): State<Gate>) -> Response {
    let keys = gate.tokens.jwks(gate.flux.ports.clock.now());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json")),
        // Shorter than a former key is kept, so that a new one is known in time.
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60")),
    ];
    (headers, keys).into_response()
}

/// The OpenAPI document, made once.
pub(super) async fn openapi(State(document): State<Arc<str>>) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], document.to_string()).into_response()
}
