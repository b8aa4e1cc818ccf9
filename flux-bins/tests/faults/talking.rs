//! Two people on two nodes.

use std::time::Duration;

use flux_client::{ConversationId, Event, PresenceState, TicketStatus};
use serde_json::{Value, json};

use crate::harness::{REPAIRED, soon, within};
use crate::people::{Person, friends, message, presence, session_on};
use crate::world::Plan;

#[tokio::test]
async fn two_people_on_two_nodes_talk_as_if_it_were_one() {
    const COUNT: u64 = 20;
    let world = Plan::chats(2).start().await;
    let (.., conversation) = friends(&world).await;
    let ada = session_on(&world, "ada", 0).await;
    let bob = session_on(&world, "bob", 1).await;
    let (mut adas, mut bobs) = (ada.events(), bob.events());

    // Both write at once: one order for both, without holes.
    let mut tickets = Vec::new();
    for number in 0..COUNT / 2 {
        tickets.push(ada.send(bob.user(), format!("ada {number}")).await.unwrap());
        tickets.push(bob.send(ada.user(), format!("bob {number}")).await.unwrap());
    }
    let mut seqs = Vec::new();
    for ticket in &tickets {
        seqs.push(soon("an acknowledgement", ticket.sent()).await.unwrap().seq);
    }
    let (mut of_ada, mut of_bob): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
    for _ in 0..COUNT / 2 {
        of_ada.push(message(&bob, &mut bobs).await.seq);
        of_bob.push(message(&ada, &mut adas).await.seq);
    }
    let sent = |parity: usize| seqs.iter().copied().skip(parity).step_by(2).collect::<Vec<_>>();
    assert_eq!((of_ada, of_bob), (sent(0), sent(1)), "as they were sent");
    assert!(sent(0).is_sorted() && sent(1).is_sorted(), "{seqs:?}");
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=COUNT).collect::<Vec<_>>(), "no holes");

    // Receipts, each after the other.
    soon("delivery", tickets[0].delivered()).await.unwrap();
    let id = ConversationId::direct(ada.user(), bob.user());
    assert_eq!(id.to_string(), conversation);
    bob.mark_read(id, COUNT).await.unwrap();
    for ticket in tickets.iter().step_by(2) {
        soon("a receipt", ticket.read()).await.unwrap();
    }
    assert!(matches!(tickets[0].current(), TicketStatus::Read(_)));

    // Who is there, and who writes.
    let seen = ada.watch(&[bob.user()]).await.unwrap();
    assert_eq!(seen[0].state, PresenceState::Online);
    bob.set_typing(id, true).await.unwrap();
    soon("typing", async {
        while !matches!(adas.next().await, Some(Event::Typing { typing: true, user, .. }) if user == bob.user()) {}
    })
    .await;
    let user = bob.user();
    bob.close().await;
    // After the grace, in which nobody is told.
    within(REPAIRED, "bob being away", presence(&mut adas, user, PresenceState::Offline)).await;
    let bob = session_on(&world, "bob", 1).await;
    within(REPAIRED, "bob being back", presence(&mut adas, bob.user(), PresenceState::Online)).await;
}

#[tokio::test]
async fn what_is_done_through_the_gate_arrives_on_every_node() {
    let world = Plan::chats(2).start().await;
    let (ada, bob) = tokio::join!(Person::enter(&world, "ada"), Person::enter(&world, "bob"));
    let mut adas = ada.connect(&world, 0).await;
    let mut bobs = bob.connect(&world, 1).await;
    let conversation = ada.befriend(&bob).await;
    for (socket, friend) in [(&mut adas, &bob), (&mut bobs, &ada)] {
        let added = |entry: &Value| {
            let added = &entry["friendAdded"];
            added["profile"]["userId"] == json!(friend.id) && added["conversationId"] == json!(conversation)
        };
        socket.feed_entry(REPAIRED, "the news of a friend", added).await;
    }
    let path = format!("/v1/conversations/{conversation}/messages");
    let id = "0190b6a0-0000-7000-8000-000000000001";
    let sent = ada.call("POST", &path, Some(json!({"message_id": id, "text": "by HTTP"}))).await.ok();
    assert_eq!(sent["seq"], 1, "{sent}");
    let came = bobs.message_within(Duration::from_secs(5)).await;
    assert_eq!((&came["text"], &came["seq"]), (&json!("by HTTP"), &json!("1")));
    // The same again, on a socket of another node: one message.
    let again = adas.send(&conversation, id, "by HTTP").await;
    assert_eq!((&again["sent"]["seq"], &again["sent"]["repeated"]), (&json!("1"), &json!(true)), "{again}");
    // The same id with another text is none.
    let other = adas.send(&conversation, id, "another text").await;
    assert_eq!(other["error"]["retry"], json!("RETRY_NEVER"), "{other}");
    let by_socket = bobs.send(&conversation, "0190b6a0-0000-7000-8000-000000000002", "by socket").await;
    assert_eq!(by_socket["sent"]["seq"], json!("2"), "{by_socket}");
    assert_eq!(ada.history(&conversation).await, [(1, "by HTTP".to_owned()), (2, "by socket".to_owned())]);
}
