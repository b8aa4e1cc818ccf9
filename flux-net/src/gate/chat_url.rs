//! Which chat node a client should connect to.

use std::time::Duration;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use flux_core::ErrorCode;
use flux_core::routing::NodeInfo;
use flux_core::time::within;

use super::Gate;
use crate::problem::Problem;

/// The registry is asked for this long; who only logs in has better things to wait for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The configured URL; else that of the least loaded live node; else, where nodes say none, this host's own.
pub(super) async fn find(gate: &Gate, headers: &HeaderMap) -> Result<String, Problem> {
    if let Some(url) = &gate.config.chat_url {
        return Ok(url.clone());
    }
    let unavailable = || Problem::new(ErrorCode::Unavailable);
    let live = within(&*gate.flux.ports.clock, PATIENCE, gate.flux.ports.registry.live()).await;
    let nodes = match live {
        Ok(Ok(nodes)) => nodes,
        Ok(Err(error)) => {
            tracing::warn!(%error, "node registry not read");
            return Err(unavailable());
        }
        Err(error) => {
            tracing::warn!(%error, "node registry not read");
            return Err(unavailable());
        }
    };
    match least_loaded(&nodes) {
        Some(node) if !node.client_url.is_empty() => Ok(node.client_url.clone()),
        Some(_) => own(gate, headers).ok_or_else(unavailable),
        None => Err(unavailable()),
    }
}

/// By the part of its capacity in use, of those that are not about to stop.
fn least_loaded(nodes: &[NodeInfo]) -> Option<&NodeInfo> {
    let load = |node: &NodeInfo| u64::from(node.connections) * 1_000_000 / u64::from(node.capacity.max(1));
    nodes.iter().filter(|node| !node.draining).min_by_key(|node| (load(node), node.node))
}

/// The host that the client found this gate at. Only the client itself ever sees it.
fn own(gate: &Gate, headers: &HeaderMap) -> Option<String> {
    let host: Authority = headers.get(header::HOST)?.to_str().ok()?.parse().ok()?;
    let scheme = if gate.config.https { "wss" } else { "ws" };
    (!host.as_str().contains('@')).then(|| format!("{scheme}://{host}/v1/chat"))
}

#[cfg(test)]
mod tests {
    use flux_core::NodeId;
    use uuid::Uuid;

    use super::*;

    fn node(id: u128, connections: u32, capacity: u32, draining: bool) -> NodeInfo {
        NodeInfo {
            node: NodeId::try_from(Uuid::from_u128(id)).unwrap(),
            client_url: format!("ws://node{id}"),
            peer_url: String::new(),
            capacity,
            connections,
            draining,
        }
    }

    #[test]
    fn the_least_loaded_node_that_stays_is_taken() {
        let url = |nodes: &[NodeInfo]| least_loaded(nodes).map(|node| node.client_url.clone());
        assert_eq!(url(&[]), None);
        assert_eq!(url(&[node(1, 0, 10, true)]), None);
        let nodes = [
            node(1, 50, 100, false),
            node(2, 60, 1_000, false),
            node(3, 0, 100, true),
            node(4, 6, 100, false),
        ];
        assert_eq!(url(&nodes).as_deref(), Some("ws://node2"));
        assert_eq!(url(&[node(1, u32::MAX, 0, false)]).as_deref(), Some("ws://node1"));
    }
}
