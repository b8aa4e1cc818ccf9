//! Links over a network that does what it wants: order, once, bounds.

use std::task::Poll;
use std::time::Duration;

use flux_core::routing::{PeerError, PeerTransport as _};
use flux_core::testing::SeededEntropy;
use flux_net::grpc::PeerSettings;
use futures_util::future::join_all;
use futures_util::poll;

use super::support::proxy::{Proxy, Way};
use super::support::{Cluster, Sender, envelope, received, soon, until};

#[tokio::test]
async fn f16_envelopes_arrive_in_order_and_at_most_once_however_often_the_link_is_cut() {
    for seed in 1..=8 {
        let cluster = Cluster::new();
        let node = cluster.node().await;
        let reader = node.connect(cluster.person(&node, "reader").await).await;
        let proxy = Proxy::to(node.server.address).await;
        let sender = Sender::new(&cluster, PeerSettings { batch_bytes: 1_000, ..PeerSettings::default() });
        sender.links_to(&node, &proxy.url()).await;
        let chance = SeededEntropy::new(seed);
        let mut under_way = Vec::new();
        for seq in 1..=600 {
            // It has its place in the order from its first poll on.
            let mut sending = Box::pin(sender.peers.send(node.id, envelope(reader.actor.user, seq)));
            match poll!(&mut sending) {
                Poll::Ready(outcome) => assert!(outcome.is_err(), "nothing is acknowledged at once"),
                Poll::Pending => under_way.push(async move { (seq, sending.await) }),
            }
            for _ in 0..flux_core::entropy::below(&chance, 30) {
                tokio::task::yield_now().await;
            }
            if flux_core::entropy::below(&chance, 40) == 0 {
                let before = proxy.accepted();
                proxy.cut();
                if flux_core::entropy::below(&chance, 2) == 0 {
                    until("another connection", || proxy.accepted() > before).await;
                }
            }
        }
        let outcomes = soon(join_all(under_way)).await;
        let arrived = received(&reader.outbox);
        assert!(arrived.is_sorted_by(|one, next| one < next), "seed {seed}: {arrived:?}");
        for (seq, outcome) in &outcomes {
            let taken = arrived.binary_search(seq).is_ok();
            assert!(taken || outcome.is_err(), "seed {seed}: {seq} was acknowledged and is not there");
        }
        let good = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count();
        assert!(good > 100, "seed {seed}: links come back and go on: {good}");
        assert!(proxy.accepted() > 3, "seed {seed}: there were cuts");
    }
}

#[tokio::test]
async fn what_was_taken_but_not_acknowledged_when_the_link_broke_is_not_taken_again() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let reader = node.connect(cluster.person(&node, "reader").await).await;
    let proxy = Proxy::to(node.server.address).await;
    let sender = Sender::new(&cluster, PeerSettings::default());
    sender.links_to(&node, &proxy.url()).await;
    // Of use: a link that never was is not tried again at once.
    assert_eq!(soon(sender.peers.send(node.id, envelope(reader.actor.user, 1))).await, Ok(()));

    proxy.hold(Way::Back);
    let mut sending = Box::pin(sender.peers.send(node.id, envelope(reader.actor.user, 2)));
    assert!(poll!(&mut sending).is_pending());
    let mut arrived = Vec::new();
    soon(async {
        while arrived.len() < 2 {
            arrived.extend(received(&reader.outbox));
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(poll!(&mut sending).is_pending(), "nobody has said so yet");
    proxy.cut();
    proxy.open();
    assert_eq!(soon(sending).await, Ok(()));
    assert_eq!(soon(sender.peers.send(node.id, envelope(reader.actor.user, 3))).await, Ok(()));
    arrived.extend(received(&reader.outbox));
    assert_eq!(arrived, [1, 2, 3]);
}

#[tokio::test]
async fn f4_f22_a_peer_that_takes_nothing_has_a_bound_and_delays_nobody_else() {
    let cluster = Cluster::new();
    let (paused, well) = (cluster.node().await, cluster.node().await);
    let reader = well.connect(cluster.person(&well, "reader").await).await;
    let proxy = Proxy::to(paused.server.address).await;
    let settings = PeerSettings {
        window_envelopes: 8,
        acknowledge_within: Duration::from_millis(300),
        ..PeerSettings::default()
    };
    let sender = Sender::new(&cluster, settings);
    sender.peers.know(&[paused.info(&proxy.url()), well.info(&well.server.url())]);
    sender.stands().await;

    proxy.hold(Way::Out);
    let to_paused = |seq| Box::pin(sender.peers.send(paused.id, envelope(reader.actor.user, seq)));
    let mut waiting = Vec::new();
    for seq in 1..=8 {
        let mut sending = to_paused(seq);
        assert!(poll!(&mut sending).is_pending());
        waiting.push(sending);
    }
    assert_eq!(poll!(to_paused(9)), Poll::Ready(Err(PeerError::Full)), "said at once");
    // The other one has all its room.
    for seq in 1..=100 {
        assert_eq!(soon(sender.peers.send(well.id, envelope(reader.actor.user, seq))).await, Ok(()));
    }
    assert_eq!(received(&reader.outbox).len(), 100);

    for outcome in soon(join_all(waiting)).await {
        assert_eq!(outcome, Err(PeerError::Unreachable), "given up as soon as it owes for too long");
    }
    assert_eq!(poll!(to_paused(10)), Poll::Ready(Err(PeerError::Unreachable)), "and nobody waits any more");

    proxy.open();
    proxy.cut();
    sender.stands().await;
    assert_eq!(soon(to_paused(11)).await, Ok(()));
}

#[tokio::test]
async fn f19_a_slow_network_is_no_cut() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let reader = node.connect(cluster.person(&node, "reader").await).await;
    let proxy = Proxy::to(node.server.address).await;
    let sender = Sender::new(&cluster, PeerSettings::default());
    sender.links_to(&node, &proxy.url()).await;
    for way in [Way::Out, Way::Back] {
        proxy.delay(way, Duration::from_millis(150));
    }
    for seq in 1..=3 {
        assert_eq!(soon(sender.peers.send(node.id, envelope(reader.actor.user, seq))).await, Ok(()));
    }
    assert_eq!(received(&reader.outbox), [1, 2, 3]);
    assert_eq!(proxy.accepted(), 1);
}

#[tokio::test]
async fn f20_a_half_open_connection_is_found_out_without_traffic() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let proxy = Proxy::to(node.server.address).await;
    let mut settings = PeerSettings::default();
    settings.channel.keepalive = (Duration::from_millis(100), Duration::from_millis(200));
    let sender = Sender::new(&cluster, settings);
    sender.links_to(&node, &proxy.url()).await;
    proxy.hold(Way::Out);
    proxy.hold(Way::Back);
    until("another connection", || proxy.accepted() > 1).await;
    proxy.open();
    proxy.cut();
    sender.stands().await;
    assert_eq!(soon(sender.peers.send(node.id, flux_core::routing::Envelope::default())).await, Ok(()));
}

#[tokio::test]
async fn f34_an_address_that_another_node_has_now_is_none_until_it_is_right_again() {
    let cluster = Cluster::new();
    let (node, other) = (cluster.node().await, cluster.node().await);
    let reader = other.connect(cluster.person(&other, "reader").await).await;
    let proxy = Proxy::to(node.server.address).await;
    let sender = Sender::new(&cluster, PeerSettings::default());
    sender.links_to(&node, &proxy.url()).await;
    proxy.point_to(other.server.address);
    proxy.cut();
    until("the link is lost", || !sender.peers.status()[0].connected).await;
    let before = proxy.accepted();
    until("it is tried", || proxy.accepted() > before + 1).await;
    assert!(soon(sender.peers.send(node.id, envelope(reader.actor.user, 1))).await.is_err());
    assert!(received(&reader.outbox).is_empty(), "nothing for one node reaches another");
    proxy.point_to(node.server.address);
    sender.stands().await;
    assert_eq!(soon(sender.peers.send(node.id, flux_core::routing::Envelope::default())).await, Ok(()));
}
