//! What is counted of a message on its way over two nodes. A program of its own, on one thread, because what is counted
//! is counted for the thread.
#![cfg(all(feature = "chat", feature = "grpc"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world fails")]
#![expect(dead_code, reason = "this test uses its part of two worlds")]

#[path = "grpc/support/mod.rs"]
mod support;
#[path = "chat/support/client.rs"]
mod wire;
#[path = "observe/world.rs"]
mod world;

use flux_core::observe::{Metric, metric as core_metric};
use flux_net::observe::metric;
use flux_proto::v1::{self, client_frame::Request, reply};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshot};

use support::PATIENCE;
use wire::message_to;
use world::World;

/// What was counted under `name`, with these values among those of its labels.
fn counted(snapshot: &[Row], name: &str, labels: &[&str]) -> u64 {
    let rows = snapshot.iter().filter(|(found, values, _)| {
        found == name && labels.iter().all(|label| values.iter().any(|value| value == label))
    });
    rows.map(|(_, _, count)| *count).sum()
}

/// A name, the values of its labels, and what was counted.
type Row = (String, Vec<String>, u64);

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "levels of this test are small")]
fn whole(level: f64) -> u64 {
    level.max(0.0) as u64
}

fn rows(snapshot: Snapshot) -> Vec<Row> {
    let rows = snapshot.into_vec().into_iter().map(|(key, _, _, value)| {
        let labels = key.key().labels().map(|label| label.value().to_owned()).collect();
        let count = match value {
            DebugValue::Counter(count) => count,
            DebugValue::Gauge(level) => whole(level.into_inner()),
            DebugValue::Histogram(values) => values.len() as u64,
        };
        (key.key().name().to_owned(), labels, count)
    });
    rows.collect()
}

#[tokio::test]
async fn what_happens_to_a_message_is_counted_on_both_nodes_and_says_nothing_of_anybody() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let guard = metrics::set_default_local_recorder(&recorder);
    let mut world = World::new().await;
    world.say("canary-text").await;
    // The same again is the same message; too much of something is refused.
    let message = world.cluster.message_id();
    for _ in 0..2 {
        world.clients[0].send(world.conversation, message, "twice").await;
    }
    let search = v1::SearchUsers { query: "canary-query".to_owned(), limit: 1 };
    let mut refused = 0;
    for _ in 0..12 {
        let answer = world.clients[0].ask(Request::SearchUsers(search.clone())).await;
        refused += u64::from(matches!(answer, reply::Result::Error(_)));
    }
    let stranger = uuid::Uuid::from_u128(5);
    let request = message_to(stranger, message, "canary-stranger");
    let code = world.clients[0].refused(request).await;

    let rows = rows(snapshotter.snapshot());
    drop(guard);
    let of = |metric: &Metric, labels: &[&str]| counted(&rows, metric.name, labels);
    assert_eq!(of(&core_metric::STORED, &[]), 2);
    assert_eq!(of(&core_metric::REPEATED, &[]), 1);
    assert_eq!(of(&core_metric::REFUSED, &[&code]), 1);
    assert_eq!(of(&core_metric::CLAIMS, &[]), 2);
    assert_eq!(of(&core_metric::PUSHES, &["message"]), 2);
    assert_eq!(of(&core_metric::RATE_LIMITED, &["chat.search"]), refused);
    assert!(refused > 0);
    assert!(of(&core_metric::ENVELOPES, &["acknowledged"]) > 0);
    assert!(of(&core_metric::NOTICES_IN, &[]) > 0);
    assert!(of(&core_metric::COMMIT_TIME, &[]) >= 5);
    assert_eq!(of(&core_metric::CONNECTED, &[]), 2);
    assert!(of(&core_metric::REVOCATIONS_READ_AT, &[]) >= 1_700_000_000);
    assert!(of(&core_metric::LEASES, &["renewed"]) > 0);
    assert_eq!(of(&metric::HELLOS, &["welcome"]), 2);
    assert_eq!(of(&metric::COMMANDS, &["send", "ok"]), 3);
    assert_eq!(of(&metric::COMMANDS, &["send", &code]), 1);
    assert_eq!(of(&metric::COMMAND_TIME, &["send"]), 4);
    assert_eq!(of(&metric::CONNECTIONS, &["known"]), 2);
    assert_eq!(of(&metric::PEER_LINKS, &["up"]), 1, "what the last node that looked has");
    assert!(of(&metric::FRAMES, &["in"]) >= 18);
    assert!(of(&metric::FRAME_BYTES, &["out"]) > 0);

    let declared: Vec<_> = core_metric::ALL.iter().chain(metric::ALL).collect();
    for (name, labels, _) in &rows {
        let metric = declared.iter().find(|metric| metric.name == *name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(metric.labels.len(), labels.len(), "{name}");
        for label in labels {
            assert!(uuid::Uuid::try_parse(label).is_err(), "{name} has an id in a label");
            assert!(!label.contains("canary") && !label.contains("127.0.0.1"), "{name}: {label}");
        }
    }
}
