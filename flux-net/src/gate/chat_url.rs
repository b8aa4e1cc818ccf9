//! Which chat node a client should connect to.

use std::time::Duration;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use flux_core::time::within;
use flux_core::{ErrorCode, StoreError};

use super::Gate;
use crate::problem::Problem;

/// Whoever chooses nodes is asked for this long; who only logs in has better things to wait for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The configured URL; else that of the least loaded live node; else, where nodes say none, this host's own.
/// Those in `avoid` only where there is no other.
pub(super) async fn find(gate: &Gate, headers: &HeaderMap, avoid: &[String]) -> Result<String, Problem> {
    if let Some(url) = &gate.config.chat_url {
        return Ok(url.clone());
    }
    let own = own(gate, headers);
    // Nodes that say no URL are found at this host's own.
    let known = |url: &String| if own.as_ref() == Some(url) { String::new() } else { url.clone() };
    let avoid: Vec<_> = avoid.iter().map(known).collect();
    let unavailable = || Problem::new(ErrorCode::Unavailable);
    let chosen = within(&*gate.flux.ports.clock, PATIENCE, gate.flux.chooser.choose(&avoid)).await;
    match chosen.map_err(StoreError::from).flatten() {
        Ok(Some(node)) if !node.client_url.is_empty() => Ok(node.client_url),
        Ok(Some(_)) => own.ok_or_else(unavailable),
        // Every node is full, or about to stop.
        Ok(None) => Err(Problem::new(ErrorCode::Overloaded)),
        Err(error) => {
            tracing::warn!(%error, "no node chosen");
            Err(unavailable())
        }
    }
}

/// The host that the client found this gate at. Only the client itself ever sees it.
fn own(gate: &Gate, headers: &HeaderMap) -> Option<String> {
    let host: Authority = headers.get(header::HOST)?.to_str().ok()?.parse().ok()?;
    let scheme = if gate.config.https { "wss" } else { "ws" };
    (!host.as_str().contains('@')).then(|| format!("{scheme}://{host}/v1/chat"))
}
