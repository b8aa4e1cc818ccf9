//! One chat node that cannot reach the database, while everybody else can (F17, F20).

use serde_json::json;

use crate::harness::{REPAIRED, soon, until, within};
use crate::http::call;
use crate::people::{Person, Whereabouts, friends, message, session_on};
use crate::socket::Socket;
use crate::world::{Plan, World, readiness};
use flux_bins::chaos::world::Wire;

fn id(number: u32) -> String {
    format!("0190b6a0-0000-7000-8000-{number:012}")
}

#[tokio::test]
async fn f17_a_node_that_is_cut_off_from_the_database_refuses_in_time_and_others_go_on() {
    Box::pin(without_the_database(Wire::CUT)).await;
}

#[tokio::test]
async fn f20_a_node_that_hears_nothing_from_the_database_refuses_in_time_and_others_go_on() {
    Box::pin(without_the_database(Wire::STALLED)).await;
}

/// A send that is answered in time, by an error that says to try again.
async fn is_put_off(socket: &mut Socket, conversation: &str, number: u32) {
    let answer = socket.send(conversation, &id(number), &number.to_string()).await;
    assert_eq!(answer["error"]["retry"], json!("RETRY_LATER"), "{answer}");
}

/// `from` writes, `to` reads it at once.
async fn says(from: &mut Socket, to: &mut Socket, conversation: &str, number: u32) {
    let sent = from.send(conversation, &id(number), &number.to_string()).await;
    assert!(sent["sent"].is_object(), "{sent}");
    assert_eq!(to.message().await["text"], json!(number.to_string()));
}

/// One node goes without it, the other has it.
async fn without_the_database(wire: Wire) {
    let world = Plan::chats(2).with_mysql_by_proxy().start().await;
    let (ada, bob, conversation) = friends(&world).await;
    let carol = Person::enter(&world, "carol").await;
    let beside = carol.befriend(&Person::log_in(&world, "bob").await).await;
    let (mut adas, mut bobs) = (ada.connect(&world, 0).await, bob.connect(&world, 1).await);
    let mut carols = carol.connect(&world, 1).await;
    says(&mut adas, &mut bobs, &conversation, 1).await;
    // A client on each node that does what clients do: what it sends waits in its outbox.
    let stays = session_on(&world, "carol", 0).await;
    let reads = session_on(&world, "bob", 1).await;
    let mut read = reads.events();

    world.mysql_proxies[0].set(wire);
    is_put_off(&mut adas, &conversation, 2).await;
    // Order is kept: what comes after the one that failed waits for it.
    is_put_off(&mut adas, &conversation, 3).await;
    let waits = stays.send(reads.user(), "from the outbox").await.unwrap();
    // On the other node nobody notices anything.
    says(&mut carols, &mut bobs, &beside, 1).await;
    says(&mut bobs, &mut carols, &beside, 2).await;
    let sent = bobs.send(&conversation, &id(4), "4").await;
    assert_eq!(sent["sent"]["seq"], json!("2"), "{sent}");
    // By HTTP they write through the node that can.
    let path = format!("/v1/conversations/{conversation}/messages");
    for number in [5, 6] {
        let body = json!({"message_id": id(number), "text": number.to_string()});
        let sent = ada.call("POST", &path, Some(body)).await.ok();
        assert_eq!(sent["seq"], json!(number - 2), "{sent}");
    }
    let answer = readiness(&world.chats[0], REPAIRED, |answer| answer.status == 503).await.unwrap();
    let missing = answer.body["missing"].as_array().unwrap();
    assert!(missing.contains(&json!("store")), "{answer:?}");
    assert_eq!(call(&world.chats[0].health, "GET", "/healthz", None, None).await.status, 200);
    for program in [&world.gate, &world.chats[1]] {
        assert_eq!(call(&program.health, "GET", "/readyz", None, None).await.status, 200);
    }
    comes_in(&world).await;
    assert!(waits.current().sent().is_none(), "nobody acknowledges what cannot be stored");

    world.mysql_proxies[0].set(Wire::OPEN);
    world.whole(REPAIRED).await.unwrap();
    for number in 2..=3 {
        within(REPAIRED, "a message being taken again", async {
            until(REPAIRED, "a message being taken", async || {
                let answer = adas.send(&conversation, &id(number), &number.to_string()).await;
                let seq = answer["sent"]["seq"].as_str()?;
                assert_eq!(seq, (number + 3).to_string(), "{answer}");
                Some(())
            })
            .await;
        })
        .await;
    }
    soon("an acknowledgement", waits.sent()).await.unwrap();
    while message(&reads, &mut read).await.text != "from the outbox" {}
    // Whoever was on that node has all of it, told or found.
    let expected = ["1", "4", "5", "6", "2", "3"];
    let whole = async {
        loop {
            let wanted = json!({"readHistory": {"conversationId": conversation, "afterSeq": "0"}});
            let page = adas.ask(wanted).await;
            let messages = page["history"]["messages"].as_array().cloned().unwrap_or_default();
            if messages.iter().map(|message| &message["text"]).eq(expected) {
                return;
            }
        }
    };
    within(REPAIRED, "the history being whole", whole).await;
    let history: Vec<_> = bob.history(&conversation).await;
    assert_eq!(history, (1..).zip(expected.map(str::to_owned)).collect::<Vec<_>>());
}

/// Somebody new is not kept out by a node that cannot let them in.
async fn comes_in(world: &World) {
    let (session, whereabouts) =
        within(REPAIRED, "somebody coming in", Whereabouts::session(world, "ada")).await;
    assert_eq!(whereabouts.node(world), 1);
    session.close().await;
}
