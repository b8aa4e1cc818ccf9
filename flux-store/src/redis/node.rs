//! What a node says of itself, as JSON: a later version may say more, and this one passes it over.

use flux_core::NodeId;
use flux_core::routing::NodeInfo;
use serde_json::{Value, json};

pub(super) fn encode(info: &NodeInfo) -> String {
    json!({
        "client_url": info.client_url,
        "peer_url": info.peer_url,
        "capacity": info.capacity,
        "connections": info.connections,
        "draining": info.draining,
    })
    .to_string()
}

/// `None` for what no version of Flux writes.
pub(super) fn decode(node: &[u8], info: &[u8]) -> Option<NodeInfo> {
    let node: NodeId = std::str::from_utf8(node).ok()?.parse().ok()?;
    let info: Value = serde_json::from_slice(info).ok()?;
    let text = |name: &str| info.get(name)?.as_str().map(str::to_owned);
    let count = |name: &str| u32::try_from(info.get(name)?.as_u64()?).ok();
    Some(NodeInfo {
        node,
        client_url: text("client_url")?,
        peer_url: text("peer_url")?,
        capacity: count("capacity")?,
        connections: count("connections")?,
        draining: info.get("draining")?.as_bool()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_says_comes_back_as_it_was_and_more_is_passed_over() {
        let info = NodeInfo {
            node: NodeId::from_slice(&[7; 16]).unwrap(),
            client_url: "wss://chat.example.org/v1/chat?a=\"b\"\n".to_owned(),
            peer_url: String::new(),
            capacity: u32::MAX,
            connections: 0,
            draining: true,
        };
        let node = info.node.to_string();
        let text = encode(&info);
        assert_eq!(decode(node.as_bytes(), text.as_bytes()), Some(info.clone()));
        let later = text.replacen('{', "{\"region\":\"eu\",", 1);
        assert_eq!(decode(node.as_bytes(), later.as_bytes()), Some(info));
        for (node, text) in [("", text.as_str()), (&node, ""), (&node, "{}"), (&node, "[1]")] {
            assert_eq!(decode(node.as_bytes(), text.as_bytes()), None);
        }
    }
}
