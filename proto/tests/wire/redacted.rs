//! Debug output tells nothing that is secret or private.

use std::collections::BTreeSet;

use prost::Message;
use protox::prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value};

use crate::frames::{CANARY, client_frames, server_frames};
use crate::pool;

/// The names of text fields that may be printed. A text field is in here or marked `debug_redact`.
const SHOWN: &[&str] = &[
    "client",
    "code",
    "conversation_id",
    "device_name",
    "epoch",
    "field",
    "message",
    "message_id",
    "next_page",
    "node_id",
    "page",
    "payload",
    "request_id",
    "sender_id",
    "session_id",
    "sync_cursor",
    "url",
    "user_id",
    "user_ids",
    "username",
];

fn is_redacted(field: &FieldDescriptor) -> bool {
    let options = field.options();
    options.get_field_by_name("debug_redact").is_some_and(|marked| *marked == Value::Bool(true))
}

#[test]
fn every_text_field_is_marked_or_known_to_be_harmless() {
    for message in pool().all_messages() {
        for field in message.fields().filter(|field| field.kind() == Kind::String) {
            let shown = SHOWN.contains(&field.name());
            assert_ne!(is_redacted(&field), shown, "{}: mark it or list it", field.full_name());
        }
    }
}

#[test]
fn a76_no_frame_prints_what_is_secret_or_private() {
    let pool = pool();
    let mut planted = BTreeSet::new();
    let mut check = |message: &str, binary: Vec<u8>, printed: [String; 2]| {
        let message = pool.get_message_by_name(message).unwrap();
        find_canaries(&DynamicMessage::decode(message, binary.as_slice()).unwrap(), &mut planted);
        for printed in printed {
            assert!(!printed.contains(CANARY), "{printed}");
        }
    };
    for (_, frame) in client_frames() {
        check("flux.v1.ClientFrame", frame.encode_to_vec(), [format!("{frame:?}"), format!("{frame:#?}")]);
    }
    for (_, frame) in server_frames() {
        check("flux.v1.ServerFrame", frame.encode_to_vec(), [format!("{frame:?}"), format!("{frame:#?}")]);
    }
    let marked: BTreeSet<String> = pool
        .all_messages()
        .flat_map(|message| message.fields().collect::<Vec<_>>())
        .filter(is_redacted)
        .map(|field| field.full_name().to_owned())
        .collect();
    assert_eq!(planted, marked, "a canary sat in every marked field");
}

/// Collects the names of the fields that hold a canary.
fn find_canaries(message: &DynamicMessage, found: &mut BTreeSet<String>) {
    for (field, value) in message.fields() {
        let values = match value {
            Value::List(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values {
            match value {
                Value::String(text) if text.contains(CANARY) => {
                    found.insert(field.full_name().to_owned());
                }
                Value::Message(inner) => find_canaries(inner, found),
                _ => {}
            }
        }
    }
}

#[test]
fn what_is_left_out_is_named_and_measured() {
    let search = flux_proto::v1::SearchUsers { query: "bob@example.com".into(), limit: 3 };
    assert_eq!(format!("{search:?}"), "SearchUsers { query: [15 bytes], limit: 3 }");
}
