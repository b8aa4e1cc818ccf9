//! How it ends, and how it does not begin.

use flux_client::{ConnectionState, DisconnectReason, Event};
use tokio::net::TcpListener;

use crate::harness::{Server, complaint, folder, run, soon};
use crate::people::enter;

#[tokio::test]
async fn a_request_to_end_is_followed_in_good_order() {
    let folder = folder();
    for signal in ["TERM", "INT"] {
        let mut server = Server::start(folder.path()).await;
        server.signal(signal).await;
        let status = server.ended().await;
        assert!(status.success(), "{signal}: {status}");
        assert!(server.log().contains("stopped"), "{}", server.log());
    }
}

#[tokio::test]
async fn clients_are_told_before_the_server_goes() {
    let folder = folder();
    let mut server = Server::start(folder.path()).await;
    let ada = enter(&server, "ada").await;
    let mut events = ada.events();
    server.signal("TERM").await;
    let reason = soon("the end of the connection", async {
        loop {
            if let Some(Event::Connection(ConnectionState::Offline { reason, .. })) = events.next().await {
                return reason;
            }
        }
    })
    .await;
    assert!(matches!(reason, DisconnectReason::Draining), "{reason:?}");
    assert!(server.ended().await.success());
}

#[tokio::test]
async fn a_taken_port_is_named_with_a_way_out() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(folder.path(), &["up", "--listen", &address]).await;
    assert!(!output.status.success());
    let told = complaint(&output);
    let port = address.rsplit(':').next().unwrap();
    assert!(told.contains(&format!("port {port} is taken")) && told.contains("--listen"), "{told}");
    // Nothing was made.
    assert!(!folder.path().join("flux-data").exists());
}

#[tokio::test]
async fn the_version_is_told() {
    let folder = folder();
    let output = run(folder.path(), &["--version"]).await;
    assert_eq!(crate::harness::text(&output), format!("flux {}\n", env!("CARGO_PKG_VERSION")));
}
