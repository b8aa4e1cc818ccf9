//! JSON that is none, or is no frame, and frames with what does not belong there.

use flux_net::chat::Format;
use flux_proto::v1::{self, reply::Result as Answer};
use prost::Message as _;
use tokio_tungstenite::tungstenite::Message;

use crate::support::World;
use crate::support::client::Client;

/// What `text` is answered with: the request id, code and field.
async fn answered(client: &mut Client, text: &str) -> (u32, String, String) {
    client.say_raw(Message::text(text)).await;
    let reply = client.next_reply().await;
    match reply.result {
        Some(Answer::Error(error)) => (reply.request_id, error.code, error.field),
        other => panic!("{text} was answered with {other:?}"),
    }
}

#[tokio::test]
async fn a15_text_that_is_no_json_is_closed_with_1007() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut other = world.connect(&alice).await;
    for text in [
        "",
        " ",
        "{",
        r#"{"requestId":1,"ping":{}"#,
        r#"{"requestId":1,"ping":{}}x"#,
        r#"{"requestId":1,"ping":{}}{}"#,
        r#"{"requestId":1,"ping":{},}"#,
        "{requestId:1}",
        "{'requestId':1}",
        "\u{feff}{}",
        "\0{}",
        "{}\0",
        r#"{"requestId":NaN,"ping":{}}"#,
        r#"{"requestId":01,"ping":{}}"#,
        r#"{"requestId":1,"x":Infinity}"#,
        r#"{"requestId":1 /* one */,"ping":{}}"#,
        "{\"requestId\":1,\"ping\":{\"payload\":\"\n\"}}",
        r#"{"requestId":1,"unknown":{"a":[}"#,
        &"[".repeat(10_000),
        &r#"{"x":"#.repeat(10_000),
    ] {
        let mut client = world.stranger(Format::Json).await;
        client.say_raw(Message::text(text)).await;
        assert_eq!(client.closed().await, 1_007, "{}", text.chars().take(60).collect::<String>());
        assert_eq!(client.left_replies(), []);
    }
    assert!(other.is_alive().await);
}

#[tokio::test]
async fn a15_json_that_is_no_frame_is_malformed_and_the_connection_goes_on() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut client = world.connect(&alice).await;
    let deep = format!(r#"{{"requestId":5,"ping":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let keys: Vec<String> = (0..5_000).map(|key| format!(r#""k{key}":0"#)).collect();
    let keys = format!(r#"{{"requestId":6,{}}}"#, keys.join(","));
    for (text, request_id) in [
        ("null", 0),
        ("[]", 0),
        ("[1,2]", 0),
        ("7", 0),
        ("-7", 0),
        ("0.5", 0),
        ("true", 0),
        (r#""x""#, 0),
        (r#"{"requestId":4,"ping":{"payload":1}}"#, 4),
        (r#"{"request_id":"4","ping":{"payload":1}}"#, 4),
        (r#"{"requestId":4,"unknown":{}}"#, 4),
        (r#"{"unknown":{},"requestId":4}"#, 4),
        (r#"{"requestId":4,"ping":{},"ping":{}}"#, 4),
        (r#"{"requestId":4,"ping":{},"listSessions":{}}"#, 4),
        (r#"{"requestId":4,"requestId":4,"ping":{}}"#, 0),
        (r#"{"requestId":4,"request_id":5,"ping":{}}"#, 0),
        (r#"{"requestId":4,"requestId":4,"requestId":4}"#, 0),
        (r#"{"requestId":4294967296,"ping":{}}"#, 0),
        (r#"{"requestId":-1,"ping":{}}"#, 0),
        (r#"{"requestId":1.5,"ping":{}}"#, 0),
        (r#"{"requestId":null,"ping":{}}"#, 0),
        (r#"{"requestId":true,"ping":{}}"#, 0),
        (r#"{"requestId":[4],"ping":{}}"#, 0),
        (r#"{"requestId":{"requestId":4},"ping":{}}"#, 0),
        (r#"{"requestId":4,"markRead":{"seq":1e400}}"#, 4),
        (r#"{"requestId":4,"markRead":{"seq":-0}}"#, 4),
        (r#"{"requestId":4,"ping":{"payload":"\ud800"}}"#, 4),
        (r#"{"requestId":4,"ping":{"payload":"\udc00\ud800"}}"#, 4),
        (r#"{"requestId":4}"#, 4),
        (deep.as_str(), 5),
        (keys.as_str(), 6),
    ] {
        let expected = (request_id, "malformed".to_owned(), String::new());
        let shown = text.chars().take(60).collect::<String>();
        assert_eq!(answered(&mut client, text).await, expected, "{shown}");
    }
    // This one is a frame, but has no id.
    let no_id = (0, "invalid_argument".to_owned(), "request_id".to_owned());
    assert_eq!(answered(&mut client, "{}").await, no_id);
    assert!(client.is_alive().await);
}

#[tokio::test]
async fn a16_fields_of_the_wrong_type_and_missing_ones_are_refused() {
    let world = World::new().await;
    let (alice, _, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    let id = world.message_id();
    for (request, code, field) in [
        (r#""send":{}"#.to_owned(), "invalid_argument", "to"),
        (format!(r#""send":{{"conversationId":"{conversation}","text":"x"}}"#), "malformed", "message_id"),
        (
            format!(r#""send":{{"conversationId":"{conversation}","messageId":"{id}"}}"#),
            "message_empty",
            "text",
        ),
        (
            format!(r#""send":{{"conversationId":"x","messageId":"{id}","text":"x"}}"#),
            "malformed",
            "conversation_id",
        ),
        (format!(r#""send":{{"userId":"","messageId":"{id}","text":"x"}}"#), "malformed", "user_id"),
        (format!(r#""send":{{"conversationId":1,"messageId":"{id}","text":"x"}}"#), "malformed", ""),
        (
            format!(r#""send":{{"conversationId":"{conversation}","messageId":"{id}","text":null}}"#),
            "malformed",
            "",
        ),
        (
            format!(r#""send":{{"conversationId":"{conversation}","messageId":"{id}","text":["x"]}}"#),
            "malformed",
            "",
        ),
        (r#""markRead":{"seq":1}"#.to_owned(), "malformed", "conversation_id"),
        (r#""markRead":{"seq":"x"}"#.to_owned(), "malformed", ""),
        (format!(r#""markRead":{{"conversationId":"{conversation}","seq":true}}"#), "malformed", ""),
        (r#""setPresence":{"presence":"HERE"}"#.to_owned(), "malformed", ""),
        (r#""setPresence":{}"#.to_owned(), "invalid_argument", "presence"),
        (r#""watchPresence":{"userIds":"x"}"#.to_owned(), "malformed", ""),
        (r#""watchPresence":{"userIds":["x"]}"#.to_owned(), "malformed", "user_ids"),
        (
            r#""answerFriend":{"requestId":"x","answer":"FRIEND_ANSWER_ACCEPT"}"#.to_owned(),
            "malformed",
            "request_id",
        ),
        (r#""requestFriend":{}"#.to_owned(), "malformed", "user_id"),
        (r#""logout":{"sessionId":"me"}"#.to_owned(), "malformed", "session_id"),
        (r#""becomeAdmin":{}"#.to_owned(), "malformed", ""),
    ] {
        let text = format!(r#"{{"requestId":9,{request}}}"#);
        assert_eq!(answered(&mut client, &text).await, (9, code.to_owned(), field.to_owned()), "{text}");
    }
}

#[tokio::test]
async fn a48_who_sends_and_what_the_server_gives_cannot_be_supplied() {
    let world = World::new().await;
    let (alice, bob, conversation) = world.friends().await;
    let mut client = world.connect(&alice).await;
    for extra in [
        format!(r#""senderId":"{}""#, bob.id()),
        format!(r#""from":"{}""#, bob.id()),
        r#""seq":"7""#.to_owned(),
        r#""storedMs":"7""#.to_owned(),
        r#""id":7"#.to_owned(),
    ] {
        let id = world.message_id();
        let send = format!(
            r#"{{"requestId":9,"send":{{"conversationId":"{conversation}","messageId":"{id}","text":"x",{extra}}}}}"#
        );
        assert_eq!(answered(&mut client, &send).await, (9, "malformed".to_owned(), String::new()), "{extra}");
    }
    // In protobuf unknown fields are passed over, as its readers do; what they say is not believed.
    let mut client = world.connect_as(&alice, Format::Proto).await;
    let mut frame = v1::ClientFrame {
        request_id: 50,
        request: Some(crate::support::client::message_to(conversation, world.message_id(), "x")),
    }
    .encode_to_vec();
    let message = v1::Message { sender_id: bob.id(), seq: 7, stored_ms: 7, ..v1::Message::default() };
    let unknown = v1::ServerFrame {
        frame: Some(v1::server_frame::Frame::Event(v1::Event {
            event: Some(v1::event::Event::Message(message)),
        })),
    };
    // Field 100, length-delimited.
    prost::encoding::encode_key(100, prost::encoding::WireType::LengthDelimited, &mut frame);
    frame.extend(unknown.encode_length_delimited_to_vec());
    client.say_raw(Message::Binary(frame.into())).await;
    assert!(matches!(client.answer(50).await, Answer::Sent(sent) if sent.seq == 1));
    let history = world.flux.messages.history(
        &bob.actor,
        conversation,
        flux_core::message::HistoryFrom::After(flux_core::Seq::ZERO),
        10,
    );
    let stored = history.await.unwrap().messages;
    assert_eq!((stored.len(), stored[0].sender), (1, alice.actor.user));
    assert_ne!(stored[0].at.as_millis(), 7);
}

#[tokio::test]
async fn a_request_id_is_neither_0_nor_that_of_an_open_request() {
    let world = World::new().await;
    let (alice, _, conversation) = world.friends().await;
    for format in Format::ALL {
        let mut client = world.connect_as(&alice, format).await;
        let send = |request_id| v1::ClientFrame {
            request_id,
            request: Some(crate::support::client::message_to(conversation, world.message_id(), "x")),
        };
        world.store.hold_commits();
        client.say(&send(77)).await;
        for bad in [0, 77] {
            client.say(&send(bad)).await;
            let reply = client.next_reply().await;
            assert_eq!(reply.request_id, 0);
            let Some(Answer::Error(error)) = reply.result else { panic!("not refused") };
            assert_eq!((error.code.as_str(), error.field.as_str()), ("invalid_argument", "request_id"));
        }
        if format == Format::Json {
            client.say_raw(Message::text(r#"{"requestId":77,"nothing":{}}"#)).await;
            assert_eq!(client.next_reply().await.request_id, 0);
        }
        world.store.let_all_through();
        assert!(matches!(client.answer(77).await, Answer::Sent(_)));
        // Answered, it is free again.
        client.say(&send(77)).await;
        assert!(matches!(client.answer(77).await, Answer::Sent(_)));
    }
}
