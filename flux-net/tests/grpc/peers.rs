//! Two nodes as one.

use std::time::Duration;

use flux_core::message::{Destination, MessageSender as _, MessageText};
use flux_core::presence::PresenceState;
use flux_core::routing::{CloseReason, Event, PeerTransport as _};
use flux_core::session::SessionEndReason;
use flux_core::{ErrorCode, Fenced};
use flux_net::grpc::{GrpcPeers, PeerSettings, Role};

use super::support::{Cluster, closed, event, soon};

fn text(body: &str) -> MessageText {
    MessageText::new(body).unwrap()
}

#[tokio::test]
async fn a_message_sent_on_one_node_is_pushed_on_the_other() {
    let cluster = Cluster::new();
    let (one, two) = (cluster.node().await, cluster.node().await);
    let (alice, bobby, conversation) = cluster.friends(&one).await;
    cluster.meet(&[&one, &two]).await;
    let (at_one, at_two) = (one.connect(alice).await, two.connect(bobby).await);
    for body in ["first", "second"] {
        let to = Destination::Conversation(conversation);
        let sent = one.flux.messages.send(at_one.actor, to, cluster.message_id(), text(body)).await.unwrap();
        let pushed = event(&at_two.outbox, |event| matches!(event, Event::Message(_))).await;
        let Event::Message(message) = pushed else { unreachable!() };
        assert_eq!((message.seq, message.text.as_str(), message.sender), (sent.seq, body, alice.user));
    }
    // And back: what was read is told.
    let head = flux_core::Seq::new(2).unwrap();
    two.flux.messages.move_cursor(at_two.actor, conversation, head, head).await.unwrap();
    let receipt = event(&at_one.outbox, |event| matches!(event, Event::Receipt { .. })).await;
    assert!(
        matches!(receipt, Event::Receipt { cursor, .. } if cursor.user == bobby.user && cursor.read == head)
    );
}

#[tokio::test]
async fn who_comes_and_goes_on_one_node_is_seen_on_the_other() {
    let cluster = Cluster::new();
    let (one, two) = (cluster.node().await, cluster.node().await);
    let (alice, bobby, _) = cluster.friends(&one).await;
    cluster.meet(&[&one, &two]).await;
    let at_two = two.connect(bobby).await;
    let seen = two.flux.presence.watch(&at_two.actor, &at_two.outbox, &[alice.user]).await.unwrap();
    assert_eq!(seen[0].state, PresenceState::Offline);

    let at_one = one.connect(alice).await;
    let told = |wanted| move |event: &Event| matches!(event, Event::Presence(p) if p.state == wanted);
    let online = async {
        tokio::select! {
            told = event(&at_two.outbox, told(PresenceState::Online)) => told,
            () = async { loop { cluster.pass(Duration::from_millis(200)).await; } } => unreachable!(),
        }
    };
    soon(online).await;

    one.flux.connections.disconnect(&at_one).await;
    let offline = async {
        tokio::select! {
            told = event(&at_two.outbox, told(PresenceState::Offline)) => told,
            () = async { loop { cluster.pass(Duration::from_millis(200)).await; } } => unreachable!(),
        }
    };
    soon(offline).await;
}

#[tokio::test]
async fn a_session_that_ends_or_moves_on_one_node_is_cut_off_on_the_other() {
    let cluster = Cluster::new();
    let (one, two) = (cluster.node().await, cluster.node().await);
    let (alice, bobby, _) = cluster.friends(&one).await;
    cluster.meet(&[&one, &two]).await;
    // By push alone: time stands still, and nobody reads the revocations.
    let connected = one.connect(alice).await;
    two.flux.sessions.logout(&alice).await.unwrap();
    assert_eq!(closed(&connected.outbox).await, CloseReason::SessionEnded(SessionEndReason::Logout));

    let older = one.connect(bobby).await;
    let newer = two.connect(bobby).await;
    assert_eq!(closed(&older.outbox).await, CloseReason::Superseded);
    assert!(!newer.outbox.is_closing());
}

#[tokio::test]
async fn friends_who_part_on_one_node_stop_seeing_each_other_on_the_other() {
    let cluster = Cluster::new();
    let (one, two) = (cluster.node().await, cluster.node().await);
    let (alice, bobby, _) = cluster.friends(&one).await;
    cluster.meet(&[&one, &two]).await;
    let (_at_one, at_two) = (one.connect(alice).await, two.connect(bobby).await);
    let seen = two.flux.presence.watch(&at_two.actor, &at_two.outbox, &[alice.user]).await.unwrap();
    assert_eq!(seen[0].state, PresenceState::Online);
    one.flux.friends.remove(&alice, bobby.user).await.unwrap();
    let gone = event(&at_two.outbox, |event| matches!(event, Event::Presence(_))).await;
    assert!(matches!(gone, Event::Presence(p) if p.state == PresenceState::Offline));
}

#[tokio::test]
async fn a_gate_appends_through_any_node_and_hears_the_same_errors() {
    let cluster = Cluster::new();
    let (one, two) = (cluster.node().await, cluster.node().await);
    let (alice, bobby, conversation) = cluster.friends(&one).await;
    cluster.meet(&[&one, &two]).await;
    let at_two = two.connect(bobby).await;
    let gate = GrpcPeers::new(cluster.auth(Role::Gate, cluster.node_id()), PeerSettings::default());
    let client = gate.submit_client();
    let message = cluster.message_id();
    let to = Destination::User(bobby.user);

    let nobody = client.send(alice, to, message, text("hello")).await.unwrap_err();
    assert_eq!(nobody.code(), ErrorCode::Unavailable, "no node is known yet");

    gate.know(&[one.flux.lease.info(), two.flux.lease.info()]);
    let sent = client.send(alice, to, message, text("hello")).await.unwrap();
    assert_eq!((sent.conversation, sent.seq.get(), sent.repeated), (conversation, 1, false));
    assert_eq!(sent.epoch, one.flux.messages.epoch());
    event(&at_two.outbox, |event| matches!(event, Event::Message(_))).await;
    // Again, and it is the other node's turn.
    let again = client.send(alice, to, message, text("hello")).await.unwrap();
    assert_eq!((again.seq, again.repeated), (sent.seq, true));

    for (message, to, wants) in [
        (message, to, ErrorCode::MessageConflict),
        (cluster.message_id(), Destination::User(alice.user), ErrorCode::NotPermitted),
        (
            cluster.message_id(),
            Destination::User(flux_core::UserId::generate(sent.at, &*cluster.entropy)),
            ErrorCode::NotPermitted,
        ),
    ] {
        let refused = client.send(alice, to, message, text("other")).await.unwrap_err();
        assert_eq!(refused.code(), wants);
    }
    one.flux.sessions.logout(&alice).await.unwrap();
    let ended = client.send(alice, to, cluster.message_id(), text("late")).await.unwrap_err();
    assert_eq!(ended.code(), Fenced::SessionEnded.code());
}

#[tokio::test]
async fn a_gate_appends_through_another_node_when_one_is_gone() {
    let cluster = Cluster::new();
    let (mut one, two) = (cluster.node().await, cluster.node().await);
    let (alice, bobby, _) = cluster.friends(&one).await;
    let gate = GrpcPeers::new(cluster.auth(Role::Gate, cluster.node_id()), PeerSettings::default());
    gate.know(&[one.flux.lease.info(), two.flux.lease.info()]);
    one.server.stop().await;
    // Whoever's turn it is.
    for seq in 1..=4 {
        let (to, message) = (Destination::User(bobby.user), cluster.message_id());
        let sent = gate.submit_client().send(alice, to, message, text("hi")).await.unwrap();
        assert_eq!(sent.seq.get(), seq);
    }
}

#[tokio::test]
async fn a_node_that_is_gone_is_forgotten_and_one_that_moved_is_found() {
    let cluster = Cluster::new();
    let node = cluster.node().await;
    let peers = GrpcPeers::new(cluster.auth(Role::Chat, cluster.node_id()), PeerSettings::default());
    let send = || peers.send(node.id, flux_core::routing::Envelope::default());
    assert!(soon(send()).await.is_err(), "nobody is known");
    let nowhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    peers.know(&[node.info(&format!("http://{nowhere}"))]);
    assert!(soon(send()).await.is_err(), "nobody is there");
    peers.know(&[node.info(&node.server.url())]);
    assert_eq!(soon(send()).await, Ok(()));
    peers.know(&[]);
    assert!(soon(send()).await.is_err());
    assert!(peers.status().is_empty());
}
