//! The walk of the README, through the typed client.

use flux_client::{Event, FeedChange, OwnPresence, PresenceState, TicketStatus};

use crate::harness::{Server, folder, soon};
use crate::people::{befriend, change, enter, message};

#[tokio::test]
async fn two_people_register_befriend_and_talk() {
    let folder = folder();
    let server = Server::start(folder.path()).await;
    let ada = enter(&server, "ada").await;
    let bob = enter(&server, "bob").await;
    let mut bobs = bob.events();

    // Befriended, both know it by their feeds.
    ada.request_friend(bob.user(), "it is me").await.unwrap();
    let request = change(&mut bobs, |change| match change {
        FeedChange::FriendRequest(request) => Some(request),
        _ => None,
    })
    .await;
    assert_eq!((request.from.username.as_str(), request.greeting.as_str()), ("ada", "it is me"));
    bob.accept_friend(request.request).await.unwrap();
    let friend = change(&mut bobs, |change| match change {
        FeedChange::FriendAdded(friend) => Some(friend),
        _ => None,
    })
    .await;
    assert_eq!(friend.profile.username, "ada");
    assert_eq!(ada.friends().all().await.unwrap()[0].profile.username, "bob");

    // Presence.
    let seen = ada.watch(&[bob.user()]).await.unwrap();
    assert_eq!(seen[0].state, PresenceState::Online);
    let mut adas = ada.events();
    bob.set_presence(OwnPresence::Away).await.unwrap();
    let away = soon("bob being away", async {
        loop {
            if let Some(Event::Presence(presence)) = adas.next().await {
                return presence.state;
            }
        }
    })
    .await;
    assert_eq!(away, PresenceState::Away);

    // Stored, delivered and read, each step told.
    let ticket = ada.send(bob.user(), "hello bob").await.unwrap();
    let mut statuses = ticket.status();
    let came = message(&mut bobs).await;
    assert_eq!((came.text.as_str(), came.seq, came.sender), ("hello bob", 1, ada.user()));
    bob.mark_read(came.conversation, came.seq).await.unwrap();
    let mut steps = Vec::new();
    while let Some(status) = soon("a status", statuses.next()).await {
        steps.push(match status {
            TicketStatus::Queued => "queued",
            TicketStatus::Sent(_) => "stored",
            TicketStatus::Delivered(_) => "delivered",
            TicketStatus::Read(_) => "read",
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(steps, ["queued", "stored", "delivered", "read"]);

    // And back; both read the same history.
    let sent = bob.send(came.conversation, "hello ada").await.unwrap().sent().await.unwrap();
    assert_eq!(sent.seq, 2);
    for session in [&ada, &bob] {
        let history = session.history_before(came.conversation, None, 0).await.unwrap();
        let texts: Vec<&str> = history.messages.iter().map(|message| message.text.as_str()).collect();
        assert_eq!(texts, ["hello bob", "hello ada"]);
    }
    server.stop().await;
}

#[tokio::test]
async fn memory_serves_as_well_and_keeps_nothing() {
    let folder = folder();
    let server = Server::start_with(folder.path(), &["--memory"]).await;
    let ada = enter(&server, "ada").await;
    let bob = enter(&server, "bob").await;
    befriend(&ada, &bob).await;
    let mut events = bob.events();
    ada.send(bob.user(), "gone tomorrow").await.unwrap();
    assert_eq!(message(&mut events).await.text, "gone tomorrow");
    server.stop().await;
    assert!(!folder.path().join("flux-data/flux.db").exists());

    // The names are free again.
    let server = Server::start_with(folder.path(), &["--memory"]).await;
    enter(&server, "ada").await;
    server.stop().await;
}
