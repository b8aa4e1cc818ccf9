//! One command for a cluster: it comes up, two people talk through two nodes of it, and it goes.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use flux_client::Session;
use serde_json::Value;

use crate::harness::{Cluster, THROWAWAY, complaint, run, soon, text, within};
use crate::people::{befriend, enter, log_in, message, read};
use crate::processes;

/// How long those who were on a node that died may take to be back.
const BACK: Duration = Duration::from_secs(10);

fn connections(nodes: &[Value]) -> Vec<u64> {
    nodes.iter().map(|node| node["connections"].as_u64().unwrap()).collect()
}

/// One writes, the other reads, and the first hears of it.
async fn talk(from: &Session, to: &Session, text: &str) {
    let mut events = to.events();
    let ticket = from.send(to.user(), text).await.unwrap();
    let came = message(to, &mut events, text).await;
    assert_eq!((came.text.as_str(), came.sender), (text, from.user()));
    to.mark_read(came.conversation, came.seq).await.unwrap();
    read(&ticket).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_on_two_nodes_talk_and_go_on_when_processes_die() {
    let folder = tempfile::tempdir().unwrap();
    let Some(cluster) = Cluster::start(folder.path(), &["--chat", "3"]).await else { return };
    assert_eq!(cluster.nodes().await.len(), 3);
    let kept = folder.path().join("flux-cluster");
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o700);

    // Whoever comes second is sent to another node.
    let ada = enter(&cluster, "ada").await;
    let here =
        cluster.nodes_until("ada's connection", |nodes| connections(nodes).iter().sum::<u64>() == 1).await;
    let adas: Vec<_> =
        here.iter().filter(|node| node["connections"] == 1).map(|node| node["node"].clone()).collect();
    let bob = enter(&cluster, "bob").await;
    let both =
        cluster.nodes_until("bob's connection", |nodes| connections(nodes).iter().sum::<u64>() == 2).await;
    let busy: Vec<&Value> = both.iter().filter(|node| node["connections"] == 1).collect();
    assert_eq!(busy.len(), 2, "both on one node: {both:?}");
    let bobs = busy.iter().find(|node| node["node"] != adas[0]).unwrap();

    befriend(&ada, &bob).await;
    talk(&ada, &bob, "hello from the other node").await;
    talk(&bob, &ada, "and back").await;

    // Bob's node dies: ada notices nothing, and bob is back elsewhere in time.
    let listen = bobs["client_url"].as_str().unwrap();
    let listen = listen.strip_prefix("ws://").and_then(|rest| rest.strip_suffix("/v1/chat")).unwrap();
    let node = cluster.process(&format!("--set chat.listen={listen} "));
    let mut events = bob.events();
    node.kill();
    let sent = ada.send(bob.user(), "are you there?").await.unwrap();
    within(BACK, "what was sent to somebody whose node died", async {
        sent.sent().await.unwrap();
        assert_eq!(message(&bob, &mut events, "are you there?").await.text, "are you there?");
    })
    .await;
    // It is started again where it was, as another node.
    let again = cluster
        .nodes_until("three nodes again", |nodes| {
            nodes.len() == 3
                && nodes
                    .iter()
                    .any(|one| one["client_url"] == bobs["client_url"] && one["node"] != bobs["node"])
        })
        .await;
    let ids: BTreeSet<_> = again.iter().map(|node| node["node"].to_string()).collect();
    assert_eq!(ids.len(), 3);
    talk(&bob, &ada, "I am back").await;

    // So does everything else that dies: nobody who is connected needs status, verify or the gate, and the databases come
    // back with what they had.
    for part in ["serve status", "serve verify", "serve gate", "redis-server", "mariadbd"] {
        let before = cluster.process(part);
        before.kill();
        before.gone(BACK).await;
        soon(part, async {
            while !cluster.processes().iter().any(|process| process.command.contains(part)) {
                tokio::time::sleep(crate::harness::LOOK).await;
            }
        })
        .await;
        talk(&ada, &bob, &format!("after the end of {part}")).await;
    }
    for name in ["MariaDB", "Redis", "gate", "status", "verify"] {
        cluster.logs(&format!("{name} serves again")).await;
    }

    // A second one in the same folder is refused, and harms nothing.
    let second = run(folder.path(), &["cluster", "up", "--listen", "127.0.0.1:0"]).await;
    assert!(!second.status.success());
    assert!(complaint(&second).contains("another flux uses the data folder"), "{}", complaint(&second));
    talk(&bob, &ada, "still here").await;
    ada.close().await;
    bob.close().await;

    let log = cluster.stop().await;
    let place = |what: &str| log.rfind(what).unwrap_or_else(|| panic!("{what}: {log}"));
    let order = ["the gate", "the chat nodes", "flux-status", "flux-verify", "Redis", "MariaDB"];
    let order: Vec<usize> = order.iter().map(|name| place(&format!("stopping {name}"))).collect();
    assert!(order.is_sorted(), "{order:?}: {log}");
    assert!(!log.contains("was killed"), "{log}");
    assert!(!log.contains("panicked"), "{log}");

    // What was said is there at the next start, and so are the accounts and the keys.
    let Some(cluster) = Cluster::start(folder.path(), &["--chat", "1"]).await else { return };
    let (ada, bob) = (log_in(&cluster, "ada").await, log_in(&cluster, "bob").await);
    let friend = ada.friends().all().await.unwrap();
    assert_eq!(friend[0].profile.username, "bob");
    talk(&ada, &bob, "a new day").await;
    ada.close().await;
    bob.close().await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_starts_it_may_die_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut cluster) = Cluster::start(
        folder.path(),
        &["--chat", "1", "--status", "2", "--gates", "2", THROWAWAY[0], THROWAWAY[1]],
    )
    .await
    else {
        return;
    };
    let map = cluster.map();
    for name in [
        "gate-1",
        "gate-2",
        "chat",
        "status-1",
        "status-2",
        "verify",
        "MariaDB",
        "Redis",
        "mail outbox",
        "cluster nodes",
    ] {
        assert!(map.contains(name), "{name}: {map}");
    }
    let all = cluster.processes();
    assert!(all.len() >= 8, "{all:?}");
    // Whoever wants to see one die finds it there.
    let chat = format!("/v1/chat  pid {}\n", cluster.process("serve chat").pid);
    assert!(map.contains(&chat), "{chat}: {map}");
    // No secret is on a command line, where everybody could read it.
    let secrets = folder.path().join("flux-cluster/secrets");
    for file in std::fs::read_dir(secrets).unwrap() {
        let secret = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(all.iter().all(|process| !process.command.contains(secret.trim())), "{all:?}");
    }
    processes::signal(cluster.pid(), "KILL");
    cluster.ended().await;
    for process in all {
        process.gone(Duration::from_mins(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_twice_it_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut cluster) = Cluster::start(folder.path(), &["--chat", "1", THROWAWAY[0], THROWAWAY[1]]).await
    else {
        return;
    };
    let all = cluster.processes();
    // It stands still, and does not hear that it is to end.
    let gate = cluster.process("serve gate");
    cluster.process("serve chat").pause().await;
    processes::signal(cluster.pid(), "INT");
    gate.gone(BACK).await;
    processes::signal(cluster.pid(), "INT");
    let status = cluster.ended().await;
    assert!(!status.success());
    assert!(cluster.log().contains("came twice"), "{}", cluster.log());
    for process in all {
        process.gone(BACK).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_told_to_those_who_know_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let Some(cluster) = Cluster::start(folder.path(), &["--chat", "2", THROWAWAY[0], THROWAWAY[1]]).await
    else {
        return;
    };
    let table = text(&run(folder.path(), &["cluster", "nodes"]).await);
    assert!(table.starts_with("NODE ") && table.contains("serves") && table.contains("nodes: 2"), "{table}");

    let config = std::fs::read_to_string(folder.path().join("flux-cluster/flux.toml")).unwrap();
    let stranger = folder.path().join("stranger.toml");
    let without: Vec<_> = config.lines().filter(|line| !line.starts_with("secret_file")).collect();
    std::fs::write(&stranger, without.join("\n")).unwrap();
    let refused = run(folder.path(), &["cluster", "nodes", "--config", "stranger.toml"]).await;
    assert!(!refused.status.success());
    assert!(complaint(&refused).contains("services.secret is not set"), "{}", complaint(&refused));
    let other = config.replace("secrets/services.secret", "secrets/other.secret");
    assert_ne!(other, config);
    std::fs::write(&stranger, other).unwrap();
    let secret = folder.path().join("flux-cluster/secrets/other.secret");
    std::fs::write(&secret, "somebody-elses-3fb2c7d09a41e856d7").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let refused = run(folder.path(), &["cluster", "nodes", "--config", "stranger.toml"]).await;
    assert!(!refused.status.success());
    assert!(complaint(&refused).contains("services.secret is not the secret"), "{}", complaint(&refused));
    cluster.stop().await;
}
