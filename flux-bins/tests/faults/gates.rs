//! Two gates behind a balancer: nobody has to know which one answers (F2).

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::harness::{REPAIRED, until, within};
use crate::http::{Answer, call, try_call};
use crate::people::{PASSWORD, Person, log_in};
use crate::world::{Plan, World};

fn id(number: usize) -> String {
    format!("0190b6a0-0000-7000-8000-{number:012}")
}

/// One refresh at a gate, host and port.
async fn refresh(gate: &str, token: &Value) -> Answer {
    call(gate, "POST", "/v1/sessions/refresh", None, Some(json!({"refresh_token": token}))).await
}

/// Where the gates are, each by itself.
fn gates(world: &World) -> [String; 2] {
    [&world.gate, world.other_gate.as_ref().unwrap()].map(|gate| gate.address.clone())
}

#[tokio::test]
async fn f2_two_gates_behind_a_balancer_are_one_and_one_of_them_is_enough() {
    let mut world = Plan::chats(2).with_two_gates().start().await;
    let [first, second] = gates(&world);
    // Each step of each of these is answered by the other gate than the step before.
    let (ada, bob) = (Person::enter(&world, "ada").await, Person::enter(&world, "bob").await);
    let conversation = ada.befriend(&bob).await;
    let mut bobs = bob.connect(&world, 1).await;

    // A refresh token of either is good at the other, and for one use.
    let opened = log_in(&world, "ada").await.ok();
    let mut tokens = vec![opened["refresh_token"].clone()];
    for gate in [&second, &first, &second] {
        let fresh = refresh(gate, tokens.last().unwrap()).await.ok();
        let bearer = fresh["access_token"].as_str().unwrap().to_owned();
        for gate in [&first, &second] {
            call(gate, "GET", "/v1/friends", Some(&bearer), None).await.ok();
        }
        tokens.push(fresh["refresh_token"].clone());
    }
    // Whose answer was lost asks again, and may be answered by the other one.
    refresh(&first, &tokens[2]).await.ok();

    // What somebody wrote is stored once, whichever gate was asked, and asked again.
    let path = format!("/v1/conversations/{conversation}/messages");
    let sends = async |gate: &str, number: usize| {
        let body = json!({"message_id": id(number), "text": number.to_string()});
        try_call(gate, "POST", &path, Some(&ada.token), Some(body)).await
    };
    for gate in [&first, &second] {
        let sent = sends(gate, 1).await.unwrap().ok();
        assert_eq!((&sent["seq"], &sent["repeated"]), (&json!(1), &json!(gate == &second)), "{sent}");
    }
    // One gate is killed while messages come: nobody has to do anything but to ask again.
    let killed = AtomicBool::new(false);
    let front = world.front.clone();
    let talking = async {
        let mut number = 1;
        let mut after = 0;
        while after < 20 {
            after += usize::from(killed.load(Ordering::Relaxed));
            number += 1;
            let sent = within(REPAIRED, "a message being taken", async {
                loop {
                    // The connection breaks if its gate was just asked.
                    if let Ok(answer) = sends(&front, number).await {
                        return answer.ok();
                    }
                }
            });
            assert_eq!(sent.await["seq"], json!(number));
        }
        number
    };
    let killing = async {
        for _ in 0..5 {
            bobs.message_within(REPAIRED).await;
        }
        world.other_gate.as_mut().unwrap().kill().await.unwrap();
        killed.store(true, Ordering::Relaxed);
    };
    let (count, ()) = tokio::join!(talking, killing);
    // Everything else goes on as well, and with what the other one gave out.
    let carol = Person::enter(&world, "carol").await;
    carol.befriend(&bob).await;
    let again = log_in(&world, "ada").await.ok();
    refresh(&world.front, &again["refresh_token"]).await.ok();
    let body = json!({"old_password": PASSWORD, "new_password": "another-one-of-ours-0815"});
    carol.call("PUT", "/v1/users/me/password", Some(body)).await.ok();

    // It is back where it was, and knows all of it.
    world.other_gate.as_mut().unwrap().start().await.unwrap();
    world.whole(REPAIRED).await.unwrap();
    let sent = until(REPAIRED, "the gate that is back", async || {
        // It hears of the nodes at its second look.
        let answer = sends(&second, count + 1).await.unwrap();
        (answer.status != 503).then_some(answer)
    });
    assert_eq!(sent.await.ok()["seq"], json!(count + 1));
    let body = json!({"login": "carol", "password": PASSWORD, "device": {"name": "curl", "class": "other"}});
    assert_eq!(call(&second, "POST", "/v1/sessions", None, Some(body)).await.status, 401);
    let expected: Vec<_> = (1..).map(|seq| (seq, seq.to_string())).take(count + 1).collect();
    assert_eq!(bob.history(&conversation).await, expected);
}
