//! The HTTP gate: accounts, sessions, friends and history over JSON, under `/v1`.
//!
//! [`router`] gives an axum router: serve it with [`crate::serve::serve`] or any other server of axum's, alone, merged
//! with others or nested in one's own. Every refusal is a [`Problem`] with a stable code. The
//! OpenAPI 3.1 document that `/openapi.json` gives comes from the code, and `/docs` is a page to try it.
//!
//! A handler reads a request, asks the service of its subject in `flux-core`, and writes the answer; it decides nothing.
//! Who acts is the session of the access token in `Authorization`: no body, query, path or cookie says who is acting.

mod chat_url;
mod codes;
mod config;
mod docs;
mod dto;
mod extract;
mod friends;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod me;
mod messages;
mod meters;
mod openapi;
mod page;
mod refusal;
mod service;
mod sessions;
mod shield;
mod strict;
mod users;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, Method, header};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use flux_core::{ErrorCode, Flux};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::health::{Health, Probe};
use crate::problem::Problem;
use crate::token::Tokens;
pub use config::GateConfig;

/// What a gate is made of.
#[must_use]
pub struct GateParts {
    /// The services, and the clock and entropy that requests go by.
    pub flux: Flux,
    /// Issues and verifies access tokens.
    pub tokens: Arc<Tokens>,
    /// How it behaves.
    pub config: GateConfig,
    /// What else has to be there before `/readyz` says so.
    pub probes: Vec<Arc<dyn Probe>>,
    /// Cancelled when the process begins to stop: from then on `/readyz` says that it is not ready.
    pub draining: CancellationToken,
}

impl GateParts {
    /// With the default configuration, no further probes, and nothing that stops it.
    pub fn new(flux: Flux, tokens: Arc<Tokens>) -> Self {
        let (config, draining) = (GateConfig::default(), CancellationToken::new());
        Self { flux, tokens, config, probes: Vec::new(), draining }
    }

    /// Behaving so.
    pub fn with_config(mut self, config: GateConfig) -> Self {
        self.config = config;
        self
    }

    /// Ready only if this is there too.
    pub fn with_probe(mut self, probe: Arc<dyn Probe>) -> Self {
        self.probes.push(probe);
        self
    }

    /// Not ready once this is cancelled.
    pub fn with_draining(mut self, draining: CancellationToken) -> Self {
        self.draining = draining;
        self
    }
}

impl fmt::Debug for GateParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GateParts").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What handlers share.
#[derive(Clone)]
struct Gate(Arc<Inner>);

struct Inner {
    flux: Flux,
    tokens: Arc<Tokens>,
    config: GateConfig,
    health: Health,
    /// Requests that may still begin.
    permits: Arc<Semaphore>,
    meters: meters::HttpMeters,
}

impl std::ops::Deref for Gate {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The router of a gate. It answers for every path, with a problem for those that it does not know; a router that it is
/// merged with must have no fallback of its own, one that it is nested in may.
pub fn router(parts: GateParts) -> Router {
    let GateParts { flux, tokens, config, probes, draining } = parts;
    let permits = Arc::new(Semaphore::new(config.requests));
    let cors = cors(&config);
    let with_docs = config.docs;
    let health = probes.into_iter().fold(Health::of(&flux, draining), Health::with_probe);
    let gate = Gate(Arc::new(Inner {
        flux,
        tokens,
        config,
        health,
        permits,
        meters: meters::HttpMeters::default(),
    }));

    let (service, _) = service().split_for_parts();
    let (api, _) = api().split_for_parts();
    let mut router = service.merge(api.layer(from_fn_with_state(gate.clone(), shield::bound)));
    if with_docs {
        let document = openapi::complete(document()).to_json().unwrap_or_default();
        let openapi = get(service::openapi).with_state::<Gate>(Arc::from(document));
        router = router.route("/openapi.json", openapi).merge(docs::router());
    }
    let router = router
        .method_not_allowed_fallback(|| async { Problem::new(ErrorCode::MethodNotAllowed) })
        .fallback(|| async { Problem::new(ErrorCode::NotFound) })
        .layer(from_fn_with_state(gate.clone(), shield::finish))
        .with_state(gate);
    match cors {
        Some(cors) => router.layer(cors),
        None => router,
    }
}

/// The OpenAPI 3.1 document of a gate, in JSON: what `/openapi.json` gives.
#[must_use]
pub fn openapi_json() -> String {
    // Made of strings, lists and maps, which always serialise.
    openapi::complete(document()).to_pretty_json().unwrap_or_default()
}

fn document() -> utoipa::openapi::OpenApi {
    let (_, mut document) = api().split_for_parts();
    let (_, service) = service().split_for_parts();
    document.merge(service);
    document
}

/// Health and keys: answered however much there is to do.
fn service() -> OpenApiRouter<Gate> {
    OpenApiRouter::new()
        .routes(routes!(service::healthz))
        .routes(routes!(service::readyz))
        .routes(routes!(service::jwks))
}

fn api() -> OpenApiRouter<Gate> {
    OpenApiRouter::with_openapi(openapi::Document::openapi())
        .routes(routes!(codes::request_code))
        .routes(routes!(users::register, users::search_users))
        .routes(routes!(me::get_me, me::change_profile, me::delete_account))
        .routes(routes!(me::change_password))
        .routes(routes!(me::change_email))
        .routes(routes!(users::get_user))
        .routes(routes!(users::reset_password))
        .routes(routes!(sessions::log_in, sessions::list_sessions))
        .routes(routes!(sessions::refresh))
        .routes(routes!(sessions::log_out))
        .routes(routes!(sessions::end_session))
        .routes(routes!(sessions::chat_endpoint))
        .routes(routes!(friends::list_friend_requests, friends::ask_friend))
        .routes(routes!(friends::accept_friend_request))
        .routes(routes!(friends::reject_friend_request))
        .routes(routes!(friends::cancel_friend_request))
        .routes(routes!(friends::list_friends))
        .routes(routes!(friends::set_remark, friends::remove_friend))
        .routes(routes!(friends::list_blocks))
        .routes(routes!(friends::block_user, friends::unblock_user))
        .routes(routes!(messages::list_conversations))
        .routes(routes!(messages::read_messages, messages::send_message))
}

/// Lets pages of the listed origins call, with a token that they hold: cookies are never sent, for none is ever looked
/// at. Without origins no browser lets any other page see an answer.
fn cors(config: &GateConfig) -> Option<CorsLayer> {
    if config.allowed_origins.is_empty() {
        return None;
    }
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let headers = [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT_LANGUAGE, shield::TRACEPARENT];
    let exposed: [HeaderName; 3] = [header::RETRY_AFTER, shield::REQUEST_ID, shield::TRACEPARENT];
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(config.allowed_origins.clone()))
            .allow_methods(methods)
            .allow_headers(headers)
            .expose_headers(exposed)
            .max_age(Duration::from_mins(10)),
    )
}
