//! What services tell each other, against bytes.

use flux_proto::v1;
use prost::Message;
use tonic::metadata::MetadataValue;
use tonic::{Code, Status};

use super::{
    Failure, actor, envelope, mail, node, presence, read_actor, read_client, read_envelope, read_mail,
    read_node, read_presence, read_redemption, read_send, read_sent, redemption, send, sent,
};
use crate::grpc::failure::DETAILS;

/// A message of the kind that the first byte chooses.
pub fn grpc_message(data: &[u8]) {
    let Some((&kind, data)) = data.split_first() else { return };
    match kind % 10 {
        0 => {
            let Ok(told) = v1::PeerEnvelope::decode(data) else { return };
            let told = envelope(&read_envelope(told));
            // What is told of a feed names one reader, whoever else was named: then it stays so.
            assert_eq!(envelope(&read_envelope(told.clone())), told);
        }
        1 => again(data, |wire: v1::Actor| read_actor(&wire).ok(), |actor| Some(actor_of(actor))),
        2 => again(
            data,
            |wire: v1::Send| read_send(&wire).ok(),
            |(to, message, text)| Some(send(*to, *message, text)),
        ),
        3 => again(data, |wire: v1::Sent| read_sent(&wire).ok(), |done| Some(sent(done))),
        4 => again(data, |wire: v1::NodeInfo| read_node(wire).ok(), |info| Some(node(info))),
        5 => again(data, |wire: v1::Presence| read_presence(&wire).ok(), |seen| Some(presence(seen))),
        6 => {
            let Ok(wire) = v1::RedeemedCode::decode(data) else { return };
            let Ok(read) = read_redemption(wire) else { return };
            let written = redemption(&read).expect("a purpose that was read has a number");
            let again = read_redemption(written.clone()).expect("what was written is read");
            assert_eq!(redemption(&again), Some(written));
        }
        7 => {
            let Ok(wire) = v1::SendMailRequest::decode(data) else { return };
            let lasting = wire.lasting;
            let Ok(read) = read_mail(wire) else { return };
            let written = mail(&read, lasting).expect("what was read can be written");
            let again = read_mail(written).expect("what was written is read");
            assert_eq!(again, read);
        }
        8 => {
            let Ok(text) = std::str::from_utf8(data) else { return };
            if let Ok(client) = read_client(text) {
                assert_eq!(read_client(&client.to_string()), Ok(client));
            }
        }
        _ => failure(data),
    }
}

/// Reads a message, writes it and reads it again: the same.
fn again<W, T>(data: &[u8], read: impl Fn(W) -> Option<T>, write: impl Fn(&T) -> Option<W>)
where
    W: Message + Default,
    T: PartialEq + std::fmt::Debug,
{
    let Some(told) = W::decode(data).ok().and_then(&read) else { return };
    let bytes = write(&told).expect("what was read can be written").encode_to_vec();
    let heard = W::decode(bytes.as_slice()).ok().and_then(&read);
    assert_eq!(heard.as_ref(), Some(&told));
}

fn actor_of(told: &flux_core::session::Actor) -> v1::Actor {
    actor(told)
}

/// What stands beside a status.
fn failure(data: &[u8]) {
    let mut status = Status::new(Code::Unknown, "");
    status.metadata_mut().insert_bin(DETAILS, MetadataValue::from_bytes(data));
    let told = Failure::from_status(&status);
    assert!(!told.refused, "a stranger says that credentials were refused");
    let again = Failure::from_status(&told.clone().into_status());
    assert_eq!(again, told);
}
