//! `flux db` over the database of a cluster: what it says of itself, and a new epoch while everybody is there.

use std::path::Path;

use flux_client::{Event, EventStream};

use crate::harness::{Cluster, LOOK, THROWAWAY, complaint, run, soon, text};
use crate::people::{befriend, enter, message, read};

/// What `flux db` says of the cluster in `folder`.
async fn database(folder: &Path, command: &str) -> String {
    let told = run(folder, &["db", command, "--config", "flux-cluster/flux.toml"]).await;
    assert!(told.status.success(), "{}", complaint(&told));
    text(&told)
}

/// One row of it.
fn row(told: &str, name: &str) -> String {
    let row = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    row.unwrap_or_else(|| panic!("{name}: {told}")).trim().to_owned()
}

/// The epoch in which a client is told to start over.
async fn start_over(events: &mut EventStream) -> String {
    soon("a client is told to start over", async {
        loop {
            if let Event::StoreReset { epoch } = events.next().await.expect("the session goes on") {
                return epoch.to_string();
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_starts_over_in_a_new_epoch_by_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--chat", "2", THROWAWAY[0], THROWAWAY[1]];
    let Some(cluster) = Cluster::start(folder.path(), &more).await else { return };
    let (ada, bob) = (enter(&cluster, "ada").await, enter(&cluster, "bob").await);
    befriend(&ada, &bob).await;
    let mut bobs = bob.events();
    let before = ada.send(bob.user(), "before").await.unwrap();
    message(&bob, &mut bobs, "before").await;
    before.sent().await.unwrap();

    let told = database(folder.path(), "info").await;
    let password = std::fs::read_to_string(folder.path().join("flux-cluster/secrets/mysql.password"));
    assert!(!told.contains(password.unwrap().trim()), "{told}");
    assert!(row(&told, "database").starts_with("flux at 127.0.0.1:"), "{told}");
    assert!(row(&told, "server").contains("MariaDB"), "{told}");
    assert_eq!(row(&told, "schema"), "1");
    assert!(row(&told, "size").starts_with("about "), "{told}");
    assert!(row(&told, "rows").contains(" accounts, "), "{told}");
    // The gate and the nodes read all the time; whoever has asked for nothing yet has no connection.
    let processes = row(&told, "open").split(' ').nth(1).unwrap().parse::<u32>().unwrap();
    assert!((3..=5).contains(&processes), "{told}");
    let epoch = row(&told, "epoch");
    assert_eq!(row(&database(folder.path(), "info").await, "epoch"), epoch, "a look changes nothing");

    let ends = ["serve gate", "serve chat"];
    let stays = ["serve status", "serve verify"];
    let running = |part: &str| {
        let all = cluster.processes();
        all.into_iter().filter(|process| process.command.contains(part)).collect::<Vec<_>>()
    };
    let (old, kept) = (ends.map(running), stays.map(running));
    let mut adas = ada.events();
    let mut bobs = bob.events();
    let told = database(folder.path(), "new-epoch").await;
    assert_eq!(row(&told, "before"), epoch);
    let begun = row(&told, "epoch");
    assert_ne!(begun, epoch);

    // Gates and nodes say why they end, and are started again by whoever watches over them; nobody else has to be.
    for process in old.iter().flatten() {
        process.gone(crate::harness::PATIENCE).await;
    }
    cluster.logs("other_epoch").await;
    cluster.logs("the database has begun another epoch since this process started: everybody has to").await;
    soon("gates and nodes again", async {
        while ends.map(running).iter().map(Vec::len).ne(old.iter().map(Vec::len)) {
            tokio::time::sleep(LOOK).await;
        }
    })
    .await;
    assert_eq!(start_over(&mut adas).await, begun);
    assert_eq!(start_over(&mut bobs).await, begun);
    let sent = ada.send(bob.user(), "after").await.unwrap();
    let came = message(&bob, &mut bobs, "after").await;
    assert_eq!(came.seq.to_string(), "2", "nothing but the epoch is another one");
    bob.mark_read(came.conversation, came.seq).await.unwrap();
    read(&sent).await;
    assert_eq!(stays.map(running), kept);
    assert_eq!(row(&database(folder.path(), "info").await, "epoch"), begun);

    ada.close().await;
    bob.close().await;
    let log = cluster.stop().await;
    assert!(!log.contains("was killed") && !log.contains("panicked"), "{log}");
}
