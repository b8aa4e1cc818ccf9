//! Two people, through the typed client.

use std::path::Path;
use std::sync::Arc;

use flux_client::{
    Client, CodePurpose, Device, DeviceClass, Event, EventStream, FeedChange, FileState, FileTokens, Message,
    Registration, Secret, Session,
};

use crate::harness::{Server, soon};

/// A password that nobody guesses.
pub(crate) const PASSWORD: &str = "kept-between-us-4711";

/// The address of a name.
pub(crate) fn email(name: &str) -> String {
    format!("{name}@example.org")
}

/// A client without memory.
pub(crate) fn client(server: &Server) -> Client {
    Client::builder(&server.url).build().unwrap()
}

/// A client that keeps its session and its place in `folder`.
pub(crate) fn keeping_client(server: &Server, folder: &Path) -> Client {
    Client::builder(&server.url)
        .token_store(Arc::new(FileTokens::new(folder.join("session.json"))))
        .state_store(Arc::new(FileState::new(folder.join("state.json"))))
        .build()
        .unwrap()
}

/// Registers `name` with the code from the captured mail.
pub(crate) async fn register(server: &Server, client: &Client, name: &str) {
    client.request_code(&email(name), CodePurpose::Register).await.unwrap();
    let code = server.code(&email(name)).await;
    let registration = Registration {
        email: email(name),
        code: code.into(),
        username: name.to_owned(),
        display_name: None,
        password: Secret::from(PASSWORD),
    };
    client.register(&registration).await.unwrap();
}

/// Logs `name` in, and waits for the connection.
pub(crate) async fn log_in(client: &Client, name: &str) -> Session {
    let device = Device::new("test", DeviceClass::Other);
    let session = client.login(name, &Secret::from(PASSWORD), device).await.unwrap();
    soon("a connection", session.online()).await.unwrap();
    session
}

/// Registers and logs in.
pub(crate) async fn enter(server: &Server, name: &str) -> Session {
    let client = client(server);
    register(server, &client, name).await;
    log_in(&client, name).await
}

/// `one` asks, `other` accepts.
pub(crate) async fn befriend(one: &Session, other: &Session) {
    one.request_friend(other.user(), "it is me").await.unwrap();
    let requests = other.received_requests().all().await.unwrap();
    other.accept_friend(requests[0].request).await.unwrap();
}

/// The next message.
pub(crate) async fn message(events: &mut EventStream) -> Message {
    soon("a message", async {
        loop {
            if let Event::Message(message) = events.next().await.expect("the session goes on") {
                return message;
            }
        }
    })
    .await
}

/// The next change of the feed that `wanted` finds something in.
pub(crate) async fn change<T>(
    events: &mut EventStream,
    mut wanted: impl FnMut(FeedChange) -> Option<T>,
) -> T {
    soon("a change", async {
        loop {
            if let Event::Feed(entry) = events.next().await.expect("the session goes on")
                && let Some(found) = wanted(entry.change)
            {
                return found;
            }
        }
    })
    .await
}
