//! What stands on the wire, byte by byte.
//!
//! A line of a golden file is never changed, for there are clients that rely on it. A new frame's lines are printed by
//! the test that misses them, and are added by hand.

use std::fmt::Debug;

use flux_proto::v1;
use prost::Message;
use protox::prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::frames::{client_frames, server_frames};
use crate::pool;

struct Golden<'a> {
    name: &'a str,
    binary: Vec<u8>,
    json: &'a str,
}

/// Blocks of three lines: name, binary in hex, JSON.
fn golden(text: &str) -> Vec<Golden<'_>> {
    text.split("\n\n")
        .filter(|block| !block.is_empty())
        .map(|block| {
            let mut lines = block.lines();
            let mut line = || lines.next().expect("a block has three lines");
            Golden { name: line(), binary: from_hex(line()), json: line() }
        })
        .collect()
}

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("a byte in hex"))
        .collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn agrees<F>(frames: &[(&str, F)], text: &str)
where
    F: Message + Default + PartialEq + Debug + Serialize + DeserializeOwned,
{
    let golden = golden(text);
    let mut missing = String::new();
    for (name, frame) in frames {
        let binary = frame.encode_to_vec();
        let json = serde_json::to_string(frame).expect("the frame is written");
        let Some(committed) = golden.iter().find(|golden| golden.name == *name) else {
            missing.extend(["\n", name, "\n", &to_hex(&binary), "\n", &json, "\n"]);
            continue;
        };
        assert_eq!(to_hex(&binary), to_hex(&committed.binary), "{name} in binary");
        assert_eq!(json, committed.json, "{name} in JSON");
        assert_eq!(F::decode(committed.binary.as_slice()).as_ref(), Ok(frame), "{name} from binary");
        let from_json: F = serde_json::from_str(committed.json).expect("the golden line is read");
        assert_eq!(from_json, *frame, "{name} from JSON");
    }
    assert!(missing.is_empty(), "golden lines to add, if these frames are new:\n{missing}");
    let surplus: Vec<_> = golden
        .iter()
        .map(|golden| golden.name)
        .filter(|name| frames.iter().all(|(frame, _)| frame != name))
        .collect();
    assert!(surplus.is_empty(), "golden lines without a frame: {surplus:?}");
}

#[test]
fn every_request_is_on_the_wire_as_it_always_was() {
    agrees(&client_frames(), include_str!("golden/client.txt"));
}

#[test]
fn every_reply_and_event_is_on_the_wire_as_it_always_was() {
    agrees(&server_frames(), include_str!("golden/server.txt"));
}

/// The kinds that a oneof can be, with a prefix.
fn kinds(message: &MessageDescriptor, prefix: &str) -> Vec<String> {
    let oneof = message.oneofs().next().expect("the frame has a oneof");
    oneof.fields().map(|field| format!("{prefix}{}", field.name())).collect()
}

/// What kind this message is.
fn kind(message: &DynamicMessage) -> String {
    let oneof = message.descriptor().oneofs().next().expect("the frame has a oneof");
    oneof
        .fields()
        .find(|field| message.has_field(field))
        .expect("the frame is of some kind")
        .name()
        .to_owned()
}

#[test]
fn there_is_a_golden_frame_of_every_kind() {
    let pool = pool();
    let message = |name| pool.get_message_by_name(name).unwrap();

    let mut wanted = kinds(&message("flux.v1.ClientFrame"), "");
    for (name, frame) in client_frames() {
        let kind = kind(
            &DynamicMessage::decode(message("flux.v1.ClientFrame"), frame.encode_to_vec().as_slice())
                .unwrap(),
        );
        assert_eq!(name.split(' ').next(), Some(kind.as_str()));
        wanted.retain(|wanted| *wanted != kind);
    }
    assert!(wanted.is_empty(), "no request of kind {wanted:?}");

    let mut wanted = kinds(&message("flux.v1.Reply"), "reply.");
    wanted.extend(kinds(&message("flux.v1.Event"), "event."));
    for (name, frame) in server_frames() {
        let (prefix, name_and_binary) = match frame.frame {
            Some(v1::server_frame::Frame::Reply(reply)) => {
                ("reply", ("flux.v1.Reply", reply.encode_to_vec()))
            }
            Some(v1::server_frame::Frame::Event(event)) => {
                ("event", ("flux.v1.Event", event.encode_to_vec()))
            }
            None => panic!("{name} is empty"),
        };
        let (message_name, binary) = name_and_binary;
        let kind = kind(&DynamicMessage::decode(message(message_name), binary.as_slice()).unwrap());
        let kind = format!("{prefix}.{kind}");
        assert_eq!(name.split(' ').next(), Some(kind.as_str()));
        wanted.retain(|wanted| *wanted != kind);
    }
    assert!(wanted.is_empty(), "no server frame of kind {wanted:?}");
}
