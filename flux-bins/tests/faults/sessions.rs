//! Sessions end everywhere, and one connection owns each, also on a node that stood still (F4, F18).

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::REPAIRED;
use crate::people::{PASSWORD, Person, friends, log_in};
use crate::socket::Socket;
use crate::world::Plan;

/// A session that ended is cut off within a second; the rest is for this machine.
const CUT_OFF: Duration = Duration::from_millis(1_500);

/// What is refused because the session has ended, or because another connection owns it.
fn refused(reply: &Value) -> bool {
    reply["error"]["code"].is_string() && reply["sent"].is_null()
}

fn id(number: u32) -> String {
    format!("0190b6a0-0000-7000-8000-{number:012}")
}

async fn is_told_to_go(socket: &mut Socket, reason: &str) {
    let ended = socket.event_within(CUT_OFF, "sessionEnded", |_| true).await;
    assert_eq!(ended["reason"], json!(reason), "{ended}");
    assert_eq!(socket.closed(CUT_OFF).await, 4401);
}

#[tokio::test]
async fn a_login_on_another_node_ends_the_only_session_within_a_second() {
    let world = Plan::chats(2).set("sessions.policy=one").start().await;
    let (ada, bob, conversation) = friends(&world).await;
    let mut first = ada.connect(&world, 0).await;
    let again = Person::log_in(&world, "ada").await;
    is_told_to_go(&mut first, "SESSION_END_REASON_REPLACED").await;
    let mut second = again.connect(&world, 1).await;

    // The same while the node of the session stands still.
    let paused = world.chats[1].pause().unwrap();
    let third = Person::log_in(&world, "ada").await;
    // What it writes now waits in the socket of the node.
    let late = [second.post(send(&conversation, 1)).await, second.post(send(&conversation, 2)).await];
    let mut there = third.connect(&world, 0).await;
    assert!(there.send(&conversation, &id(3), "in time").await["sent"].is_object());
    drop(paused);
    is_told_to_go(&mut second, "SESSION_END_REASON_REPLACED").await;
    for late in late {
        let answered = second.rest().iter().find(|frame| frame["reply"]["requestId"] == json!(late));
        assert!(answered.is_none_or(|frame| refused(&frame["reply"])), "{answered:?}");
    }
    assert_eq!(bob.history(&conversation).await, [(1, "in time".to_owned())]);
    // With the token of the one that ended nobody comes in again.
    let refusal = Socket::try_hello(&world.chats[0].address, &again.token).await.err().unwrap();
    assert_eq!(refusal["error"]["retry"], json!("RETRY_NEVER"), "{refusal}");
}

fn send(conversation: &str, number: u32) -> Value {
    json!({"send": {"conversationId": conversation, "messageId": id(number), "text": "too late"}})
}

#[tokio::test]
async fn f4_f18_a_session_that_moved_on_while_its_node_stood_still_has_one_writer() {
    let world = Plan::chats(2).start().await;
    let (ada, bob, conversation) = friends(&world).await;
    let mut before = ada.connect(&world, 0).await;
    let mut bobs = bob.connect(&world, 1).await;
    assert!(before.send(&conversation, &id(0), "before").await["sent"].is_object());
    let paused = world.chats[0].pause().unwrap();
    let late: Vec<u32> =
        [before.post(send(&conversation, 1)).await, before.post(send(&conversation, 2)).await].into();
    // The same session, on the other node.
    let mut after = ada.connect(&world, 1).await;
    assert!(after.welcome["generation"].as_str() > before.welcome["generation"].as_str());
    assert!(after.send(&conversation, &id(3), "after").await["sent"].is_object());
    drop(paused);
    assert_eq!(before.closed(REPAIRED).await, 4409);
    for late in late {
        let answered = before.rest().iter().find(|frame| frame["reply"]["requestId"] == json!(late));
        assert!(answered.is_none_or(|frame| refused(&frame["reply"])), "{answered:?}");
    }
    assert!(after.send(&conversation, &id(4), "and on").await["sent"].is_object());
    // On a busy machine several are told by one new head.
    while bobs.message_within(REPAIRED).await["text"] != "and on" {}
    assert_eq!(
        bob.history(&conversation).await.into_iter().map(|(_, text)| text).collect::<Vec<_>>(),
        ["before", "after", "and on"],
        "nothing of what was late is stored"
    );
}

#[tokio::test]
async fn a_logout_or_a_new_password_cuts_off_within_a_second_with_redis_and_without() {
    let mut world = Plan::chats(2).start().await;
    let ada = Person::enter(&world, "ada").await;
    let mut socket = ada.connect(&world, 0).await;
    ada.call("DELETE", "/v1/sessions/current", None).await.ok();
    is_told_to_go(&mut socket, "SESSION_END_REASON_LOGOUT").await;

    world.redis.kill().await.unwrap();
    let one = Person::log_in(&world, "ada").await;
    let two = Person::log_in(&world, "ada").await;
    let mut socket = one.connect(&world, 1).await;
    let mut other = two.connect(&world, 0).await;
    one.call("DELETE", "/v1/sessions/current", None).await.ok();
    is_told_to_go(&mut socket, "SESSION_END_REASON_LOGOUT").await;

    let mut third = Person::log_in(&world, "ada").await.connect(&world, 1).await;
    let new = json!({"old_password": PASSWORD, "new_password": "another-one-of-ours-0815"});
    two.call("PUT", "/v1/users/me/password", Some(new)).await.ok();
    is_told_to_go(&mut third, "SESSION_END_REASON_PASSWORD_CHANGED").await;
    assert_eq!(log_in(&world, "ada").await.status, 401);
    // The session that changed it goes on.
    assert!(other.ask(json!({"ping": {"payload": "here"}})).await["pong"].is_object());
}
