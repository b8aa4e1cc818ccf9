//! Connections to the database that break around a commit (F10, F25): whoever lost the answer finds out what became of it.

use serde_json::json;

use crate::commits::{Commits, MOMENTS};
use crate::harness::{REPAIRED, soon, until};
use crate::http::{Answer, call};
use crate::people::{PASSWORD, Person, ask_code, code, friends, log_in, message, session_on};
use crate::servers;
use crate::world::{Plan, World};

fn id(number: u32) -> String {
    format!("0190b6a0-0000-7000-8000-{number:012}")
}

/// A cluster whose every commit goes by such a wire.
async fn world() -> (World, Commits) {
    let url = servers::database().await;
    let commits = Commits::new(servers::address(&url)).await;
    let world = Plan::chats(2).on(servers::at(&url, commits.address)).start().await;
    (world, commits)
}

/// Calls until it is answered by something else than to come again later.
async fn at_last(mut ask: impl AsyncFnMut() -> Answer) -> Answer {
    until(REPAIRED, "an answer", async || {
        let answer = ask().await;
        let later = [(503, "unavailable"), (504, "timeout")].contains(&answer.refusal());
        (!later).then_some(answer)
    })
    .await
}

#[tokio::test]
async fn f10_a_message_whose_commit_was_not_answered_is_stored_once_and_acknowledged_or_put_off() {
    let (world, commits) = world().await;
    let (ada, bob, conversation) = friends(&world).await;
    let (mut adas, mut bobs) = (ada.connect(&world, 0).await, bob.connect(&world, 1).await);
    let mut stored = Vec::new();
    for (number, moment) in (1..).zip(MOMENTS) {
        let text = format!("<{moment:?}>");
        commits.hit(text.as_bytes(), moment);
        let answer = adas.send(&conversation, &id(number), &text).await;
        assert_eq!(commits.left(), 0, "{moment:?}");
        // It may say that it does not know; then it is asked again, as clients do.
        let seq = if answer["error"]["retry"] == json!("RETRY_LATER") {
            until(REPAIRED, "a message being taken", async || {
                let again = adas.send(&conversation, &id(number), &text).await;
                again["sent"]["seq"].as_str().map(str::to_owned)
            })
            .await
        } else {
            answer["sent"]["seq"].as_str().unwrap_or_else(|| panic!("{moment:?}: {answer}")).to_owned()
        };
        assert_eq!(seq, number.to_string(), "{moment:?}");
        while bobs.message_within(REPAIRED).await["seq"] != json!(seq) {}
        stored.push((u64::from(number), text));
    }
    assert_eq!(ada.history(&conversation).await, stored);
}

#[tokio::test]
async fn f10_f25_commits_that_are_not_answered_under_load_lose_double_and_reorder_nothing() {
    const COUNT: usize = 120;
    /// Of so many messages one breaks its connection.
    const EACH: usize = 8;
    let (world, commits) = world().await;
    let (.., conversation) = friends(&world).await;
    let (ada, bob) = (session_on(&world, "ada", 0).await, session_on(&world, "bob", 1).await);
    let (mut adas, mut bobs) = (ada.events(), bob.events());
    for number in (0..COUNT).step_by(EACH) {
        let moment = MOMENTS[number / EACH % MOMENTS.len()];
        let who = if (number / EACH).is_multiple_of(3) { "bob" } else { "ada" };
        commits.hit(format!("<{who} {number}>"), moment);
    }
    let mut sent = Vec::new();
    for number in 0..COUNT {
        let texts = [format!("<ada {number}>"), format!("<bob {number}>")];
        let of_ada = ada.send(bob.user(), texts[0].clone()).await.unwrap();
        let of_bob = bob.send(ada.user(), texts[1].clone()).await.unwrap();
        sent.extend([of_ada, of_bob].into_iter().zip(texts));
    }
    let mut stored = Vec::new();
    for (ticket, text) in &sent {
        let seq = soon("an acknowledgement", ticket.sent()).await.unwrap().seq;
        stored.push((seq, text.clone()));
    }
    assert_eq!(commits.left(), 0);
    // Each hears the other once and in order.
    for number in 0..COUNT {
        assert_eq!(message(&bob, &mut bobs).await.text, format!("<ada {number}>"));
        assert_eq!(message(&ada, &mut adas).await.text, format!("<bob {number}>"));
    }
    for who in 0..2 {
        assert!(stored.iter().skip(who).step_by(2).is_sorted(), "each in the order of sending: {stored:?}");
    }
    stored.sort_unstable();
    assert_eq!(Person::log_in(&world, "ada").await.history(&conversation).await, stored);
    assert!((1..).zip(&stored).all(|(dense, (seq, _))| dense == *seq), "without holes: {stored:?}");
}

#[tokio::test]
async fn f10_what_the_gate_did_and_was_not_answered_is_done_once() {
    let (world, commits) = world().await;
    let ada = Person::enter(&world, "ada").await;
    for (number, moment) in (0..).zip(MOMENTS) {
        let name = format!("person{number}");
        let email = format!("{name}@example.org");
        ask_code(&world, &email).await.ok();
        let code = code(&world, &email).await;
        commits.hit(name.as_bytes(), moment);
        let body = json!({"email": email, "code": code, "username": name, "password": PASSWORD});
        let registered = call(&world.front, "POST", "/v1/users", None, Some(body)).await;
        assert_eq!(commits.left(), 0, "{moment:?}");
        assert_eq!(registered.status, 201, "{moment:?}: {registered:?}");
        at_last(async || log_in(&world, &name).await).await.ok();
        let other = Person::log_in(&world, &name).await;

        // Who asks whom to be friends is in the transaction.
        commits.hit(user(&other.id), moment);
        let asked = json!({"user_id": other.id});
        let asked = ada.call("POST", "/v1/friend-requests", Some(asked)).await;
        assert_eq!(commits.left(), 0, "{moment:?}");
        asked.ok();
        let requests = other.call("GET", "/v1/friend-requests", None).await.ok();
        let [request] = requests["items"].as_array().unwrap().as_slice() else { panic!("{requests}") };
        let request = request["request_id"].as_str().unwrap();
        commits.hit(user(&other.id), moment);
        let accept = format!("/v1/friend-requests/{request}/accept");
        other.call("POST", &accept, Some(json!({}))).await.ok();
        assert_eq!(commits.left(), 0, "{moment:?}");
        let friends = other.call("GET", "/v1/friends", None).await.ok();
        assert_eq!(friends["items"].as_array().unwrap().len(), 1, "{moment:?}: {friends}");
    }
    let friends = ada.call("GET", "/v1/friends", None).await.ok();
    assert_eq!(friends["items"].as_array().unwrap().len(), MOMENTS.len(), "{friends}");
}

/// The id of a user, as it stands in the database.
fn user(id: &str) -> Vec<u8> {
    let hex: String = id.chars().filter(|letter| *letter != '-').collect();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
