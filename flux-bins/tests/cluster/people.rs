//! Two people, through the typed client.

use flux_client::{
    Client, CodePurpose, Device, DeviceClass, Event, EventStream, Message, Registration, Secret, Session,
    Ticket, TicketStatus,
};

use crate::harness::{Cluster, soon};

const PASSWORD: &str = "kept-between-us-4711";

/// Registers `name` with the code from the captured mail, logs in, and waits for the connection.
pub(crate) async fn enter(cluster: &Cluster, name: &str) -> Session {
    let client = Client::builder(&cluster.url).build().unwrap();
    let email = format!("{name}@example.org");
    client.request_code(&email, CodePurpose::Register).await.unwrap();
    let registration = Registration {
        code: cluster.code(&email).await.into(),
        email,
        username: name.to_owned(),
        display_name: None,
        password: Secret::from(PASSWORD),
    };
    client.register(&registration).await.unwrap();
    log_in(cluster, name).await
}

/// Logs in, and waits for the connection.
pub(crate) async fn log_in(cluster: &Cluster, name: &str) -> Session {
    let client = Client::builder(&cluster.url).build().unwrap();
    let device = Device::new("test", DeviceClass::Other);
    let session = client.login(name, &Secret::from(PASSWORD), device).await.unwrap();
    soon("a connection", session.online()).await.unwrap();
    session
}

/// `one` asks, `other` accepts.
pub(crate) async fn befriend(one: &Session, other: &Session) {
    one.request_friend(other.user(), "it is me").await.unwrap();
    let requests = other.received_requests().all().await.unwrap();
    other.accept_friend(requests[0].request).await.unwrap();
}

/// The next message from somebody else, of which `text` is expected.
pub(crate) async fn message(session: &Session, events: &mut EventStream, text: &str) -> Message {
    soon(text, async {
        loop {
            if let Event::Message(message) = events.next().await.expect("the session goes on")
                && message.sender != session.user()
            {
                return message;
            }
        }
    })
    .await
}

/// Waits until the recipient has read it.
pub(crate) async fn read(ticket: &Ticket) {
    let mut statuses = ticket.status();
    soon("a receipt", async {
        loop {
            match statuses.next().await.expect("it goes on until it is read") {
                TicketStatus::Read(_) => return,
                TicketStatus::Queued | TicketStatus::Sent(_) | TicketStatus::Delivered(_) => {}
                other => panic!("{other:?}"),
            }
        }
    })
    .await;
}
