//! What works without Redis, and that it heals by itself (F5, F6, F17).

use serde_json::{Value, json};

use crate::harness::REPAIRED;
use crate::http::call;
use crate::people::{Person, ask_code, code, friends, log_in};
use crate::socket::Socket;
use crate::world::{Plan, World, readiness};
use flux_bins::chaos::world::Wire;

fn id(number: u32) -> String {
    format!("0190b6a0-0000-7000-8000-{number:012}")
}

/// `from` writes, `to` reads it.
async fn says(from: &mut Socket, to: &mut Socket, conversation: &str, number: u32) {
    let text = format!("number {number}");
    let sent = from.send(conversation, &id(number), &text).await;
    assert!(sent["sent"].is_object(), "{sent}");
    loop {
        let came = to.message_within(REPAIRED).await;
        if came["text"] == json!(text) {
            return;
        }
    }
}

/// What `socket` is told of somebody, asked anew.
async fn sees(socket: &mut Socket, user: &str) -> Value {
    let reply = socket.ask(json!({"watchPresence": {"userIds": [user]}})).await;
    reply["presenceList"]["presences"][0]["state"].clone()
}

async fn sees_soon(socket: &mut Socket, user: &str, state: &str) {
    let told = tokio::time::timeout(REPAIRED, async {
        if sees(socket, user).await != json!(state) {
            let wanted = |told: &Value| told["userId"] == json!(user) && told["state"] == json!(state);
            socket.event_within(REPAIRED, "presence", wanted).await;
        }
    });
    told.await.unwrap_or_else(|_| panic!("{user} is not seen as {state}"));
}

async fn lives(world: &World) {
    for program in [&world.gate, &world.chats[0], &world.chats[1]] {
        assert_eq!(call(&program.health, "GET", "/healthz", None, None).await.status, 200);
    }
}

#[tokio::test]
async fn f6_without_redis_chats_go_on_and_an_empty_one_is_filled_again() {
    let mut world = Plan::chats(2).start().await;
    let (ada, bob, conversation) = friends(&world).await;
    let (mut adas, mut bobs) = (ada.connect(&world, 0).await, bob.connect(&world, 1).await);
    says(&mut adas, &mut bobs, &conversation, 1).await;
    sees_soon(&mut adas, &bob.id, "PRESENCE_STATE_ONLINE").await;
    ask_code(&world, "carol@example.org").await.ok();
    let void = code(&world, "carol@example.org").await;

    world.redis.kill().await.unwrap();
    says(&mut adas, &mut bobs, &conversation, 2).await;
    says(&mut bobs, &mut adas, &conversation, 3).await;
    let again = log_in(&world, "ada").await.ok();
    assert_eq!(ask_code(&world, "dora@example.org").await.refusal(), (503, "unavailable"));
    sees_soon(&mut adas, &bob.id, "PRESENCE_STATE_UNKNOWN").await;
    let lacks =
        |what: &'static str| move |missing: &Value| missing.as_array().unwrap().contains(&json!(what));
    let answer = readiness(&world.gate, REPAIRED, |answer| {
        ["redis", "directory"].iter().all(|what| lacks(what)(&answer.body["missing"]))
    })
    .await
    .unwrap();
    assert_eq!((answer.status, &answer.body["ready"]), (200, &json!(true)), "{answer:?}");
    lives(&world).await;
    // Who comes now is let in, and reached.
    let token = again["access_token"].as_str().unwrap();
    let mut more = Socket::hello(&world.chats[1].address, token).await;
    says(&mut bobs, &mut more, &conversation, 4).await;

    // It comes back empty, and nobody does anything about it.
    world.redis.start_again().await.unwrap();
    world.whole(REPAIRED).await.unwrap();
    sees_soon(&mut adas, &bob.id, "PRESENCE_STATE_ONLINE").await;
    says(&mut adas, &mut bobs, &conversation, 5).await;
    says(&mut bobs, &mut more, &conversation, 6).await;
    // No session is lost; a code of before is.
    ada.call("GET", "/v1/sessions", None).await.ok();
    let body =
        json!({"email": "carol@example.org", "code": void, "username": "carol", "password": "not-used-4711"});
    let expired = call(&world.gate.address, "POST", "/v1/users", None, Some(body)).await;
    assert_eq!(expired.refusal(), (400, "invalid_code"));
    Person::enter(&world, "dora").await;
    assert_eq!(ada.history(&conversation).await.len(), 6);
}

#[tokio::test]
async fn f5_with_redis_standing_still_every_request_ends_in_time() {
    let world = Plan::chats(2).start().await;
    let (ada, bob, conversation) = friends(&world).await;
    let (mut adas, mut bobs) = (ada.connect(&world, 0).await, bob.connect(&world, 1).await);
    world.redis.pause().unwrap();
    // Each of these has a deadline of its own in the test.
    for number in 1..=3 {
        says(&mut adas, &mut bobs, &conversation, number).await;
    }
    let path = format!("/v1/conversations/{conversation}/messages");
    let body = json!({"message_id": id(4), "text": "number 4"});
    let (logged_in, friends, code, sent) = tokio::join!(
        log_in(&world, "ada"),
        ada.call("GET", "/v1/friends", None),
        ask_code(&world, "carol@example.org"),
        bob.call("POST", &path, Some(body)),
    );
    logged_in.ok();
    friends.ok();
    assert_eq!(code.refusal(), (503, "unavailable"));
    sent.ok();
    lives(&world).await;
    world.redis.resume().unwrap();
    world.whole(REPAIRED).await.unwrap();
    sees_soon(&mut adas, &bob.id, "PRESENCE_STATE_ONLINE").await;
    says(&mut bobs, &mut adas, &conversation, 5).await;
    assert_eq!(ada.history(&conversation).await.len(), 5);
}

#[tokio::test]
async fn f17_a_node_that_is_cut_off_from_redis_serves_its_people_and_heals() {
    Box::pin(without_redis(Wire::CUT)).await;
}

#[tokio::test]
async fn f17_a_node_that_hears_nothing_from_redis_serves_its_people_and_heals() {
    Box::pin(without_redis(Wire::STALLED)).await;
}

/// One node goes without it, the other has it.
async fn without_redis(wire: Wire) {
    let world = Plan::chats(2).with_redis_by_proxy().start().await;
    let (ada, bob, conversation) = friends(&world).await;
    let (mut adas, mut bobs) = (ada.connect(&world, 0).await, bob.connect(&world, 1).await);
    says(&mut adas, &mut bobs, &conversation, 1).await;
    sees_soon(&mut bobs, &ada.id, "PRESENCE_STATE_ONLINE").await;
    world.redis_proxies[0].set(wire);
    // The lease of the node runs out, and nobody is told that it holds ada.
    let offline =
        |told: &Value| told["userId"] == json!(ada.id) && told["state"] == json!("PRESENCE_STATE_OFFLINE");
    bobs.event_within(REPAIRED, "presence", offline).await;
    says(&mut adas, &mut bobs, &conversation, 2).await;
    says(&mut bobs, &mut adas, &conversation, 3).await;
    world.redis_proxies[0].set(Wire::OPEN);
    world.whole(REPAIRED).await.unwrap();
    sees_soon(&mut bobs, &ada.id, "PRESENCE_STATE_ONLINE").await;
    says(&mut bobs, &mut adas, &conversation, 4).await;
    assert!(adas.ask(json!({"ping": {"payload": "here"}})).await["pong"].is_object());
}
