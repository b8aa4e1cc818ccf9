//! Frames and cursors against bytes.

use std::sync::LazyLock;

use bytes::Bytes;
use flux_core::account::MAX_FOUND;
use flux_core::friend::{Greeting, Remark};
use flux_core::message::{HistoryFrom, MAX_PAGE, MessageText};
use flux_core::{ErrorCode, Secret, UserId};
use flux_proto::{CloseCode, v1};
use prost::Message as _;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::command::{MAX_PING, MAX_PROFILES, MAX_QUERY, MAX_WATCHED};
use super::hello::{MAX_CLIENT, MAX_HEADS};
use super::sync::{self, read_cursor, read_page};
use super::{Ask, AskFriends, Command, Format, Hello, Rejection, Request, Unreadable, name};

/// A binary frame.
pub fn chat_frame_binary(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    assert!(Format::Json.read_binary(&bytes).is_err(), "a binary frame where text was agreed on");
    match Format::Proto.read_binary(&bytes) {
        Err(unreadable) => assert_eq!(unreadable, Unreadable::Close(CloseCode::InvalidPayload)),
        Ok(frame) => {
            same_in_binary(&frame);
            // Numbers of no variant have no name, and so no form in JSON.
            if let Ok(text) = serde_json::to_string(&frame) {
                assert_eq!(Format::Json.read_text(&text), Ok(frame.clone()));
            }
            asked(frame);
        }
    }
}

/// A text frame.
pub fn chat_frame_json(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert!(Format::Proto.read_text(text).is_err(), "a text frame where binary was agreed on");
    match Format::Json.read_text(text) {
        Err(Unreadable::Close(code)) => assert_eq!(code, CloseCode::InvalidPayload),
        Err(Unreadable::Malformed { .. }) => {
            assert!(serde_json::from_str::<IgnoredAny>(text).is_ok(), "no JSON, and the connection stays");
        }
        Ok(frame) => {
            let text = serde_json::to_string(&frame).expect("what was read from JSON has a form in it");
            assert_eq!(Format::Json.read_text(&text).as_ref(), Ok(&frame));
            same_in_binary(&frame);
            asked(frame);
        }
    }
}

fn same_in_binary(frame: &v1::ClientFrame) {
    let written = Bytes::from(frame.encode_to_vec());
    assert_eq!(Format::Proto.read_binary(&written).as_ref(), Ok(frame));
}

/// What a frame asks for keeps to what may be asked.
fn asked(frame: v1::ClientFrame) {
    let Some(request) = frame.request else { return };
    assert!(!name(&request).is_empty());
    match Request::try_from(request) {
        Err(invalid) => {
            let rejection = Rejection::from(invalid);
            assert_eq!((rejection.code, rejection.field), (invalid.code, invalid.field));
            assert!(!invalid.field.is_empty() && !invalid.code.retryable(), "{invalid}");
        }
        Ok(Request::Hello(hello)) => keeps_to_hello(hello),
        Ok(Request::Command(command)) => keeps_to(command),
    }
}

fn keeps_to_hello(hello: Hello) {
    assert!(hello.client.len() <= MAX_CLIENT && !hello.client.chars().any(char::is_control));
    let heads = hello.heads.as_ref().map_or(0, |heads| heads.conversations.len());
    assert!(heads <= MAX_HEADS, "{heads} heads");
    let shown = format!("{hello:?}");
    let other = Hello { token: Secret::new("another"), ..hello };
    assert_eq!(shown, format!("{other:?}"), "a token shows");
}

fn keeps_to(command: Command) {
    match command {
        Command::Ping { payload } => assert!(payload.len() <= MAX_PING),
        Command::Send(send) => {
            let text = send.text.as_str();
            assert!(text.len() <= MessageText::LIMIT_BYTES && !text.trim().is_empty());
            assert!(text.len() < 16 || !format!("{:?}", send.text).contains(text), "a message shows");
            assert_eq!(send.message.as_uuid().get_version_num(), 7);
        }
        Command::GiveUp { .. } => {}
        Command::MoveCursor { delivered, read, .. } => assert!(read <= delivered),
        Command::Ask(ask) => match ask {
            Ask::History { from, limit, .. } => {
                assert!((1..=MAX_PAGE).contains(&limit));
                assert!(!matches!(from, HistoryFrom::Before(Some(flux_core::Seq::ZERO))));
            }
            Ask::Feed { limit, .. } => assert!((1..=MAX_PAGE).contains(&limit)),
            Ask::WatchPresence(users) | Ask::UnwatchPresence(users) => assert!(users.len() <= MAX_WATCHED),
            Ask::GetProfiles(users) => assert!(users.len() <= MAX_PROFILES),
            Ask::SearchUsers { query, limit } => {
                assert!(query.expose().len() <= MAX_QUERY && (1..=MAX_FOUND).contains(&limit));
            }
            Ask::Friends(AskFriends::Request { greeting, .. }) => {
                assert!(greeting.as_str().chars().count() <= Greeting::LIMIT);
            }
            Ask::Friends(AskFriends::SetRemark { remark, .. }) => {
                assert!(remark.as_str().chars().count() <= Remark::LIMIT);
            }
            _ => {}
        },
    }
}

static USERS: LazyLock<[UserId; 2]> =
    LazyLock::new(|| [1, 2].map(|n| Uuid::from_u128(n).try_into().expect("not nil")));

/// The text of a sync cursor or of a page as it came; and bytes under a checksum of ours, which no mutation guesses.
pub fn chat_cursor(data: &[u8]) {
    let [user, _] = *USERS;
    if let Ok(text) = std::str::from_utf8(data) {
        cursor_or_page(text);
    }
    for kind in [sync::CURSOR, sync::PAGE] {
        cursor_or_page(&sync::seal([&[kind], data].concat(), user));
    }
}

fn cursor_or_page(text: &str) {
    let [user, other] = *USERS;
    match read_cursor(text, user) {
        Ok(None) => assert!(text.is_empty()),
        Ok(Some(cursor)) => {
            assert_eq!(sync::write_cursor(cursor, user), text, "two texts for one cursor");
            assert!(read_cursor(text, other).is_err(), "the cursor of somebody else");
            assert!(read_page(text, user).is_err(), "a cursor that is a page");
        }
        Err(invalid) => assert_eq!((invalid.code, invalid.field), (ErrorCode::InvalidPage, "sync_cursor")),
    }
    match read_page(text, user) {
        Ok(place) => {
            assert_eq!(sync::write_page(&place, user), text, "two texts for one page");
            assert!(read_page(text, other).is_err(), "the page of somebody else");
        }
        Err(invalid) => assert_eq!((invalid.code, invalid.field), (ErrorCode::InvalidPage, "page")),
    }
}
