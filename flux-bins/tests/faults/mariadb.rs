//! What works without the database, and that it heals by itself (F5, F10).

use serde_json::{Value, json};

use crate::harness::{REPAIRED, until, within};
use crate::http::call;
use crate::people::{friends, log_in};
use crate::servers;
use crate::socket::Socket;
use crate::world::{Plan, World, had, readiness};

fn id(number: u32) -> String {
    format!("0190b6a0-0000-7000-8000-{number:012}")
}

/// A send that is answered in time, by an error that says to try again.
async fn is_put_off(socket: &mut Socket, conversation: &str, number: u32) {
    let answer = socket.send(conversation, &id(number), &number.to_string()).await;
    assert_eq!(answer["error"]["retry"], json!("RETRY_LATER"), "{answer}");
}

/// Everything is answered while there is no database, and says so.
async fn nothing_but_refusals(world: &World, socket: &mut Socket, token: &str, conversation: &str) {
    is_put_off(socket, conversation, 2).await;
    // Order is kept: what comes after the one that failed waits for it.
    is_put_off(socket, conversation, 3).await;
    let answer = readiness(&world.gate, REPAIRED, |answer| answer.status == 503).await.unwrap();
    assert!(answer.body["missing"].as_array().unwrap().contains(&json!("store")), "{answer:?}");
    let (friends, login, alive) = tokio::join!(
        call(&world.gate.address, "GET", "/v1/friends", Some(token), None),
        log_in(world, "ada"),
        call(&world.gate.health, "GET", "/healthz", None, None),
    );
    assert_eq!((friends.refusal(), login.refusal()), ((503, "unavailable"), (503, "unavailable")));
    assert_eq!(alive.status, 200);
    for chat in &world.chats {
        assert_eq!(call(&chat.health, "GET", "/healthz", None, None).await.status, 200);
    }
}

/// The same messages again, and new ones: each is stored once, in order.
async fn goes_on(world: &World, adas: &mut Socket, bobs: &mut Socket, conversation: &str) {
    world.whole(REPAIRED).await.unwrap();
    let expected: Vec<Value> = (1..=5).map(|number: u32| json!(number.to_string())).collect();
    for number in 2..=5 {
        within(REPAIRED, "a message being taken again", async {
            until(REPAIRED, "a message being taken", async || {
                let answer = adas.send(conversation, &id(number), &number.to_string()).await;
                answer["sent"]["seq"].as_str().map(|seq| assert_eq!(seq, number.to_string(), "{answer}"))
            })
            .await;
        })
        .await;
    }
    let seen = async {
        loop {
            let page =
                bobs.ask(json!({"readHistory": {"conversationId": conversation, "afterSeq": "0"}})).await;
            let messages = page["history"]["messages"].as_array().cloned().unwrap_or_default();
            let texts: Vec<_> = messages.iter().map(|message| message["text"].clone()).collect();
            if texts == expected {
                return;
            }
        }
    };
    within(REPAIRED, "the history being whole", seen).await;
}

#[tokio::test]
async fn f5_f10_without_the_database_everything_is_refused_in_time_and_then_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    // Its end is to cost nothing that was committed; a power cut may.
    let config = flux_store::servers::MariaDbConfig::new(folder.path())
        .with_durability(flux_store::servers::Durability::Throwaway)
        .with_setting("--innodb-flush-log-at-trx-commit=2")
        .with_setting("--max-connections=500");
    let mut server = had(flux_store::servers::MariaDb::start(config).await);
    let url = server.url().expose().to_owned();

    for round in ["stopped", "killed"] {
        let world = Plan::chats(2).on(servers::create(&url, &servers::name()).await).start().await;
        let (ada, bob, conversation) = friends(&world).await;
        let (mut adas, mut bobs) = (ada.connect(&world, 0).await, bob.connect(&world, 1).await);
        assert!(adas.send(&conversation, &id(1), "1").await["sent"].is_object(), "{round}");
        assert_eq!(bobs.message().await["text"], "1");
        if round == "stopped" {
            server.pause().unwrap();
            nothing_but_refusals(&world, &mut adas, &ada.token, &conversation).await;
            server.resume().unwrap();
        } else {
            server.kill().await.unwrap();
            nothing_but_refusals(&world, &mut adas, &ada.token, &conversation).await;
            server.start_again().await.unwrap();
        }
        goes_on(&world, &mut adas, &mut bobs, &conversation).await;
    }
}
