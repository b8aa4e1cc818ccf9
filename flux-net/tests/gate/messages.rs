use serde_json::{Value, json};

use crate::accounts::futures;
use crate::world::{World, id};

fn seqs(json: &Value) -> Vec<u64> {
    json["items"].as_array().unwrap().iter().map(|item| item["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn messages_are_sent_listed_and_read_both_ways() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let conversation = world.befriend(&ann, &bob).await;
    let sent = world.say(&ann, &conversation, 1, "<b>hello</b> 你好\n").await.expect(201).json();
    assert_eq!((&sent["seq"], &sent["repeated"]), (&json!(1), &json!(false)));
    assert_eq!(sent["conversation_id"], conversation.as_str());
    assert_eq!(sent["epoch"], world.flux.messages.epoch().to_string());
    for n in 2..=5 {
        world.say(if n % 2 == 0 { &bob } else { &ann }, &conversation, n, "more").await.expect(201);
    }

    let path = format!("/v1/conversations/{conversation}/messages");
    let all = world.get(&path, &bob).await.expect(200).json();
    assert_eq!((seqs(&all), &all["head_seq"]), (vec![1, 2, 3, 4, 5], &json!(5)));
    let first = &all["items"][0];
    assert_eq!(first["text"], "<b>hello</b> 你好\n");
    assert_eq!((&first["sender_id"], &first["message_id"]), (&json!(ann.user), &json!(id(1))));
    assert_eq!(first["stored_ms"], sent["stored_ms"]);
    for (query, expected) in [
        ("limit=2", vec![4, 5]),
        ("before_seq=4&limit=2", vec![2, 3]),
        ("before_seq=1", vec![]),
        ("after_seq=3", vec![4, 5]),
        ("after_seq=0&limit=2", vec![1, 2]),
        ("after_seq=5", vec![]),
        ("after_seq=9007199254740991", vec![]),
    ] {
        let page = world.get(&format!("{path}?{query}"), &bob).await.expect(200).json();
        assert_eq!(seqs(&page), expected, "{query}");
    }
    for (query, status, code) in [
        ("before_seq=3&after_seq=1", 422, "invalid_argument"),
        ("after_seq=9007199254740992", 422, "invalid_argument"),
        ("after_seq=-1", 400, "malformed"),
        ("after_seq=x", 400, "malformed"),
        ("before_seq=", 400, "malformed"),
        ("seq=1", 400, "malformed"),
    ] {
        world.get(&format!("{path}?{query}"), &bob).await.refused(status, code);
    }

    let listed = world.get("/v1/conversations", &ann).await.expect(200).json();
    let item = &listed["items"][0];
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(item["conversation_id"], conversation.as_str());
    assert_eq!((&item["head_seq"], &item["writable"]), (&json!(5), &json!(true)));
    assert_eq!(item["cursors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a63_a_message_sent_again_and_again_is_stored_once() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let conversation = world.befriend(&ann, &bob).await;
    let answers = futures((0..30).map(|_| world.say(&ann, &conversation, 1, "once"))).await;
    let stored = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(stored, 1);
    for answer in answers {
        let repeated = answer.status == 200;
        let json = answer.json();
        assert_eq!((&json["seq"], &json["repeated"]), (&json!(1), &json!(repeated)));
    }
    world.say(&ann, &conversation, 1, "another text").await.refused(409, "message_conflict");
    // The other's ids are their own.
    assert_eq!(world.say(&bob, &conversation, 1, "twice").await.expect(201).json()["seq"], 2);
}

#[tokio::test]
async fn a49_conversations_of_others_are_not_there() {
    let world = World::new().await;
    let (ann, bob, eve) = (world.person("ann").await, world.person("bob").await, world.person("eve").await);
    let conversation = world.befriend(&ann, &bob).await;
    world.say(&ann, &conversation, 1, "between us").await.expect(201);
    let mut details = Vec::new();
    for foreign in [conversation.as_str(), &id(404)] {
        let path = format!("/v1/conversations/{foreign}/messages");
        let read = world.get(&path, &eve).await.refused(404, "not_found");
        let write = world.say(&eve, foreign, 1, "let me in").await.refused(404, "not_found");
        details.push((read.json()["detail"].clone(), write.json()["detail"].clone()));
    }
    assert_eq!(details[0], details[1]);
    assert!(
        world.get("/v1/conversations", &eve).await.expect(200).json()["items"].as_array().unwrap().is_empty()
    );
    let path = format!("/v1/conversations/{conversation}/messages");
    assert_eq!(world.get(&path, &ann).await.expect(200).json()["head_seq"], 1);
    world.get("/v1/conversations/x/messages", &eve).await.refused(400, "malformed");
}

#[tokio::test]
async fn a57_only_friends_write_and_what_is_refused_is_not_stored() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let conversation = world.befriend(&ann, &bob).await;
    let block = format!("/v1/blocks/{}", ann.user);
    world.act("PUT", &block, &bob).await.expect(204);
    for who in [&ann, &bob] {
        world.say(who, &conversation, 1, "blocked").await.refused(403, "not_permitted");
    }
    world.act("DELETE", &block, &bob).await.expect(204);
    world.say(&ann, &conversation, 2, "friends").await.expect(201);
    world.act("DELETE", &format!("/v1/friends/{}", ann.user), &bob).await.expect(204);
    world.say(&ann, &conversation, 3, "removed").await.refused(403, "not_permitted");
    let path = format!("/v1/conversations/{conversation}/messages");
    assert_eq!(seqs(&world.get(&path, &ann).await.expect(200).json()), [1]);
    let listed = world.get("/v1/conversations", &ann).await.expect(200).json();
    assert_eq!(listed["items"][0]["writable"], false);
}

#[tokio::test]
async fn a58_texts_have_a_length_and_no_control_characters() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let conversation = world.befriend(&ann, &bob).await;
    for (text, status, code) in [
        ("", 422, "message_empty"),
        (" \n\u{200b}", 422, "message_empty"),
        (&"x".repeat(4_097), 413, "message_too_long"),
        (&"你".repeat(1_366), 413, "message_too_long"),
        ("a\u{0}", 422, "text_not_allowed"),
        ("\u{1b}[2J", 422, "text_not_allowed"),
    ] {
        let refused = world.say(&ann, &conversation, 1, text).await.refused(status, code);
        assert_eq!(refused.json()["field"], "text");
    }
    let long = "x".repeat(4_096);
    for (n, text) in ["' OR 1=1; -- \\ %_", "{{7*7}}", "\u{202e}abc", "👩‍👩‍👧", &long].into_iter().enumerate()
    {
        world.say(&ann, &conversation, 10 + u32::try_from(n).unwrap(), text).await.expect(201);
    }
    let path = format!("/v1/conversations/{conversation}/messages");
    let read = world.get(&path, &bob).await.expect(200).json();
    assert_eq!(read["items"][0]["text"], "' OR 1=1; -- \\ %_");
    assert_eq!(read["items"][4]["text"], long.as_str());
}

#[tokio::test]
async fn a48_no_field_says_who_sends_or_where_it_stands() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let conversation = world.befriend(&ann, &bob).await;
    let path = format!("/v1/conversations/{conversation}/messages");
    for field in ["from", "sender", "sender_id", "seq", "ts", "stored_ms", "id", "conversation_id"] {
        let mut body = json!({"message_id": id(1), "text": "hello"});
        body[field] = json!(bob.user);
        let refused = world.post(&path, &ann, body).await.refused(400, "malformed");
        assert_eq!(refused.json()["field"], field);
    }
    assert_eq!(world.get(&path, &ann).await.expect(200).json()["head_seq"], 0);
}

#[tokio::test]
async fn a64_one_who_sends_without_end_is_slowed_down() {
    let world = World::new().await;
    let (ann, bob) = (world.person("ann").await, world.person("bob").await);
    let conversation = world.befriend(&ann, &bob).await;
    let answers = futures((0..130).map(|n| world.say(&ann, &conversation, n, "flood"))).await;
    let stored = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(stored, 120);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        let answer = answer.refused(429, "rate_limited");
        assert!(answer.json()["retry_after_ms"].as_u64().unwrap() > 0);
    }
    world.say(&bob, &conversation, 1, "still here").await.expect(201);
}

#[tokio::test]
async fn a66_pages_of_conversations_cover_the_list() {
    let world = World::new().await;
    let ann = world.person("ann").await;
    for n in 0..5 {
        let other = world.person(&format!("friend{n}")).await;
        let conversation = world.befriend(&ann, &other).await;
        world.say(&other, &conversation, 1, "hello").await.expect(201);
    }
    let (mut seen, mut page) = (Vec::new(), String::new());
    loop {
        let json = world.get(&format!("/v1/conversations?limit=2{page}"), &ann).await.expect(200).json();
        let items = json["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["conversation_id"].as_str().unwrap().to_owned()));
        let Some(next) = json["next_page"].as_str() else { break };
        page = format!("&page={next}");
    }
    assert_eq!(seen.len(), 5);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}
