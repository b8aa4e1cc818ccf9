//! The codec against bytes: what is read, what is refused, and that nothing makes it panic.

use std::time::Duration;

use bytes::Bytes;
use flux_core::account::Profile;
use flux_core::feed::{FeedChange, FeedEntry};
use flux_core::friend::Remark;
use flux_core::message::{
    Conversation, Cursor, Destination, HistoryFrom, Message, MessageText, Stamp, SyncCursor, SyncPage,
    SyncPlace,
};
use flux_core::presence::{OwnPresence, Presence, PresenceState};
use flux_core::routing::Event;
use flux_core::session::SessionEndReason;
use flux_core::{ConversationId, Epoch, ErrorCode, LogId, MessageId, Seq, Timestamp, UserId};
use flux_proto::{CloseCode, v1};
use proptest::prelude::*;
use prost::Message as _;
use uuid::Uuid;

use super::*;

const V7: u128 = 0x0188_f0f0_c0de_7aaa_8bbb_cccc_dddd_eee0;

fn user(n: u128) -> UserId {
    UserId::try_from(Uuid::from_u128(V7 + n)).unwrap()
}

fn conversation(n: u128) -> ConversationId {
    ConversationId::try_from(Uuid::from_u128(V7 + n)).unwrap()
}

fn epoch(n: u128) -> Epoch {
    Epoch::try_from(Uuid::from_u128(V7 + n)).unwrap()
}

fn message_id() -> MessageId {
    MessageId::try_from(Uuid::from_u128(V7)).unwrap()
}

fn seq(n: u64) -> Seq {
    Seq::new(n).unwrap()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

/// What a frame in JSON asks for.
fn asked(request: &str) -> std::result::Result<Request, Invalid> {
    let frame = Format::Json.read_text(&format!(r#"{{"requestId":1,{request}}}"#)).unwrap();
    frame.request.unwrap().try_into()
}

fn command(request: &str) -> Command {
    match asked(request) {
        Ok(Request::Command(command)) => command,
        other => panic!("{request}: {other:?}"),
    }
}

fn invalid(request: &str) -> (ErrorCode, &'static str) {
    let Invalid { code, field } = asked(request).unwrap_err();
    (code, field)
}

#[test]
fn requests_are_read_into_the_words_of_the_core() {
    let (c, u, m) = (conversation(1), user(2), message_id());
    let text = MessageText::new("hi").unwrap();
    let to = Destination::Conversation(c);
    assert_eq!(
        command(&format!(r#""send":{{"conversationId":"{c}","messageId":"{m}","text":"hi"}}"#)),
        Command::Send(Send { to, message: m, text: text.clone() })
    );
    assert_eq!(
        command(&format!(r#""send":{{"userId":"{u}","messageId":"{m}","text":"hi"}}"#)),
        Command::Send(Send { to: Destination::User(u), message: m, text })
    );
    let history = |from, limit| Command::Ask(Ask::History { conversation: c, from, limit });
    for (from, read) in [
        ("", HistoryFrom::Before(None)),
        (r#","beforeSeq":"0""#, HistoryFrom::Before(None)),
        (r#","beforeSeq":"7""#, HistoryFrom::Before(Some(seq(7)))),
        (r#","afterSeq":"0""#, HistoryFrom::After(Seq::ZERO)),
    ] {
        for (limit, most) in [(0, 100), (1, 1), (100, 100), (101, 100), (u32::MAX, 100)] {
            let request = format!(r#""readHistory":{{"conversationId":"{c}","limit":{limit}{from}}}"#);
            assert_eq!(command(&request), history(read, most), "{request}");
        }
    }
    let moved = |delivered, read| Command::MoveCursor { conversation: c, delivered, read };
    let mark = |kind: &str| format!(r#""{kind}":{{"conversationId":"{c}","seq":"5"}}"#);
    assert_eq!(command(&mark("markDelivered")), moved(seq(5), Seq::ZERO));
    assert_eq!(command(&mark("markRead")), moved(seq(5), seq(5)));
    assert_eq!(
        command(r#""setPresence":{"presence":"OWN_PRESENCE_INVISIBLE"}"#),
        Command::Ask(Ask::SetPresence(OwnPresence::Invisible))
    );
    let remark = AskFriends::SetRemark { friend: u, remark: Remark::new("x").unwrap() };
    assert_eq!(
        command(&format!(r#""setRemark":{{"userId":"{u}","remark":" x "}}"#)),
        Command::Ask(Ask::Friends(remark))
    );
    assert_eq!(command(r#""logout":{}"#), Command::Ask(Ask::Logout { session: None }));
}

#[test]
fn a16_values_that_are_not_allowed_are_refused_by_field() {
    let (c, m) = (conversation(1), message_id());
    for (request, code, field) in [
        (
            r#""ping":{"payload":"#.to_owned() + &format!("\"{}\"}}", "x".repeat(65)),
            ErrorCode::InvalidArgument,
            "payload",
        ),
        (r#""send":{}"#.to_owned(), ErrorCode::InvalidArgument, "to"),
        (
            format!(r#""send":{{"conversationId":"{c}","messageId":"{c}","text":""}}"#),
            ErrorCode::MessageEmpty,
            "text",
        ),
        (format!(r#""send":{{"conversationId":"{c}","messageId":"x"}}"#), ErrorCode::Malformed, "message_id"),
        (
            format!(r#""giveUp":{{"conversationId":"","messageId":"{m}"}}"#),
            ErrorCode::Malformed,
            "conversation_id",
        ),
        (r#""readFeed":{"afterSeq":"9007199254740992"}"#.to_owned(), ErrorCode::InvalidArgument, "after_seq"),
        (
            format!(r#""markRead":{{"conversationId":"{c}","seq":"18446744073709551615"}}"#),
            ErrorCode::InvalidArgument,
            "seq",
        ),
        (r#""setPresence":{}"#.to_owned(), ErrorCode::InvalidArgument, "presence"),
        (r#""answerFriend":{"requestId":"x"}"#.to_owned(), ErrorCode::Malformed, "request_id"),
        (format!(r#""answerFriend":{{"requestId":"{c}"}}"#), ErrorCode::InvalidArgument, "answer"),
        (r#""blockUser":{"userId":"me"}"#.to_owned(), ErrorCode::Malformed, "user_id"),
        (format!(r#""searchUsers":{{"query":"{}"}}"#, "x".repeat(321)), ErrorCode::InvalidArgument, "query"),
    ] {
        assert_eq!(invalid(&request), (code, field), "{request}");
    }
    // Only protobuf can carry the number of no variant this far.
    assert_eq!(presence::own(7), Err(Invalid::argument("presence")));
}

#[test]
fn events_are_written_alike_in_both_formats() {
    let profile = Profile::tombstone(user(3));
    let message = Message {
        conversation: conversation(1),
        seq: seq(9),
        sender: user(2),
        message: message_id(),
        text: MessageText::new("\"<b>é").unwrap(),
        at: at(1_700_000_000_000),
    };
    let cursor = Cursor { user: user(2), delivered: seq(9), read: seq(8) };
    for (what, json) in [
        (
            Event::Message(message),
            r#"{"message":{"conversationId":"0188f0f0-c0de-7aaa-8bbb-ccccddddeee1","seq":"9","senderId":"0188f0f0-c0de-7aaa-8bbb-ccccddddeee2","messageId":"0188f0f0-c0de-7aaa-8bbb-ccccddddeee0","text":"\"<b>é","storedMs":"1700000000000"}}"#,
        ),
        (
            Event::Receipt { conversation: conversation(1), cursor },
            r#"{"receipt":{"conversationId":"0188f0f0-c0de-7aaa-8bbb-ccccddddeee1","cursor":{"userId":"0188f0f0-c0de-7aaa-8bbb-ccccddddeee2","deliveredSeq":"9","readSeq":"8"}}}"#,
        ),
        (
            Event::Presence(Presence {
                user: user(2),
                state: PresenceState::Offline,
                last_seen: Some(at(5)),
            }),
            r#"{"presence":{"userId":"0188f0f0-c0de-7aaa-8bbb-ccccddddeee2","state":"PRESENCE_STATE_OFFLINE","lastSeenMs":"5"}}"#,
        ),
        (
            Event::Typing { conversation: conversation(1), user: user(2), typing: true },
            r#"{"typing":{"conversationId":"0188f0f0-c0de-7aaa-8bbb-ccccddddeee1","userId":"0188f0f0-c0de-7aaa-8bbb-ccccddddeee2","typing":true}}"#,
        ),
        (
            Event::Feed(FeedEntry { seq: seq(4), at: at(6), change: FeedChange::ProfileChanged(profile) }),
            r#"{"feedEntry":{"seq":"4","storedMs":"6","profileChanged":{"userId":"0188f0f0-c0de-7aaa-8bbb-ccccddddeee3","deleted":true}}}"#,
        ),
        (
            Event::SessionEnded(SessionEndReason::Replaced),
            r#"{"sessionEnded":{"reason":"SESSION_END_REASON_REPLACED"}}"#,
        ),
        (
            Event::Draining { retry_in: Duration::from_micros(1_500), url: Some("wss://b".to_owned()) },
            r#"{"draining":{"retryInMs":2,"url":"wss://b"}}"#,
        ),
        (
            Event::LogChanged { log: LogId::Feed(user(2)), head: seq(3) },
            r#"{"logChanged":{"log":{"feed":{}},"headSeq":"3"}}"#,
        ),
    ] {
        let frame = event(&what).unwrap();
        let text = String::from_utf8(Format::Json.write(&frame).to_vec()).unwrap();
        assert_eq!(text, format!(r#"{{"event":{json}}}"#));
        assert_eq!(v1::ServerFrame::decode(Format::Proto.write(&frame)).unwrap(), frame);
    }
}

#[test]
fn every_reason_and_code_has_its_word_on_the_wire() {
    let mut words = std::collections::BTreeSet::new();
    for reason in SessionEndReason::ALL {
        let word = crate::wire::end_reason(reason);
        assert_ne!(word, v1::SessionEndReason::Unspecified, "{reason:?}");
        words.insert(word);
    }
    assert_eq!(words.len(), SessionEndReason::ALL.len());
    for code in ErrorCode::ALL {
        let wire = flux_proto::ErrorCode::parse(code.as_str()).unwrap();
        assert_eq!(Rejection::new(code).closes(), wire.closes());
    }
    assert_eq!(Rejection::new(ErrorCode::HelloExpected).closes(), Some(CloseCode::Unauthenticated));
    assert_eq!(Rejection::new(ErrorCode::NotFound).closes(), None);
}

#[test]
fn a_refusal_says_what_when_and_where() {
    let rejection = Rejection::rate_limited(Duration::from_millis(1_500));
    let text = String::from_utf8(Format::Json.write(&reply(7, &Err(rejection))).to_vec()).unwrap();
    assert_eq!(
        text,
        concat!(
            r#"{"reply":{"requestId":7,"error":{"code":"rate_limited","#,
            r#""message":"Too many attempts. Please wait a while.","retry":"RETRY_LATER","retryAfterMs":1500}}}"#
        )
    );
    let rejection = Rejection::from(Invalid::malformed("user_id"));
    let text = String::from_utf8(Format::Json.write(&reply(0, &Err(rejection))).to_vec()).unwrap();
    assert!(text.contains(r#""retry":"RETRY_NEVER","field":"user_id""#), "{text}");
}

#[test]
fn a76_what_people_wrote_is_in_no_debug_output() {
    let hello = asked(r#""hello":{"accessToken":"canary"}"#).unwrap();
    let search = asked(r#""searchUsers":{"query":"canary"}"#).unwrap();
    let send = format!(r#""send":{{"userId":"{}","messageId":"{}","text":"canary"}}"#, user(1), message_id());
    let greeting = format!(r#""requestFriend":{{"userId":"{}","greeting":"canary"}}"#, user(1));
    for request in [hello, search, asked(&send).unwrap(), asked(&greeting).unwrap()] {
        assert!(!format!("{request:?}").contains("canary"), "{request:?}");
    }
}

fn page_of(cursor: SyncCursor, next: Option<SyncPlace>) -> SyncPage {
    let known = Conversation {
        conversation: conversation(1),
        head: seq(1),
        last_message: None,
        cursors: Vec::new(),
        writable: true,
        changed: Stamp(1),
    };
    SyncPage { conversations: vec![known], feed_head: seq(2), feed_floor: Seq::ZERO, next, cursor }
}

#[test]
fn cursors_and_pages_come_back_as_they_were_given_and_to_whom_they_were_given() {
    let cursor = SyncCursor { epoch: epoch(1), until: Stamp(u64::MAX) };
    for since in [None, Some(SyncCursor { epoch: epoch(2), until: Stamp(0) })] {
        let place = SyncPlace { since, cursor, below: (Stamp(77), conversation(3)) };
        let wire = sync::page(&page_of(cursor, Some(place)), user(1));
        assert_eq!(read_cursor(&wire.sync_cursor, user(1)), Ok(Some(cursor)));
        assert_eq!(read_page(&wire.next_page, user(1)), Ok(place));
        let forged = |field| Invalid { code: ErrorCode::InvalidPage, field };
        assert_eq!(read_cursor(&wire.sync_cursor, user(2)), Err(forged("sync_cursor")));
        assert_eq!(read_page(&wire.next_page, user(2)), Err(forged("page")));
        assert_eq!(read_cursor(&wire.next_page, user(1)), Err(forged("sync_cursor")));
        assert_eq!(read_page(&wire.sync_cursor, user(1)), Err(forged("page")));
        assert_eq!(read_page("", user(1)), Err(forged("page")));
    }
    assert_eq!(sync::page(&page_of(cursor, None), user(1)).next_page, "");
    assert_eq!(read_cursor("", user(1)), Ok(None));
}

#[test]
fn the_wrong_kind_of_message_says_which_code_to_close_with() {
    let json = Format::Json.read_binary(&Bytes::from_static(b"{}"));
    assert_eq!(json, Err(Unreadable::Close(CloseCode::UnsupportedData)));
    assert_eq!(Format::Proto.read_text("{}"), Err(Unreadable::Close(CloseCode::UnsupportedData)));
}

proptest! {
    #[test]
    fn a09_any_bytes_are_a_frame_or_a_close(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        match Format::Proto.read_binary(&Bytes::from(bytes)) {
            Ok(frame) => { let _ = frame.request.map(Request::try_from); }
            Err(unreadable) => prop_assert_eq!(unreadable, Unreadable::Close(CloseCode::InvalidPayload)),
        }
    }

    #[test]
    fn a15_any_text_is_a_frame_malformed_or_a_close(text in "\\PC{0,64}|[\\{\\}\\[\\]\":,0-9a-z\\\\]{0,64}") {
        match Format::Json.read_text(&text) {
            Ok(frame) => { let _ = frame.request.map(Request::try_from); }
            Err(Unreadable::Close(code)) => prop_assert_eq!(code, CloseCode::InvalidPayload),
            Err(Unreadable::Malformed { .. }) => {
                prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok());
            }
        }
    }

    #[test]
    fn a15_a_request_id_survives_whatever_else_is_wrong(id in 1_u32.., junk in "[a-z]{1,8}") {
        let text = format!(r#"{{"{junk}Unknown":[1,{{"a":null}}],"requestId":{id}}}"#);
        prop_assert_eq!(Format::Json.read_text(&text), Err(Unreadable::Malformed { request_id: id }));
    }

    #[test]
    fn a66_any_text_is_no_cursor_and_no_page(text in "[A-Za-z0-9_-]{1,170}") {
        prop_assert!(read_cursor(&text, user(1)).is_err());
        prop_assert!(read_page(&text, user(1)).is_err());
    }

    #[test]
    fn any_strings_in_any_request_are_read_or_refused(one in any::<String>(), two in any::<String>(), n in any::<u64>()) {
        use v1::client_frame::Request as Wire;
        for wire in [
            Wire::Send(v1::Send { to: Some(v1::send::To::UserId(one.clone())), message_id: two.clone(), text: one.clone() }),
            Wire::GiveUp(v1::GiveUp { conversation_id: one.clone(), message_id: two.clone() }),
            Wire::MarkRead(v1::MarkRead { conversation_id: one.clone(), seq: n }),
            Wire::Sync(v1::Sync { sync_cursor: one.clone(), page: two.clone() }),
            Wire::RequestFriend(v1::RequestFriend { user_id: one.clone(), greeting: two.clone() }),
            Wire::SetRemark(v1::SetRemark { user_id: user(1).to_string(), remark: two.clone() }),
            Wire::Logout(v1::Logout { session_id: one.clone() }),
            Wire::Hello(v1::Hello { access_token: one.clone(), client: two.clone(), ..v1::Hello::default() }),
        ] {
            let _ = Request::try_from(wire);
        }
    }
}
