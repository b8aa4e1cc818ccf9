//! Canonical protobuf JSON: what is written, what is read, and what is refused.

use flux_proto::v1::{self, client_frame::Request, event, read_history, send, server_frame};
use proptest::prelude::*;
use prost::Message;

const BRACKETS: usize = 10_000;

fn read(json: &str) -> Result<v1::ClientFrame, serde_json::Error> {
    serde_json::from_str(json)
}

fn mark_read(seq: u64) -> v1::ClientFrame {
    let request = v1::MarkRead { conversation_id: String::new(), seq };
    v1::ClientFrame { request_id: 1, request: Some(Request::MarkRead(request)) }
}

#[test]
fn numbers_of_64_bits_are_written_as_strings_and_read_as_both() {
    assert_eq!(
        serde_json::to_string(&mark_read(u64::MAX)).unwrap(),
        r#"{"requestId":1,"markRead":{"seq":"18446744073709551615"}}"#
    );
    for seq in [r#""12""#, "12"] {
        assert_eq!(read(&format!(r#"{{"requestId":1,"markRead":{{"seq":{seq}}}}}"#)).unwrap(), mark_read(12));
    }
}

#[test]
fn a15_numbers_that_are_none_are_refused() {
    for seq in [
        "-1",
        "-0",
        "1.5",
        "1e400",
        "-1e400",
        "18446744073709551616",
        "01",
        "0x1",
        "1_000",
        "+1",
        "NaN",
        "Infinity",
        r#""""#,
        r#""-1""#,
        r#""1.5""#,
        r#"" 1""#,
        r#""18446744073709551616""#,
        r#""NaN""#,
        r#""0x1""#,
    ] {
        let json = format!(r#"{{"requestId":1,"markRead":{{"seq":{seq}}}}}"#);
        assert!(read(&json).is_err(), "{json}");
    }
    for request_id in ["-1", "4294967296", r#""4294967296""#, "1.5"] {
        let json = format!(r#"{{"requestId":{request_id},"ping":{{}}}}"#);
        assert!(read(&json).is_err(), "{json}");
    }
}

#[test]
fn names_are_read_in_both_spellings() {
    let camel = r#"{"requestId":1,"markRead":{"conversationId":"c","seq":2}}"#;
    let snake = r#"{"request_id":1,"mark_read":{"conversation_id":"c","seq":2}}"#;
    assert_eq!(read(camel).unwrap(), read(snake).unwrap());
}

#[test]
fn a16_fields_that_are_not_known_are_refused() {
    for json in [
        r#"{"requestId":1,"ping":{},"role":"admin"}"#,
        r#"{"requestId":1,"ping":{"userId":"x"}}"#,
        r#"{"requestId":1,"send":{"text":"x","senderId":"x"}}"#,
        r#"{"requestId":1,"send":{"text":"x","seq":"1"}}"#,
        r#"{"requestId":1,"hello":{"knownHeads":[{"log":{"feed":{"of":"x"}}}]}}"#,
        r#"{"requestId":1,"becomeAdmin":{}}"#,
        r#"{"requestId":1,"REQUESTID":1}"#,
    ] {
        assert!(read(json).is_err(), "{json}");
    }
}

#[test]
fn a15_what_stands_there_twice_is_refused() {
    for json in [
        r#"{"requestId":1,"requestId":1,"ping":{}}"#,
        r#"{"requestId":1,"request_id":2,"ping":{}}"#,
        r#"{"requestId":1,"ping":{},"ping":{}}"#,
        r#"{"requestId":1,"ping":{},"listSessions":{}}"#,
        r#"{"requestId":1,"markRead":{"seq":1,"seq":2}}"#,
        r#"{"requestId":1,"send":{"userId":"a","conversationId":"b"}}"#,
        r#"{"requestId":1,"hello":{"knownHeads":[{"headSeq":1,"head_seq":1}]}}"#,
    ] {
        assert!(read(json).is_err(), "{json}");
    }
}

#[test]
fn a16_values_of_another_type_are_refused() {
    for value in ["null", "true", "1", "[]", "{}", r#"["x"]"#] {
        let json = format!(r#"{{"requestId":1,"send":{{"text":{value}}}}}"#);
        assert!(read(&json).is_err(), "{json}");
    }
    for value in ["null", "1", r#""true""#, "[]"] {
        let json = format!(r#"{{"requestId":1,"setTyping":{{"typing":{value}}}}}"#);
        assert!(read(&json).is_err(), "{json}");
    }
    for value in [r#""ONLINE""#, r#""own_presence_online""#, "[]", "{}", "1.5"] {
        let json = format!(r#"{{"requestId":1,"setPresence":{{"presence":{value}}}}}"#);
        assert!(read(&json).is_err(), "{json}");
    }
    for value in [r#""x""#, "1", "true", "[1]"] {
        let json = format!(r#"{{"requestId":1,"ping":{value}}}"#);
        assert!(read(&json).is_err(), "{json}");
    }
    for value in [r#""x""#, "{}", "[1]", "[null]"] {
        let json = format!(r#"{{"requestId":1,"watchPresence":{{"userIds":{value}}}}}"#);
        assert!(read(&json).is_err(), "{json}");
    }
}

#[test]
fn a15_what_is_not_json_is_refused() {
    for json in [
        "",
        " ",
        "null",
        "[]",
        "1",
        r#""x""#,
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
        r#"{"requestId":1,"ping":{"payload":"\ud800"}}"#,
        r#"{"requestId":1,"ping":{"payload":"\udc00\ud800"}}"#,
        "{\"requestId\":1,\"ping\":{\"payload\":\"\n\"}}",
        r#"{"requestId":1 /* one */,"ping":{}}"#,
    ] {
        assert!(read(json).is_err(), "{json:?}");
    }
    assert!(
        serde_json::from_slice::<v1::ClientFrame>(b"{\"requestId\":1,\"ping\":{\"payload\":\"\xc3\x28\"}}")
            .is_err()
    );
}

#[test]
fn an_empty_object_is_a_frame_without_a_request() {
    assert_eq!(read("{}").unwrap(), v1::ClientFrame::default());
}

#[test]
fn a15_deep_nesting_is_refused_without_deep_recursion() {
    let open = "[".repeat(BRACKETS);
    let objects = r#"{"hello":"#.repeat(BRACKETS);
    let frames = [
        open.clone(),
        objects,
        r#"{"x":"#.repeat(BRACKETS),
        format!(r#"{{"x":{open}"#),
        format!(r#"{{"requestId":{open}"#),
        format!(r#"{{"requestId":1,"markRead":{{"seq":{open}"#),
        format!(r#"{{"requestId":1,"markRead":{{"seq":{}"#, r#"{"x":"#.repeat(BRACKETS)),
        format!(r#"{{"requestId":1,"send":{{"text":{open}"#),
        format!(r#"{{"requestId":1,"setPresence":{{"presence":{open}"#),
        format!(r#"{{"requestId":1,"watchPresence":{{"userIds":{open}"#),
        format!(r#"{{"requestId":1,"hello":{{"knownHeads":{open}{}"#, "]".repeat(BRACKETS)),
    ];
    // A stack that recursion by bracket would run over long before the last one.
    let reader = std::thread::Builder::new().stack_size(512 * 1024).spawn(move || {
        for json in frames {
            assert!(read(&json).is_err(), "{}", &json[..40]);
        }
    });
    reader.unwrap().join().unwrap();
}

#[test]
fn a15_a_million_keys_end_at_the_first_that_is_not_known() {
    let keys: Vec<String> = (0..1_000_000).map(|key| format!(r#""k{key}":0"#)).collect();
    let error = read(&format!("{{{}}}", keys.join(","))).unwrap_err();
    assert!(error.column() < 20, "read as far as column {}", error.column());
}

fn any_message() -> impl Strategy<Value = v1::Message> {
    (any::<String>(), any::<u64>(), any::<String>(), any::<String>(), any::<String>(), any::<i64>()).prop_map(
        |(conversation_id, seq, sender_id, message_id, text, stored_ms)| v1::Message {
            conversation_id,
            seq,
            sender_id,
            message_id,
            text,
            stored_ms,
        },
    )
}

fn any_request() -> impl Strategy<Value = Request> {
    let to = prop_oneof![
        Just(None),
        any::<String>().prop_map(|id| Some(send::To::ConversationId(id))),
        any::<String>().prop_map(|id| Some(send::To::UserId(id))),
    ];
    let from = prop_oneof![
        Just(None),
        any::<u64>().prop_map(|seq| Some(read_history::From::BeforeSeq(seq))),
        any::<u64>().prop_map(|seq| Some(read_history::From::AfterSeq(seq))),
    ];
    prop_oneof![
        (any::<String>(), any::<String>(), to).prop_map(|(message_id, text, to)| Request::Send(v1::Send {
            message_id,
            text,
            to
        })),
        (any::<String>(), any::<u32>(), from).prop_map(|(conversation_id, limit, from)| {
            Request::ReadHistory(v1::ReadHistory { conversation_id, limit, from })
        }),
        prop::collection::vec(any::<String>(), 0..4)
            .prop_map(|user_ids| Request::WatchPresence(v1::WatchPresence { user_ids })),
        (0..=3).prop_map(|presence| Request::SetPresence(v1::SetPresence { presence })),
        Just(Request::ListSessions(v1::ListSessions {})),
    ]
}

proptest! {
    #[test]
    fn requests_come_back_from_json_and_binary(request_id in any::<u32>(), request in prop::option::of(any_request())) {
        let frame = v1::ClientFrame { request_id, request };
        let json = serde_json::to_string(&frame).unwrap();
        prop_assert_eq!(&read(&json).unwrap(), &frame);
        prop_assert_eq!(&v1::ClientFrame::decode(frame.encode_to_vec().as_slice()).unwrap(), &frame);
    }

    #[test]
    fn events_come_back_from_json_and_binary(message in any_message()) {
        let event = v1::Event { event: Some(event::Event::Message(message)) };
        let frame = v1::ServerFrame { frame: Some(server_frame::Frame::Event(event)) };
        let json = serde_json::to_string(&frame).unwrap();
        prop_assert_eq!(&serde_json::from_str::<v1::ServerFrame>(&json).unwrap(), &frame);
        prop_assert_eq!(&v1::ServerFrame::decode(frame.encode_to_vec().as_slice()).unwrap(), &frame);
    }

    #[test]
    fn a15_any_text_is_a_frame_or_an_error(text in r#"[\{\}\[\]":,0-9a-z\\]{0,64}"#) {
        // What is read can be written, and is read from that again.
        if let Ok(frame) = read(&text) {
            prop_assert_eq!(read(&serde_json::to_string(&frame).unwrap()).unwrap(), frame);
        }
    }
}
