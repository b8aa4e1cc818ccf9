//! What stands around every handler: an id, a span, bounds on time and number, and the headers of every answer.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use flux_core::observe::{TraceContext, Tracer, trace};
use flux_core::time::within;
use flux_core::{ErrorCode, entropy};
use tracing::Instrument as _;
use tracing::field::Empty;

use super::Gate;
use crate::problem::{self, Problem};
use crate::serve::check_target;

/// The header that names a request in answers and logs.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header that names the trace of a request, as W3C Trace Context has it, in requests and answers.
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Around everything: names the request, logs how it ended, and completes the answer.
pub(super) async fn finish(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let id = format!("{:032x}", u128::from_be_bytes(entropy::bytes(&*gate.flux.ports.entropy)));
    let language = problem::language(request.headers());
    let (method, path) = (verb(request.method()), request.extensions().get::<MatchedPath>().cloned());
    let route = path.as_ref().map_or("-", MatchedPath::as_str);
    let (trace, parent) = traced(&gate.flux.tracer, &request);
    let span = tracing::info_span!(
        "http",
        request.id = id,
        command = method,
        route,
        trace.id = %trace.trace,
        span.id = %trace.span,
        parent.id = Empty,
        trace.sampled = trace.sampled,
    );
    if let Some(parent) = parent {
        span.record("parent.id", tracing::field::display(parent.span));
    }
    let began = gate.flux.ports.clock.monotonic();
    let mut response = if malformed(&request) {
        let mut response = Problem::new(ErrorCode::Malformed).into_response();
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        response
    } else {
        trace::scope(trace, next.run(request)).instrument(span.clone()).await
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let plain = std::mem::replace(&mut response, problem.response(language, Some(&id)));
        for (name, value) in plain.headers() {
            if !response.headers().contains_key(name) {
                response.headers_mut().append(name.clone(), value.clone());
            }
        }
    }
    let elapsed = gate.flux.ports.clock.monotonic().saturating_sub(began);
    gate.meters.answered(method, route, response.status(), elapsed);
    span.in_scope(|| {
        let (status, elapsed_ms) = (response.status().as_u16(), elapsed.as_millis());
        if trace.sampled {
            tracing::info!(status, elapsed_ms, "answered");
        } else {
            tracing::debug!(status, elapsed_ms, "answered");
        }
    });
    if let Ok(place) = HeaderValue::try_from(trace.to_string()) {
        response.headers_mut().insert(TRACEPARENT, place);
    }
    complete(&gate, &mut response, &id);
    response
}

/// Where a request stands: in the trace that its client names, if it names one, and after which span of it.
fn traced(tracer: &Tracer, request: &Request) -> (TraceContext, Option<TraceContext>) {
    let named = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok()?.parse().ok());
    (named.map_or_else(|| tracer.root(), |parent| tracer.child_of_stranger(parent)), named)
}

/// Whether the target may be read differently by others. [`serve`](crate::serve) has looked before; other servers may
/// not have.
fn malformed(request: &Request) -> bool {
    let uri = request.uri();
    // HTTP/2 names the authority beside the path, and so it stands in the URI.
    let absolute = request.version() <= Version::HTTP_11 && uri.authority().is_some();
    absolute || uri.path_and_query().is_none_or(|target| check_target(target.as_str().as_bytes()).is_err())
}

/// Headers of every answer, unless the handler knew better.
fn complete(gate: &Gate, response: &mut Response, id: &str) {
    let mut set = |name: HeaderName, value: &'static str| {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::CACHE_CONTROL, "no-store");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    if gate.config.https {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
}

/// Around the API: a bounded number of requests at once, each for a bounded time.
///
/// The handler runs as a task of its own. So it ends what it began, such as a login that was already counted, when its
/// client hangs up; the deadline of the core ends it in any case. And if it panics, the process lives.
pub(super) async fn bound(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let Ok(permit) = Arc::clone(&gate.permits).try_acquire_owned() else {
        return Problem::new(ErrorCode::Overloaded).with_retry_after(Duration::from_secs(1)).into_response();
    };
    let place = trace::current();
    let handle = async move {
        let response = next.run(request).await;
        drop(permit);
        response
    };
    let handle = async move {
        match place {
            Some(place) => trace::scope(place, handle).await,
            None => handle.await,
        }
    };
    let task = tokio::spawn(handle.in_current_span());
    match within(&*gate.flux.ports.clock, gate.config.deadline, task).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            // The panic itself has been reported by the hook of the process; what it said may be anything.
            tracing::error!("handler panicked");
            Problem::new(ErrorCode::Internal).into_response()
        }
        Err(_) => {
            tracing::warn!("request not answered in time");
            Problem::new(ErrorCode::Timeout).into_response()
        }
    }
}

/// The method, of which there are few: what a client invents is no label.
fn verb(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
