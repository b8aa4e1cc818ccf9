//! One trace follows a message over two nodes. A program of its own, because spans are captured for the whole process.
#![cfg(all(feature = "chat", feature = "grpc"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world fails")]
#![expect(dead_code, reason = "this test uses its part of two worlds")]

#[path = "observe/spans.rs"]
mod spans;
#[path = "grpc/support/mod.rs"]
mod support;
#[path = "chat/support/client.rs"]
mod wire;
#[path = "observe/world.rs"]
mod world;

use tracing_subscriber::layer::SubscriberExt as _;

use spans::Spans;
use support::PATIENCE;
use world::{World, token};

const TEXT: &str = "canary-text";

#[tokio::test]
async fn one_trace_follows_a_message_from_the_senders_frame_to_the_receivers_on_another_node() {
    let spans = Spans::default();
    let subscriber = tracing_subscriber::registry().with(spans.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let mut world = World::new().await;
    world.say(TEXT).await;

    let [here, there] = world.nodes.each_ref().map(|node| node.id.to_string());
    let sent = spans.one("command", &[("command", "send"), ("node.id", &here)]);
    let pushed = spans.one("push", &[("event", "message"), ("node.id", &there)]);
    assert_eq!(pushed["trace.id"], sent["trace.id"]);
    assert_eq!(pushed["parent.id"], sent["span.id"]);
    assert_ne!(pushed["span.id"], sent["span.id"]);
    assert_eq!(sent["request.id"], "2");
    assert_eq!(sent["user.id"], world.actors[0].user.to_string());
    assert_eq!(pushed["session.id"], world.actors[1].session.to_string());
    for (node, lines) in [(&here, "answered"), (&there, "pushed")] {
        let found = spans.lines(lines, &[("trace.id", &sent["trace.id"]), ("node.id", node)]);
        assert_eq!(found, 1, "{lines} on {node}");
    }

    world.say("another").await;
    let traces = spans.all("command", &[("command", "send")]);
    assert_ne!(traces[0]["trace.id"], traces[1]["trace.id"], "each message has a trace of its own");
    let token = token(&world.cluster, &world.tokens, world.actors[0]);
    for secret in [TEXT, token.as_str(), support::SECRET] {
        assert!(!spans.contain(secret), "{secret} is in a span");
    }
}
