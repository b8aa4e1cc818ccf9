//! How it ends, and how it does not begin.

use flux_client::{ConnectionState, DisconnectReason, Event};
use serde_json::json;
use tokio::net::TcpListener;

use crate::harness::{Server, complaint, folder, run, soon};
use crate::http::Caller;
use crate::people::{PASSWORD, enter};
use crate::socket::Socket;

#[tokio::test]
async fn a_request_to_end_is_followed_in_good_order() {
    let folder = folder();
    for signal in ["TERM", "INT"] {
        let mut server = Server::start(folder.path()).await;
        server.signal(signal).await;
        let status = server.ended().await;
        assert!(status.success(), "{signal}: {status}");
        server.logs("\"stopped\"").await;
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
async fn asked_twice_it_ends_at_once() {
    let folder = folder();
    let mut server = Server::start(folder.path()).await;
    let ada = enter(&server, "ada").await;
    let token = by_hand(&server).await;
    // Connected, and deaf to being told to leave.
    let _deaf = Socket::hello(&server, &token).await;
    server.signal("TERM").await;
    server.logs("draining").await;
    server.signal("TERM").await;
    let status = server.ended().await;
    assert!(!status.success(), "{status}");
    server.logs("came twice").await;
    ada.close().await;
}

async fn by_hand(server: &Server) -> String {
    let device = json!({"name": "curl", "class": "other"});
    let login = json!({"login": "ada", "password": PASSWORD, "device": device});
    let opened = Caller::new(server).post("/v1/sessions", login).await.ok();
    opened["access_token"].as_str().unwrap().to_owned()
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
