//! What operators and other services ask.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flux_core::StoreError;
use flux_core::guard::LimitKey;
use flux_core::time::within;
use serde::Serialize;
use utoipa::ToSchema;

use super::Gate;

/// Something that a gate depends on, and that can be asked whether it is there.
#[async_trait]
pub trait Probe: Send + Sync + 'static {
    /// What it is called in the answer of `/readyz`.
    fn name(&self) -> &'static str;

    /// Whether it is there now.
    ///
    /// # Errors
    /// What is wrong, for the log.
    async fn check(&self) -> Result<(), flux_core::Cause>;
}

/// How long each dependency may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(1);

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
    /// What is missing: `store`, `limits`, `directory`, `registry`, `revocations`, `draining` while the process stops,
    /// and whatever else this process depends on.
    missing: Vec<&'static str>,
}

/// Can requests be served
///
/// Asks everything that this process depends on.
#[utoipa::path(
    get, path = "/readyz", tag = "service", security(()),
    responses(
        (status = 200, body = Readiness),
        (status = 503, body = Readiness, description = "something is missing")
    )
)]
pub(super) async fn readyz(State(gate): State<Gate>) -> (StatusCode, axum::Json<Readiness>) {
    let ports = &gate.flux.ports;
    let store = async { ports.durable.horizon().await.map(drop) };
    let limits = async {
        let key = LimitKey::new("readyz", "probe");
        ports.limiter.wait(&key).await.map(drop)
    };
    let directory = async { ports.directory.locate(&[]).await.map(drop) };
    let registry = async { ports.registry.live().await.map(drop) };
    let others = async {
        let mut missing = Vec::new();
        for probe in &gate.probes {
            missing.extend(asked(&gate, probe.name(), probe.check()).await);
        }
        missing
    };
    let (store, limits, directory, registry, others) = tokio::join!(
        asked(&gate, "store", boxed(store)),
        asked(&gate, "limits", boxed(limits)),
        asked(&gate, "directory", boxed(directory)),
        asked(&gate, "registry", boxed(registry)),
        others,
    );
    let revocations = (!gate.flux.revocations.is_fresh()).then_some("revocations");
    let draining = gate.draining.is_cancelled().then_some("draining");
    let known = [store, limits, directory, registry, revocations, draining];
    let missing: Vec<_> = known.into_iter().flatten().chain(others).collect();
    let status = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(Readiness { ready: missing.is_empty(), missing }))
}

async fn boxed(asked: impl Future<Output = Result<(), StoreError>>) -> Result<(), flux_core::Cause> {
    asked.await.map_err(Into::into)
}

/// The name, if what bears it is not there.
async fn asked(
    gate: &Gate,
    name: &'static str,
    check: impl Future<Output = Result<(), flux_core::Cause>>,
) -> Option<&'static str> {
    match within(&*gate.flux.ports.clock, PATIENCE, check).await {
        Ok(Ok(())) => return None,
        Ok(Err(error)) => tracing::warn!(%error, name, "not ready"),
        Err(error) => tracing::warn!(%error, name, "not ready"),
    }
    Some(name)
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
