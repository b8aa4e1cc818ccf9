//! What works without a service, and that it heals by itself (F2).

use serde_json::json;

use crate::harness::REPAIRED;
use crate::http::call;
use crate::people::{Person, ask_code, friends, log_in};
use crate::world::{Plan, readiness};

fn id(number: u32) -> String {
    format!("0190b6a0-0000-7000-8000-{number:012}")
}

#[tokio::test]
async fn f2_status_verify_and_gate_may_be_gone_and_chats_go_on() {
    let mut world = Plan::chats(2).start().await;
    let (ada, bob, conversation) = friends(&world).await;
    let (mut adas, mut bobs) = (ada.connect(&world, 0).await, bob.connect(&world, 1).await);
    let mut number = 0;
    let mut talk = async || {
        number += 1;
        let sent = adas.send(&conversation, &id(number), &number.to_string()).await;
        assert_eq!(sent["sent"]["seq"], json!(number.to_string()), "{sent}");
        assert_eq!(bobs.message_within(REPAIRED).await["text"], json!(number.to_string()));
    };

    world.status.kill().await.unwrap();
    talk().await;
    // A login names a node all the same.
    let opened = log_in(&world, "ada").await.ok();
    assert!(opened["chat_url"].as_str().unwrap().starts_with("ws://"), "{opened}");
    let endpoint = ada.call("GET", "/v1/chat-endpoint", None).await.ok();
    assert!(endpoint["url"].as_str().unwrap().starts_with("ws://"), "{endpoint}");
    let answer =
        readiness(&world.gate, REPAIRED, |answer| answer.body["missing"] == json!(["status"])).await.unwrap();
    assert_eq!(answer.status, 200);
    world.status.start().await.unwrap();
    world.whole(REPAIRED).await.unwrap();

    world.verify.kill().await.unwrap();
    talk().await;
    assert_eq!(ask_code(&world, "carol@example.org").await.refusal(), (503, "unavailable"));
    log_in(&world, "bob").await.ok();
    let answer =
        readiness(&world.gate, REPAIRED, |answer| answer.body["missing"] == json!(["verify"])).await.unwrap();
    assert_eq!(answer.status, 200);
    world.verify.start().await.unwrap();
    world.whole(REPAIRED).await.unwrap();
    Person::enter(&world, "dora").await;

    // Both stand still: nobody waits longer than for one that is gone.
    let stopped = (world.status.pause().unwrap(), world.verify.pause().unwrap());
    talk().await;
    let (login, code) = tokio::join!(log_in(&world, "ada"), ask_code(&world, "carol@example.org"));
    login.ok();
    assert!(matches!(code.refusal(), (503, "unavailable") | (504, "timeout")), "{code:?}");
    drop(stopped);
    world.whole(REPAIRED).await.unwrap();

    world.gate.kill().await.unwrap();
    talk().await;
    world.gate.start().await.unwrap();
    world.whole(REPAIRED).await.unwrap();
    call(&world.gate.address, "GET", "/v1/friends", Some(&bob.token), None).await.ok();
    talk().await;
}
