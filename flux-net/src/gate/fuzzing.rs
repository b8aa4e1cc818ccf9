//! Bodies, queries and headers of requests against bytes.

use axum::http::{HeaderValue, Uri, header};
use flux_core::friend::PageToken;
use flux_core::{ConversationId, ErrorCode, RequestId, SessionId, UserId};
use flux_proto::Language;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::extract::{bearer, read_body, read_query, require_json};
use super::page::{PageQuery, write_place};
use super::{codes, friends, me, messages, sessions, users};
use crate::fuzzing::headers;
use crate::problem::Problem;
use crate::serve::check_target;

/// Reads a body as one of its kind, and says whether it was taken.
type Read = fn(&[u8]) -> Result<(), Problem>;

/// Each kind of body.
const BODIES: [Read; 12] = [
    body::<codes::RequestCode>,
    body::<users::Register>,
    body::<users::ResetPassword>,
    body::<me::ChangeProfile>,
    body::<me::DeleteAccount>,
    body::<me::ChangePassword>,
    body::<me::ChangeEmail>,
    body::<sessions::Login>,
    body::<sessions::Refresh>,
    body::<friends::AskFriend>,
    body::<friends::SetRemark>,
    body::<messages::SendMessage>,
];

fn body<T: DeserializeOwned>(data: &[u8]) -> Result<(), Problem> {
    read_body::<T>(data).map(drop)
}

/// A body, as each of the calls would read it.
pub fn gate_body(data: &[u8]) {
    let plain: Option<Value> = serde_json::from_slice(data).ok();
    let mut secrets = Vec::new();
    if let Some(plain) = &plain {
        values(plain, &mut secrets);
    }
    for read in BODIES {
        match read(data) {
            Ok(()) => assert!(plain.as_ref().is_some_and(Value::is_object), "taken, and no object"),
            Err(problem) => {
                assert_eq!(problem.code(), ErrorCode::Malformed);
                let told = format!("{problem:?}");
                let shown = secrets.iter().find(|secret| told.contains(secret.as_str()));
                assert!(shown.is_none(), "a value of the body shows: {told}");
            }
        }
    }
}

/// The texts in `value` that are long enough to be recognised, and stand in no name.
fn values(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= 12 => into.push(text.clone()),
        Value::Object(members) => {
            for value in members.values() {
                values(value, into);
            }
            into.retain(|text| !members.keys().any(|name| name.contains(text.as_str())));
        }
        _ => {}
    }
}

/// A target: whether it is one, its query as each of the calls would read it, its last segment as an id.
pub fn gate_target(data: &[u8]) {
    if check_target(data).is_err() {
        return;
    }
    let Ok(target) = Uri::try_from(data) else { return };
    assert!(target.authority().is_none(), "a path that names a host");
    if let Ok(query) = read_query::<PageQuery>(&target) {
        assert!((1..=100).contains(&query.limit()));
        match query.place() {
            Ok(place) => {
                let again = place.as_ref().map(write_place);
                assert_eq!(again.as_deref(), query.text(), "two texts for one place");
            }
            Err(problem) => assert_eq!(problem.code(), ErrorCode::InvalidPage),
        }
        match query.token() {
            Ok(token) => {
                let again = token.as_ref().map(PageToken::to_string);
                assert_eq!(again.as_deref(), query.text(), "two texts for one page");
            }
            Err(problem) => assert_eq!(problem.code(), ErrorCode::InvalidPage),
        }
    }
    let refused = [
        read_query::<users::Search>(&target).err(),
        read_query::<friends::RequestQuery>(&target).err(),
        read_query::<messages::HistoryQuery>(&target).err(),
    ];
    assert!(refused.iter().flatten().all(|problem| problem.code() == ErrorCode::Malformed));
    let segment = target.path().rsplit('/').next().unwrap_or_default();
    macro_rules! id {
        ($($id:ty),+) => {$(
            if let Ok(id) = segment.parse::<$id>() {
                assert!(id.to_string().eq_ignore_ascii_case(segment), "another id than was asked for");
                assert!(!id.as_uuid().is_nil());
            }
        )+};
    }
    id!(UserId, SessionId, RequestId, ConversationId);
}

/// Headers, one a line.
pub fn gate_headers(data: &[u8]) {
    let headers = headers(data);
    if let Some(token) = bearer(&headers) {
        assert_eq!(token, token.trim_matches(' '));
        assert_eq!(headers.get_all(header::AUTHORIZATION).iter().count(), 1);
        let mut twice = headers.clone();
        twice.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
        assert_eq!(bearer(&twice), None, "one of two tokens was chosen");
    }
    if require_json(&headers).is_ok() {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        assert!(kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json")));
        assert!(!headers.contains_key(header::CONTENT_ENCODING));
    }
    let language = crate::problem::language(&headers);
    assert!(headers.contains_key(header::ACCEPT_LANGUAGE) || language == Language::English);
}
