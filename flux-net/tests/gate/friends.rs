use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::accounts::futures;
use crate::world::{PASSWORD, World, id, user_id};

fn items(json: &Value) -> &Vec<Value> {
    json["items"].as_array().unwrap()
}

#[tokio::test]
async fn a_friendship_is_asked_for_accepted_named_and_ended() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let ask = json!({"user_id": bob.user, "greeting": "hello"});
    let asked = world.post("/v1/friend-requests", &ann, ask.clone()).await.expect(201).json();
    let request = &asked["request"];
    assert_eq!(asked["friend"], Value::Null);
    assert_eq!(request["from"]["username"], "ann");
    assert_eq!(request["to"]["username"], "bob");
    assert_eq!((&request["greeting"], &request["state"]), (&json!("hello"), &json!("pending")));
    // Asked again, it is the same request.
    assert_eq!(world.post("/v1/friend-requests", &ann, ask).await.expect(201).json(), asked);

    let received = world.get("/v1/friend-requests", &bob).await.expect(200).json();
    assert_eq!(items(&received), std::slice::from_ref(request));
    let sent = world.get("/v1/friend-requests?direction=sent", &ann).await.expect(200).json();
    assert_eq!(items(&sent), std::slice::from_ref(request));
    assert!(items(&world.get("/v1/friend-requests", &ann).await.expect(200).json()).is_empty());
    world.get("/v1/friend-requests?direction=all", &ann).await.refused(400, "malformed");

    let path = format!("/v1/friend-requests/{}", request["request_id"].as_str().unwrap());
    let friend = world.act("POST", &format!("{path}/accept"), &bob).await.expect(200).json();
    assert_eq!(friend["profile"]["username"], "ann");
    for (one, other) in [(&ann, &bob), (&bob, &ann)] {
        let friends = world.get("/v1/friends", one).await.expect(200).json();
        assert_eq!(items(&friends)[0]["profile"]["user_id"], other.user.as_str());
        assert_eq!(items(&friends)[0]["conversation_id"], friend["conversation_id"]);
    }
    assert!(items(&world.get("/v1/friend-requests", &bob).await.expect(200).json()).is_empty());

    let theirs = format!("/v1/friends/{}", bob.user);
    let name = json!({"remark": "Bobby"});
    world.call("PATCH", &theirs, &ann.access, Some(name)).await.expect(204);
    let remark = |json: Value| items(&json)[0]["remark"].as_str().unwrap().to_owned();
    assert_eq!(remark(world.get("/v1/friends", &ann).await.expect(200).json()), "Bobby");
    assert_eq!(remark(world.get("/v1/friends", &bob).await.expect(200).json()), "");

    world.act("DELETE", &theirs, &ann).await.expect(204);
    for one in [&ann, &bob] {
        assert!(items(&world.get("/v1/friends", one).await.expect(200).json()).is_empty());
    }
    world.act("DELETE", &theirs, &ann).await.refused(404, "not_found");
    let name = json!({"remark": "Bobby"});
    world.call("PATCH", &theirs, &ann.access, Some(name)).await.refused(404, "not_found");
}

#[tokio::test]
async fn requests_are_rejected_by_one_and_taken_back_by_the_other() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    for (verb, who) in [("reject", &bob), ("cancel", &ann)] {
        let asked = world.post("/v1/friend-requests", &ann, json!({"user_id": bob.user})).await.expect(201);
        let request = asked.json()["request"]["request_id"].as_str().unwrap().to_owned();
        let path = format!("/v1/friend-requests/{request}/{verb}");
        world.act("POST", &path, who).await.expect(204);
        world.act("POST", &path, who).await.refused(409, "request_not_pending");
        let accept = format!("/v1/friend-requests/{request}/accept");
        world.act("POST", &accept, &bob).await.refused(409, "request_not_pending");
    }
    assert!(items(&world.get("/v1/friends", &ann).await.expect(200).json()).is_empty());
}

#[tokio::test]
async fn a51_requests_of_others_are_nobodys_business() {
    let world = World::new().await;
    let (ann, bob, eve) = (world.person("ann").await, world.person("bob").await, world.person("eve").await);
    let asked = world.post("/v1/friend-requests", &ann, json!({"user_id": bob.user})).await.expect(201);
    let request = asked.json()["request"]["request_id"].as_str().unwrap().to_owned();
    let unknown = id(404);
    for (verb, who) in [
        ("accept", &eve),
        ("reject", &eve),
        ("cancel", &eve),
        ("accept", &ann),
        ("reject", &ann),
        ("cancel", &bob),
    ] {
        let path = format!("/v1/friend-requests/{request}/{verb}");
        let foreign = world.act("POST", &path, who).await.refused(404, "not_found");
        // The same answer as for one that there is not.
        let path = format!("/v1/friend-requests/{unknown}/{verb}");
        let absent = world.act("POST", &path, who).await.refused(404, "not_found");
        assert_eq!(foreign.json()["detail"], absent.json()["detail"]);
    }
    assert!(items(&world.get("/v1/friend-requests", &eve).await.expect(200).json()).is_empty());
    assert_eq!(items(&world.get("/v1/friend-requests", &bob).await.expect(200).json()).len(), 1);
}

#[tokio::test]
async fn a51_accepted_by_many_at_once_it_is_accepted_once() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let asked = world.post("/v1/friend-requests", &ann, json!({"user_id": bob.user})).await.expect(201);
    let request = asked.json()["request"]["request_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/friend-requests/{request}/accept");
    let answers = futures((0..10).map(|_| world.act("POST", &path, &bob))).await;
    let accepted = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(accepted, 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 200) {
        answer.refused(409, "request_not_pending");
    }
    assert_eq!(items(&world.get("/v1/friends", &ann).await.expect(200).json()).len(), 1);
}

#[tokio::test]
async fn a52_whom_nobody_can_befriend() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let (off, gone) = (world.person("off").await, world.person("gone").await);
    world.flux.accounts.set_disabled(user_id(&off), true).await.unwrap();
    let bye = json!({"password": PASSWORD});
    world.call("DELETE", "/v1/users/me", &gone.access, Some(bye)).await.expect(204);
    let ask = |user: &str| world.post("/v1/friend-requests", &ann, json!({"user_id": user}));
    ask(&ann.user).await.refused(422, "cannot_befriend");
    ask(&id(404)).await.refused(422, "cannot_befriend");
    ask(&off.user).await.refused(422, "cannot_befriend");
    ask(&gone.user).await.refused(422, "cannot_befriend");
    ask("nobody").await.refused(400, "malformed");
    ask("00000000-0000-0000-0000-000000000000").await.refused(400, "malformed");

    // A block does not show: the request looks made, and reaches nobody.
    world.act("PUT", &format!("/v1/blocks/{}", ann.user), &bob).await.expect(204);
    let looks = ask(&bob.user).await.expect(201).json();
    assert_eq!(looks["request"]["state"], "pending");
    assert!(items(&world.get("/v1/friend-requests", &bob).await.expect(200).json()).is_empty());
    world.act("DELETE", &format!("/v1/blocks/{}", ann.user), &bob).await.expect(204);

    world.post("/v1/friend-requests", &bob, json!({"user_id": ann.user})).await.expect(201);
    ask(&bob.user).await.refused(409, "already_friends");
}

#[tokio::test]
async fn a53_two_who_ask_each_other_at_once_are_friends_once() {
    let world = World::new().await;
    for round in 0..5 {
        let ann = world.person(&format!("ann{round}")).await;
        let bob = world.person(&format!("bob{round}")).await;
        let asks = [(&ann, &bob), (&bob, &ann)];
        let calls = asks
            .into_iter()
            .map(|(from, to)| world.post("/v1/friend-requests", from, json!({"user_id": to.user})));
        let answers: Vec<_> =
            futures(calls).await.into_iter().map(|answer| answer.expect(201).json()).collect();
        assert_eq!(answers.iter().filter(|answer| answer["friend"].is_object()).count(), 1);
        for one in [&ann, &bob] {
            assert_eq!(items(&world.get("/v1/friends", one).await.expect(200).json()).len(), 1);
            assert!(items(&world.get("/v1/friend-requests", one).await.expect(200).json()).is_empty());
        }
    }
}

#[tokio::test]
async fn blocks_are_listed_and_taken_back() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let path = format!("/v1/blocks/{}", bob.user);
    world.act("PUT", &path, &ann).await.expect(204);
    world.act("PUT", &path, &ann).await.expect(204);
    let blocks = world.get("/v1/blocks", &ann).await.expect(200).json();
    assert_eq!(items(&blocks).len(), 1);
    assert_eq!(items(&blocks)[0]["profile"]["username"], "bob");
    assert!(items(&world.get("/v1/blocks", &bob).await.expect(200).json()).is_empty(), "nobody is told");
    world.act("DELETE", &path, &ann).await.expect(204);
    assert!(items(&world.get("/v1/blocks", &ann).await.expect(200).json()).is_empty());
    world.act("PUT", &format!("/v1/blocks/{}", id(404)), &ann).await.refused(404, "not_found");
    world.act("PUT", &format!("/v1/blocks/{}", ann.user), &ann).await.refused(422, "cannot_befriend");
}

#[tokio::test]
async fn a56_searching_for_people_is_counted() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    let mut refused = 0;
    for _ in 0..40 {
        let answer = world.get("/v1/users?query=ann", &ann).await;
        if answer.status == 429 {
            answer.refused(429, "rate_limited");
            refused += 1;
        }
    }
    assert_eq!(refused, 10);
}

#[tokio::test]
async fn a66_pages_cover_a_list_and_forged_ones_find_nothing() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    for n in 0..7 {
        let other = world.person(&format!("friend{n}")).await;
        world.befriend(&ann, &other).await;
        world.clock.advance(std::time::Duration::from_millis(n % 2));
    }
    let mut seen = BTreeSet::new();
    let mut page = String::new();
    loop {
        let json = world.get(&format!("/v1/friends?limit=3{page}"), &ann).await.expect(200).json();
        assert!(items(&json).len() <= 3);
        for item in items(&json) {
            assert!(seen.insert(item["profile"]["username"].as_str().unwrap().to_owned()), "twice");
        }
        let Some(next) = json["next_page"].as_str() else { break };
        page = format!("&page={next}");
    }
    assert_eq!(seen.len(), 7);
    let stolen = page;

    for (limit, expected) in [("0", 1), ("-1", 1), ("100", 7), ("1000000000", 7)] {
        let json = world.get(&format!("/v1/friends?limit={limit}"), &ann).await.expect(200).json();
        assert_eq!(items(&json).len(), expected, "{limit}");
    }
    for limit in ["", "x", "1e9", "1.5", "99999999999999999999", "%31%00"] {
        world.get(&format!("/v1/friends?limit={limit}"), &ann).await.refused(400, "malformed");
    }
    for list in ["/v1/friends", "/v1/friend-requests", "/v1/blocks", "/v1/conversations"] {
        for forged in ["", "0", "-1", "../../etc", "AAAA", &"0".repeat(48), &"f".repeat(96), &"g".repeat(48)]
        {
            let answer = world.get(&format!("{list}?page={forged}"), &ann).await;
            // What reads like a page of this list is one, of what is the caller's own.
            if answer.status == 200 {
                assert_eq!((forged.len(), list == "/v1/conversations"), (48, false), "{list} {forged}");
            } else {
                let answer = answer.refused(400, "invalid_page");
                assert_eq!(answer.json()["field"], "page");
            }
        }
    }
    // Somebody else's page shows one's own list.
    let eve = world.person("eve").await;
    let json = world.get(&format!("/v1/friends?limit=3{stolen}"), &eve).await.expect(200).json();
    assert!(items(&json).is_empty());
}
