//! A page to try the API: our own HTML, style and script, and nothing from anywhere else.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Scripts and styles from here alone, none inline; calls to here alone; nobody frames it. What the page shows it sets as
/// text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/docs", get(|| async { page() }))
        .route(
            "/docs/app.js",
            get(|| async { asset("text/javascript; charset=utf-8", include_str!("docs/app.js")) }),
        )
        .route(
            "/docs/style.css",
            get(|| async { asset("text/css; charset=utf-8", include_str!("docs/style.css")) }),
        )
}

fn page() -> Response {
    let mut response = asset("text/html; charset=utf-8", include_str!("docs/index.html"));
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        // They change with the program, at the same address.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}
