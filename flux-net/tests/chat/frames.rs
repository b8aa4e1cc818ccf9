//! Bytes that are no WebSocket, or no frame of ours.

use std::time::Duration;

use flux_net::chat::Format;
use flux_proto::CloseCode;
use tokio_tungstenite::tungstenite::Message;

use crate::support::World;
use crate::support::raw::{Raw, frame, header};

const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
const MASK: [u8; 4] = [0; 4];

/// What `bytes` on a fresh connection are closed with; meanwhile somebody else feels nothing.
async fn closed_after(protocol: &str, bytes: &[u8]) -> u16 {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut other = world.connect(&alice).await;
    let mut raw = Raw::open(world.address, protocol).await;
    raw.try_write(bytes).await;
    let code = raw.closed().await;
    assert!(other.is_alive().await);
    code
}

#[tokio::test]
async fn a02_frames_that_break_the_protocol_are_closed_with_1002() {
    let mut cases = vec![
        ("unmasked", vec![FIN | TEXT, 2, b'{', b'}']),
        ("rsv1", frame(FIN | 0x40 | TEXT, b"{}")),
        ("rsv2", frame(FIN | 0x20 | TEXT, b"{}")),
        ("rsv3", frame(FIN | 0x10 | TEXT, b"{}")),
    ];
    for opcode in (0x3..=0x7).chain(0xB..=0xF) {
        cases.push(("reserved opcode", frame(FIN | opcode, b"")));
    }
    for (what, bytes) in cases {
        assert_eq!(closed_after("flux.v1.json", &bytes).await, 1_002, "{what}: {bytes:?}");
    }
}

#[tokio::test]
async fn a03_control_frames_and_fragments_keep_to_their_rules() {
    let long = [0; 126];
    let within = [frame(TEXT, b"{"), frame(FIN | TEXT, b"}")].concat();
    for (what, bytes) in [
        ("a ping of 126 bytes", frame(FIN | PING, &long)),
        ("a pong of 126 bytes", frame(FIN | PONG, &long)),
        ("a close of 126 bytes", frame(FIN | CLOSE, &long)),
        ("a ping in fragments", frame(PING, b"x")),
        ("a close in fragments", frame(CLOSE, &1_000_u16.to_be_bytes())),
        ("a continuation of nothing", frame(FIN | CONTINUATION, b"x")),
        ("a message inside another", within),
        ("a close of one byte", frame(FIN | CLOSE, &[3])),
        ("a close with a reserved code", frame(FIN | CLOSE, &1_005_u16.to_be_bytes())),
        ("a close with no code at all", frame(FIN | CLOSE, &99_u16.to_be_bytes())),
    ] {
        assert_eq!(closed_after("flux.v1.json", &bytes).await, 1_002, "{what}");
    }
}

#[tokio::test]
async fn a03_control_frames_may_stand_between_fragments() {
    let world = World::new().await;
    let mut raw = Raw::open(world.address, "flux.v1.json").await;
    raw.frame(TEXT, br#"{"requestId":7,"#).await;
    raw.frame(FIN | PING, b"between").await;
    raw.frame(CONTINUATION, b"").await;
    raw.frame(FIN | CONTINUATION, br#""hello":{}}"#).await;
    assert_eq!(raw.next_frame().await, Some((FIN | PONG, b"between".to_vec())));
    let (first, reply) = raw.next_frame().await.unwrap();
    assert_eq!(first, FIN | TEXT);
    assert!(String::from_utf8(reply).unwrap().contains(r#""requestId":7"#));
    assert_eq!(raw.closed().await, CloseCode::Unauthenticated.number());
}

#[tokio::test]
async fn a04_text_that_is_no_utf8_is_closed_with_1007() {
    let reason = [&1_000_u16.to_be_bytes()[..], b"\xff"].concat();
    for (what, bytes) in [
        ("a lone continuation byte", frame(FIN | TEXT, b"\"\x80\"")),
        ("a surrogate", frame(FIN | TEXT, b"\"\xed\xa0\x80\"")),
        ("an overlong slash", frame(FIN | TEXT, b"\"\xc0\xaf\"")),
        ("beyond Unicode", frame(FIN | TEXT, b"\"\xf4\x90\x80\x80\"")),
        ("cut short", frame(FIN | TEXT, b"\"\xe2\x82")),
        ("split over fragments", [frame(TEXT, b"\"\xe2"), frame(FIN | CONTINUATION, b"\x28\"")].concat()),
        ("in a reason to close", frame(FIN | CLOSE, &reason)),
    ] {
        assert_eq!(closed_after("flux.v1.json", &bytes).await, 1_007, "{what}");
    }
}

#[tokio::test]
async fn a04_a_character_split_over_fragments_is_whole_again() {
    let world = World::new().await;
    let mut raw = Raw::open(world.address, "flux.v1.json").await;
    let text = r#"{"requestId":9,"ping":{"payload":"é"}}"#.as_bytes();
    let middle = text.iter().position(|byte| *byte == 0xC3).unwrap() + 1;
    raw.frame(TEXT, &text[..middle]).await;
    raw.frame(FIN | CONTINUATION, &text[middle..]).await;
    let (_, reply) = raw.next_frame().await.unwrap();
    let reply = String::from_utf8(reply).unwrap();
    assert!(reply.contains("hello_expected") && reply.contains(r#""requestId":9"#), "{reply}");
}

#[tokio::test]
async fn a05_oversized_frame_is_refused_before_allocation() {
    for (what, length) in [
        ("one byte over the limit", 64 * 1_024 + 1),
        ("16 MiB", 16 << 20),
        ("2^62", 1 << 62),
        ("2^63", 1 << 63),
        ("as much as there is", u64::MAX),
    ] {
        // Only the header comes: whoever waited for the rest, or made room for it, would not close.
        let header = [header(FIN | BINARY, length), MASK.to_vec()].concat();
        assert_eq!(closed_after("flux.v1.proto", &header).await, 1_009, "{what}");
    }
}

#[tokio::test]
async fn a05_fragments_that_sum_over_the_limit_are_refused() {
    let part = vec![b' '; 40_000];
    let bytes = [frame(TEXT, &part), frame(FIN | CONTINUATION, &part)].concat();
    assert_eq!(closed_after("flux.v1.json", &bytes).await, 1_009);
}

#[tokio::test]
async fn a05_fragments_of_nothing_without_end_are_refused() {
    let bytes = [frame(TEXT, b""), frame(CONTINUATION, b"").repeat(1_000_000)].concat();
    assert_eq!(closed_after("flux.v1.json", &bytes).await, 1_009);
}

#[tokio::test]
async fn a05_a_message_of_the_greatest_length_in_the_smallest_pieces_is_read() {
    let world = World::new().await;
    let text = format!(r#"{{"requestId":3,"ping":{{"payload":"{}"}}}}"#, " ".repeat(65_000));
    let mut bytes = frame(TEXT, b"");
    for byte in text.as_bytes() {
        bytes.extend(frame(CONTINUATION, &[*byte]));
    }
    bytes.extend(frame(FIN | CONTINUATION, b""));
    let mut raw = Raw::open(world.address, "flux.v1.json").await;
    raw.write(&bytes).await;
    let (_, reply) = raw.next_frame().await.unwrap();
    assert!(String::from_utf8(reply).unwrap().contains(r#""requestId":3"#));
}

#[tokio::test]
async fn a07_pongs_nobody_asked_for_are_ignored() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut client = world.connect(&alice).await;
    for _ in 0..10 {
        client.say_raw(Message::Pong("x".into())).await;
    }
    assert!(client.is_alive().await);
}

#[tokio::test]
async fn a07_what_comes_after_a_close_is_not_read() {
    let world = World::new().await;
    let (alice, _, conversation) = world.friends().await;
    let mut raw = Raw::open(world.address, "flux.v1.json").await;
    let hello = format!(r#"{{"requestId":1,"hello":{{"accessToken":"{}"}}}}"#, world.token(&alice));
    let id = world.message_id();
    let send = format!(
        r#"{{"requestId":2,"send":{{"conversationId":"{conversation}","messageId":"{id}","text":"x"}}}}"#
    );
    raw.frame(FIN | TEXT, hello.as_bytes()).await;
    assert!(raw.next_frame().await.is_some());
    let after = [frame(FIN | CLOSE, &1_000_u16.to_be_bytes()), frame(FIN | TEXT, send.as_bytes())].concat();
    raw.write(&after).await;
    assert_eq!(raw.closed().await, 1_000);
    crate::support::until("the connection is forgotten", || world.flux.connections.count() == 0).await;
    let history = world.flux.messages.history(
        &alice.actor,
        conversation,
        flux_core::message::HistoryFrom::After(flux_core::Seq::ZERO),
        1,
    );
    assert_eq!(history.await.unwrap().messages, []);
}

#[tokio::test]
async fn a08_compression_is_not_negotiated_and_compressed_frames_are_refused() {
    let world = World::new().await;
    let mut raw = Raw::connect(world.address).await;
    let mut headers = crate::support::raw::GOOD.to_vec();
    headers.push(("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"));
    let answered = raw.request("GET /v1/chat HTTP/1.1", &headers).await;
    assert_eq!(answered.status, 101);
    assert!(!answered.head.to_ascii_lowercase().contains("extensions"), "{answered:?}");
    raw.frame(FIN | 0x40 | TEXT, &[0; 100]).await;
    assert_eq!(raw.closed().await, 1_002);
}

#[tokio::test]
async fn a09_the_wrong_kind_of_frame_is_closed_with_1003() {
    assert_eq!(closed_after("flux.v1.json", &frame(FIN | BINARY, b"{}")).await, 1_003);
    assert_eq!(closed_after("flux.v1.proto", &frame(FIN | TEXT, b"{}")).await, 1_003);
    // MessagePack that says it is 4 GiB long.
    assert_eq!(closed_after("flux.v1.json", &frame(FIN | BINARY, b"\xdf\xff\xff\xff\xff")).await, 1_003);
}

#[tokio::test]
async fn a09_bytes_that_are_no_protobuf_are_closed_with_1007() {
    for (what, bytes) in [
        ("a length of 2^63", &b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f"[..]),
        ("cut short", b"\x08"),
        ("a group that does not end", b"\x13"),
        ("a wrong wire type", b"\x0a\x01x"),
        ("a text that is no UTF-8", b"\x08\x01\x12\x03\x0a\x01\xff"),
        ("field number 0", b"\x00\x00"),
        ("a varint without end", &[0xff; 20]),
    ] {
        assert_eq!(closed_after("flux.v1.proto", &frame(FIN | BINARY, bytes)).await, 1_007, "{what}");
    }
}

#[tokio::test]
async fn a12_a_handshake_of_one_byte_a_second_is_cut_off() {
    let world = World::new().await;
    let mut raw = Raw::open(world.address, "flux.v1.json").await;
    let hello = frame(FIN | TEXT, br#"{"requestId":1,"hello":{}}"#);
    for byte in &hello[..10] {
        raw.write(&[*byte]).await;
        world.pass(Duration::from_secs(1)).await;
    }
    assert_eq!(raw.closed().await, CloseCode::TimedOut.number());
}

#[tokio::test]
async fn a_closed_peer_is_forgotten() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let client = world.connect_as(&alice, Format::Proto).await;
    assert_eq!((world.chat.status().connections, world.flux.connections.count()), (1, 1));
    drop(client);
    crate::support::until("it is forgotten", || {
        world.chat.status().connections == 0 && world.flux.connections.count() == 0
    })
    .await;
}
