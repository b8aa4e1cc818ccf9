//! Cases of [`NodeRegistry`](crate::routing::NodeRegistry).

use std::time::Duration;

use super::RoutingHarness;
use crate::id::NodeId;
use crate::routing::NodeInfo;

const SECOND: Duration = Duration::from_secs(1);
pub(super) const LEASE: Duration = Duration::from_secs(10);

/// A node that has not announced itself yet.
pub(super) fn node(h: &RoutingHarness) -> NodeInfo {
    NodeInfo {
        node: h.id(NodeId::generate),
        client_url: "wss://chat.example.org/v1/chat".to_owned(),
        peer_url: "https://10.0.0.7:50055".to_owned(),
        capacity: 10_000,
        connections: 3,
        draining: false,
    }
}

pub async fn an_announced_node_lives_and_is_as_it_says(h: RoutingHarness) {
    assert_eq!(h.store.live().await.unwrap(), []);
    let mut nodes = vec![node(&h), node(&h), NodeInfo { peer_url: String::new(), ..node(&h) }];
    for info in &nodes {
        h.store.announce(info, LEASE).await.unwrap();
    }
    nodes.sort_by_key(|info| info.node);
    assert_eq!(h.store.live().await.unwrap(), nodes, "ascending by id");
}

pub async fn a_new_announcement_replaces_the_old_one(h: RoutingHarness) {
    let info = node(&h);
    h.store.announce(&info, LEASE).await.unwrap();
    let draining = NodeInfo { draining: true, connections: 9, ..info };
    h.store.announce(&draining, LEASE).await.unwrap();
    assert_eq!(h.store.live().await.unwrap(), [draining]);
}

pub async fn a_node_that_withdraws_is_gone_at_once(h: RoutingHarness) {
    let (leaves, stays) = (node(&h), node(&h));
    h.store.announce(&leaves, LEASE).await.unwrap();
    h.store.announce(&stays, LEASE).await.unwrap();
    h.store.withdraw(leaves.node).await.unwrap();
    assert_eq!(h.store.live().await.unwrap(), [stays]);
    assert!(!h.store.renew(leaves.node, LEASE).await.unwrap());
    h.store.withdraw(leaves.node).await.unwrap();
    h.store.announce(&leaves, LEASE).await.unwrap();
    assert_eq!(h.store.live().await.unwrap().len(), 2);
}

pub async fn an_unknown_node_has_nothing_to_renew(h: RoutingHarness) {
    assert!(!h.store.renew(h.id(NodeId::generate), LEASE).await.unwrap());
    assert_eq!(h.store.live().await.unwrap(), []);
}

pub async fn a_lease_that_is_renewed_goes_on(h: RoutingHarness) {
    let info = node(&h);
    h.store.announce(&info, LEASE).await.unwrap();
    for _ in 0..3 {
        h.pass(LEASE.saturating_sub(SECOND)).await;
        assert!(h.store.renew(info.node, LEASE).await.unwrap());
    }
    h.pass(LEASE.saturating_sub(SECOND)).await;
    assert_eq!(h.store.live().await.unwrap(), [info]);
}

pub async fn a_lease_that_ran_out_needs_a_new_announcement(h: RoutingHarness) {
    let info = node(&h);
    h.store.announce(&info, LEASE).await.unwrap();
    h.pass(LEASE).await;
    assert!(!h.store.renew(info.node, LEASE).await.unwrap());
    assert_eq!(h.store.live().await.unwrap(), []);
    h.store.announce(&info, LEASE).await.unwrap();
    assert!(h.store.renew(info.node, LEASE).await.unwrap());
    assert_eq!(h.store.live().await.unwrap(), [info]);
}

pub async fn a_new_announcement_starts_the_lease_anew(h: RoutingHarness) {
    let info = node(&h);
    h.store.announce(&info, LEASE).await.unwrap();
    h.pass(LEASE.saturating_sub(SECOND)).await;
    h.store.announce(&info, LEASE).await.unwrap();
    h.pass(LEASE.saturating_sub(SECOND)).await;
    assert_eq!(h.store.live().await.unwrap(), [info]);
}
