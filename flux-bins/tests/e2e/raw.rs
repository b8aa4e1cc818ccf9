//! The walk with nothing but HTTP and a WebSocket, in JSON, as the protocol's description has it.

use serde_json::{Value, json};

use crate::harness::{Server, folder};
use crate::http::Caller;
use crate::people::{PASSWORD, email};
use crate::socket::Socket;

/// Registers and logs in by hand.
async fn enter(server: &Server, name: &str) -> (Caller, String) {
    let mut caller = Caller::new(server);
    let asked =
        caller.post("/v1/verification-codes", json!({"email": email(name), "purpose": "register"})).await;
    asked.ok();
    let code = server.code(&email(name)).await;
    let made = caller
        .post(
            "/v1/users",
            json!({"email": email(name), "code": code, "username": name, "password": PASSWORD}),
        )
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let device = json!({"name": "curl", "class": "other"});
    let opened = caller
        .post("/v1/sessions", json!({"login": name, "password": PASSWORD, "device": device}))
        .await
        .ok();
    caller.token = Some(opened["access_token"].as_str().unwrap().to_owned());
    (caller, opened["user"]["user_id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_walk_by_hand() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    assert_eq!(Caller::new(&server).get("/readyz").await.ok()["ready"], true);
    let (ada, ada_id) = enter(&server, "ada").await;
    let (bob, bob_id) = enter(&server, "bob").await;

    let found = ada.get("/v1/users?query=bo").await.ok();
    assert_eq!(found["items"][0]["user_id"], bob_id.as_str(), "{found}");
    ada.post("/v1/friend-requests", json!({"user_id": bob_id, "greeting": "it is me"})).await.ok();
    let requests = bob.get("/v1/friend-requests").await.ok();
    let request =
        requests["items"][0]["request_id"].as_str().unwrap_or_else(|| panic!("{requests}")).to_owned();
    bob.post(&format!("/v1/friend-requests/{request}/accept"), json!({})).await.ok();
    let friends = ada.get("/v1/friends").await.ok();
    let conversation = friends["items"][0]["conversation_id"].as_str().unwrap().to_owned();

    let mut adas = Socket::hello(&server, ada.token.as_deref().unwrap()).await;
    let mut bobs = Socket::hello(&server, bob.token.as_deref().unwrap()).await;
    assert_eq!(adas.welcome["userId"], ada_id.as_str());
    let id = "0190b6a0-0000-7000-8000-000000000001";
    let send = json!({"send": {"userId": bob_id, "messageId": id, "text": "hello bob"}});
    let sent = adas.ask(send.clone()).await;
    assert_eq!((&sent["sent"]["seq"], &sent["sent"]["conversationId"]), (&json!("1"), &json!(conversation)));
    let came = bobs.message().await;
    assert_eq!((&came["text"], &came["senderId"]), (&json!("hello bob"), &json!(ada_id)));

    // A repeat stores nothing.
    let again = adas.ask(send).await;
    assert_eq!((&again["sent"]["seq"], &again["sent"]["repeated"]), (&json!("1"), &json!(true)));

    bobs.ask(json!({"markDelivered": {"conversationId": conversation, "seq": "1"}})).await;
    let receipt = adas.event("receipt").await;
    assert_eq!(receipt["cursor"]["deliveredSeq"], "1", "{receipt}");
    bobs.ask(json!({"markRead": {"conversationId": conversation, "seq": "1"}})).await;
    let receipt = adas.event("receipt").await;
    assert_eq!((&receipt["cursor"]["readSeq"], &receipt["cursor"]["userId"]), (&json!("1"), &json!(bob_id)));

    // Over HTTP too.
    let path = format!("/v1/conversations/{conversation}/messages");
    let id = "0190b6a0-0000-7000-8000-000000000002";
    bob.post(&path, json!({"message_id": id, "text": "hello ada"})).await.ok();
    assert_eq!(adas.message().await["text"], "hello ada");
    let history = ada.get(&format!("{path}?after_seq=0&limit=10")).await.ok();
    let texts: Vec<&Value> = history["items"].as_array().unwrap().iter().map(|m| &m["text"]).collect();
    assert_eq!(texts, ["hello bob", "hello ada"]);
    server.stop().await;
}

#[tokio::test]
async fn the_service_describes_itself_and_keeps_to_itself() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let caller = Caller::new(&server);
    assert_eq!(
        caller.get("/openapi.json").await.ok()["openapi"].as_str().unwrap().split('.').next(),
        Some("3")
    );
    let page = caller.get("/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.head.contains("text/html"), "{}", page.head);
    assert_eq!(caller.get("/.well-known/jwks.json").await.ok()["keys"][0]["crv"], "Ed25519");
    let stranger = caller.get("/v1/friends").await;
    assert_eq!((stranger.status, &stranger.body["code"]), (401, &json!("unauthenticated")));
    assert!(!stranger.head.contains("\nserver:"), "{}", stranger.head);
    let nothing = caller.get("/v1/nothing").await;
    assert_eq!((nothing.status, &nothing.body["code"]), (404, &json!("not_found")));
    server.stop().await;
}
