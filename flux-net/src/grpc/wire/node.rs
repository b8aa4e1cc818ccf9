//! Nodes.

use flux_core::NodeId;
use flux_core::routing::NodeInfo;
use flux_proto::v1;

use super::{Unreadable, read_id};

pub(in crate::grpc) fn node(info: &NodeInfo) -> v1::NodeInfo {
    v1::NodeInfo {
        node_id: info.node.to_string(),
        client_url: info.client_url.clone(),
        peer_url: info.peer_url.clone(),
        capacity: info.capacity,
        connections: info.connections,
        draining: info.draining,
    }
}

/// What a node says of itself; which node it is, its credentials say.
pub(in crate::grpc) fn read_report(node: NodeId, info: v1::NodeInfo) -> NodeInfo {
    let v1::NodeInfo { node_id: _, client_url, peer_url, capacity, connections, draining } = info;
    NodeInfo { node, client_url, peer_url, capacity, connections, draining }
}

pub(in crate::grpc) fn read_node(info: v1::NodeInfo) -> Result<NodeInfo, Unreadable> {
    Ok(read_report(read_id(&info.node_id, "node_id")?, info))
}
