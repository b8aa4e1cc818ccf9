//! A chat node ends without a word (F1).

use flux_client::{PresenceState, TicketStatus};
use serde_json::json;

use crate::harness::{REPAIRED, soon, until, within};
use crate::people::{Person, Whereabouts, friends, message, presence, session_on};
use crate::world::Plan;

#[tokio::test]
async fn f1_a_killed_node_loses_and_doubles_nothing_and_its_people_are_back_in_10_s() {
    const COUNT: usize = 200;
    let mut world = Plan::chats(3).start().await;
    let (.., conversation) = friends(&world).await;
    let (ada, whereabouts) = Whereabouts::session(&world, "ada").await;
    let doomed = whereabouts.node(&world);
    // Bob is on another node, and watches ada and somebody who knows only ada's node.
    let bob = session_on(&world, "bob", (doomed + 1) % 3).await;
    let carol = Person::enter(&world, "carol").await;
    carol.befriend(&Person::log_in(&world, "bob").await).await;
    let carols = carol.connect(&world, doomed).await;
    let carol = carol.id.parse().unwrap();
    let mut bobs = bob.events();
    let seen = bob.watch(&[ada.user(), carol]).await.unwrap();
    assert!(seen.iter().all(|seen| seen.state == PresenceState::Online), "{seen:?}");

    let mut tickets = Vec::new();
    for number in 0..COUNT {
        tickets.push(ada.send(bob.user(), number.to_string()).await.unwrap());
    }
    // In the middle of it.
    soon("an acknowledgement", tickets[COUNT / 4].sent()).await.unwrap();
    world.chats[doomed].kill().await.unwrap();
    drop(carols);
    let acknowledged: Vec<_> =
        tickets.iter().filter_map(|ticket| Some(ticket.current().sent()?.seq)).collect();
    assert!(acknowledged.len() < COUNT, "all of it was over before the end of the node");
    within(REPAIRED, "ada and carol being as they are", async {
        until(REPAIRED, "ada on another node", async || {
            (ada.connection().is_online() && whereabouts.node(&world) != doomed).then_some(())
        })
        .await;
        let there = async || bob.watch(&[ada.user()]).await.unwrap()[0].state == PresenceState::Online;
        until(REPAIRED, "ada being seen", async || there().await.then_some(())).await;
        presence(&mut bobs, carol, PresenceState::Offline).await;
    })
    .await;

    // Everything is stored once, in order, and what was acknowledged is where it was said to be.
    let mut seqs = Vec::new();
    for ticket in &tickets {
        seqs.push(soon("an acknowledgement", ticket.sent()).await.unwrap().seq);
    }
    let dense: Vec<u64> = (1..).take(COUNT).collect();
    assert_eq!(seqs, dense);
    assert_eq!(acknowledged, dense[..acknowledged.len()]);
    let history = Person::log_in(&world, "bob").await.history(&conversation).await;
    let texts: Vec<_> = history.iter().map(|(seq, text)| (*seq, text.parse::<u64>().unwrap() + 1)).collect();
    assert_eq!(texts, dense.iter().map(|seq| (*seq, *seq)).collect::<Vec<_>>());
    assert!(!tickets.iter().any(|ticket| matches!(ticket.current(), TicketStatus::Failed(_))));
}

#[tokio::test]
async fn f1_who_is_elsewhere_hears_everything_once_and_in_order_while_a_node_is_killed() {
    const COUNT: u64 = 100;
    let mut world = Plan::chats(3).start().await;
    friends(&world).await;
    let (ada, whereabouts) = Whereabouts::session(&world, "ada").await;
    let doomed = whereabouts.node(&world);
    let bob = session_on(&world, "bob", (doomed + 1) % 3).await;
    let mut bobs = bob.events();
    let mut tickets = Vec::new();
    for number in 0..COUNT {
        tickets.push(ada.send(bob.user(), number.to_string()).await.unwrap());
    }
    soon("an acknowledgement", tickets[20].sent()).await.unwrap();
    world.chats[doomed].kill().await.unwrap();
    for number in 0..COUNT {
        let came = message(&bob, &mut bobs).await;
        assert_eq!((came.seq, came.text), (number + 1, number.to_string()));
    }
    // It is new when it is back, and takes people.
    world.chats[doomed].start().await.unwrap();
    let carol = Person::enter(&world, "carol").await;
    let mut carols = carol.connect(&world, doomed).await;
    assert!(carols.ask(json!({"ping": {"payload": "here"}})).await["pong"].is_object());
}
