//! Binary frames from strangers.

use flux_proto::v1;
use proptest::prelude::*;
use prost::Message;

use crate::frames::client_frames;

/// Field 4 of `ClientFrame`, `send`, as length-delimited.
const SEND: u8 = 4 << 3 | 2;

fn client_frame(bytes: &[u8]) -> Result<v1::ClientFrame, prost::DecodeError> {
    v1::ClientFrame::decode(bytes)
}

#[test]
fn a09_a_declared_length_is_not_believed() {
    // 2^60 bytes are announced, and three follow.
    let mut frame = vec![SEND];
    prost::encoding::encode_varint(1 << 60, &mut frame);
    frame.extend([1, 2, 3]);
    assert!(client_frame(&frame).is_err());
}

#[test]
fn a_frame_that_is_cut_short_is_refused_or_lacks_what_was_cut() {
    for (name, whole) in client_frames() {
        let bytes = whole.encode_to_vec();
        for length in 0..bytes.len() {
            if let Ok(part) = client_frame(&bytes[..length]) {
                assert_ne!(part, whole, "{name} cut to {length} bytes");
            }
        }
    }
}

#[test]
fn a15_deep_nesting_is_refused_without_deep_recursion() {
    // Groups of an unknown field: the only thing that nests without end here.
    const START_GROUP: [u8; 2] = [0xc3, 0x3e];
    let frame = START_GROUP.repeat(10_000);
    assert!(client_frame(&frame).is_err());
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let frame = [SEND, 4, 4 << 3 | 2, 2, 0xc3, 0x28];
    assert!(client_frame(&frame).is_err());
}

#[test]
fn fields_of_a_newer_release_are_passed_over() {
    for (name, frame) in client_frames() {
        let mut bytes = frame.encode_to_vec();
        prost::encoding::string::encode(1000, &"from the future".to_owned(), &mut bytes);
        assert_eq!(client_frame(&bytes).unwrap(), frame, "{name}");
    }
}

#[test]
fn a_value_of_an_enum_that_is_not_known_stays_a_number() {
    let newer = v1::SetPresence { presence: 77 };
    let read = v1::SetPresence::decode(newer.encode_to_vec().as_slice()).unwrap();
    assert_eq!(read.presence, 77);
    assert_eq!(v1::OwnPresence::try_from(read.presence).ok(), None);
}

proptest! {
    #[test]
    fn a09_any_bytes_are_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        // What is read can be written, and is read from that again.
        if let Ok(frame) = client_frame(&bytes) {
            prop_assert_eq!(client_frame(&frame.encode_to_vec()).unwrap(), frame);
        }
    }
}
