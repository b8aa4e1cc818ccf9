//! What holds for what servers say and files hold, whatever bytes it is.
//!
//! A body takes bytes, parses them, and panics where a promise is broken. The crate `flux-fuzz` runs them.

use std::fmt::Debug;
use std::time::Duration;

use bytes::Bytes;
use flux_proto::v1::{self, event, reply, server_frame};
use prost::Message as _;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::{dto, refusal};
use crate::codec;
use crate::error::{ClientError, Refusal};
use crate::model::{
    Block, Conversation, Cursor, FeedEntry, Friend, FriendRequest, FriendRequested, History, Message,
    Presence, Profile, SessionInfo, all,
};
use crate::net::{Frame, HttpResponse};
use crate::{ConversationId, SavedSession, SavedState, UserId};

pub use crate::net::fuzzing::client_address;
pub use crate::outbox::fuzzing::client_outbox;

/// A frame of the server: binary, and as text if it is some.
pub fn client_frame(data: &[u8]) {
    let told = codec::decode(Frame::Binary(Bytes::copy_from_slice(data)));
    if let Ok(Some(frame)) = told {
        let written = v1::ServerFrame { frame: Some(frame.clone()) }.encode_to_vec();
        let again = codec::decode(Frame::Binary(written.into()));
        assert_eq!(again.expect("what was written is read").as_ref(), Some(&frame));
        understand(frame);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    match codec::decode(Frame::Text(text.to_owned())) {
        Ok(Some(frame)) => understand(frame),
        Ok(None) => {}
        Err(error) => assert!(matches!(error, ClientError::Protocol(_)), "{error:?}"),
    }
}

/// Reads all that a frame says, as the session and its calls do.
fn understand(frame: server_frame::Frame) {
    match frame {
        server_frame::Frame::Event(event) => match event.event {
            Some(event::Event::Message(message)) => {
                let text = message.text.clone();
                let read = read::<_, Message>(message);
                if let Some(read) = read {
                    assert!(read.seq > 0 && read.text == text);
                    assert!(text.len() < 16 || !format!("{read:?}").contains(&text), "a message shows");
                }
            }
            Some(event::Event::FeedEntry(entry)) => drop(read::<_, FeedEntry>(entry)),
            Some(event::Event::Presence(presence)) => drop(read::<_, Presence>(presence)),
            Some(event::Event::Receipt(receipt)) => {
                if let Some(cursor) = receipt.cursor.and_then(read::<_, Cursor>) {
                    assert!(cursor.read_seq <= cursor.delivered_seq, "seen before it was there");
                }
            }
            _ => {}
        },
        server_frame::Frame::Reply(reply) => match reply.result {
            Some(reply::Result::Error(error)) => {
                let refusal = Refusal::from(error);
                assert!(refusal.field.as_deref() != Some("") && refusal.retry_after != Some(Duration::ZERO));
            }
            Some(reply::Result::History(history)) => drop(read::<_, History>(history)),
            Some(reply::Result::Feed(feed)) => drop(all::<_, FeedEntry>(feed.entries)),
            Some(reply::Result::SyncPage(page)) => drop(all::<_, Conversation>(page.conversations)),
            Some(reply::Result::PresenceList(list)) => drop(all::<_, Presence>(list.presences)),
            Some(reply::Result::ProfileList(list)) => drop(all::<_, Profile>(list.profiles)),
            Some(reply::Result::FriendRequested(done)) => drop(read::<_, FriendRequested>(done)),
            Some(reply::Result::FriendRequestList(list)) => drop(all::<_, FriendRequest>(list.requests)),
            Some(reply::Result::FriendList(list)) => drop(all::<_, Friend>(list.friends)),
            Some(reply::Result::BlockList(list)) => drop(all::<_, Block>(list.blocks)),
            Some(reply::Result::SessionList(list)) => drop(all::<_, SessionInfo>(list.sessions)),
            _ => {}
        },
    }
}

/// Reads one thing; what cannot be read is against the protocol, and no other error.
fn read<W, T: TryFrom<W, Error = ClientError> + Debug>(wire: W) -> Option<T> {
    match T::try_from(wire) {
        Ok(read) => Some(read),
        Err(error) => {
            assert!(matches!(error, ClientError::Protocol(_)), "{error:?}");
            None
        }
    }
}

/// An answer of the gate: two bytes of status, and a body.
pub fn client_answer(data: &[u8]) {
    let Some((status, body)) = data.split_first_chunk::<2>() else { return };
    let status = u16::from_be_bytes(*status);
    let later = Some(Duration::from_secs(3));
    let refusal = refusal(&HttpResponse { status, retry_after: later, body: Bytes::copy_from_slice(body) });
    assert!(!refusal.text.is_empty(), "a refusal that says nothing");
    assert!(refusal.retry_after.is_some(), "the header was passed over");
    if let Some(code) = refusal.code {
        assert_eq!((code.as_str(), code.retry()), (refusal.text.as_str(), refusal.retry));
    }
    let _ = serde_json::from_slice::<dto::LoggedIn>(body);
    let _ = serde_json::from_slice::<dto::CodeRequested>(body);
    let _ = serde_json::from_slice::<dto::ChatEndpoint>(body);
    if let Ok(me) = serde_json::from_slice::<dto::Me>(body) {
        let account = crate::Account::from(me);
        let shown = format!("{account:?}");
        let private = [account.email.as_deref().unwrap_or_default(), &account.profile.bio];
        assert!(private.iter().all(|text| text.len() < 16 || !shown.contains(text)), "{shown}");
    }
}

/// What is kept of a session: its tokens, and how far it has got.
pub fn client_saved(data: &[u8]) {
    if let Some(session) = same_again::<SavedSession>(data) {
        let token = session.refresh_token.expose();
        assert!(token.len() < 16 || !format!("{session:?}").contains(token), "a token shows");
    }
    if let Some(state) = same_again::<SavedState>(data) {
        assert!(state.sync_cursor.len() < 16 || !format!("{state:?}").contains(&state.sync_cursor));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(id) = text.parse::<UserId>() {
        assert!(id.to_string().eq_ignore_ascii_case(text), "another id than was written");
        let one = ConversationId::from([1; 16]);
        assert_ne!(id.as_bytes(), &[0; 16]);
        assert_eq!(one.to_string().parse(), Ok(one));
    }
}

/// Reads JSON, writes it and reads it again: the same.
fn same_again<T: DeserializeOwned + Serialize + PartialEq + Debug>(data: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(data).ok()?;
    let written = serde_json::to_vec(&read).expect("what was read can be written");
    assert_eq!(serde_json::from_slice::<T>(&written).expect("what was written is read"), read);
    Some(read)
}
