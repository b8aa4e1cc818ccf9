//! What is written is read as it was.

use std::sync::Arc;
use std::time::Duration;

use flux_core::account::{Bio, DisplayName, Profile, Username};
use flux_core::feed::{FeedChange, FeedEntry};
use flux_core::friend::{FriendRequest, Greeting, Remark, RequestState};
use flux_core::message::{Cursor, Destination, Message, MessageText, Sent};
use flux_core::presence::{Presence, PresenceState};
use flux_core::routing::{Delivery, Envelope, Event, Notice};
use flux_core::session::{Actor, Device, DeviceClass, DeviceName, Session, SessionEndReason};
use flux_core::{Generation, InvalidId, LogId, Seq, Timestamp, UserId};
use flux_proto::v1;
use proptest::prelude::*;
use prost::Message as _;

use super::*;

fn id<T: TryFrom<uuid::Uuid, Error = InvalidId> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    (1..=u128::MAX).prop_map(|raw| T::try_from(uuid::Uuid::from_u128(raw)).unwrap())
}

fn seq() -> impl Strategy<Value = Seq> {
    (0..=Seq::MAX.get()).prop_map(|raw| Seq::new(raw).unwrap())
}

fn at() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

/// Whatever a store may hold.
fn text() -> impl Strategy<Value = String> {
    "\\PC{0,20}"
}

fn profile() -> impl Strategy<Value = Profile> {
    (id(), prop::option::of(text()), text(), text()).prop_map(|(user, username, name, bio)| Profile {
        user,
        username: username.map(Username::from_store),
        display_name: DisplayName::from_store(name),
        bio: Bio::from_store(bio),
    })
}

fn end_reason() -> impl Strategy<Value = SessionEndReason> {
    prop::sample::select(SessionEndReason::ALL.to_vec())
}

fn request() -> impl Strategy<Value = FriendRequest> {
    let state = prop::sample::select(RequestState::ALL.to_vec());
    (id(), profile(), profile(), text(), at(), state).prop_map(
        |(request, from, to, greeting, created, state)| FriendRequest {
            request,
            from,
            to,
            greeting: Greeting::from_store(greeting),
            created,
            state,
        },
    )
}

fn session(user: UserId) -> impl Strategy<Value = Session> {
    let class = prop::sample::select(DeviceClass::ALL.to_vec());
    (id(), text(), class, at(), at()).prop_map(move |(session, name, class, created, last_used)| Session {
        session,
        user,
        device: Device { name: DeviceName::from_store(name), class },
        created,
        last_used,
    })
}

fn change(reader: UserId) -> impl Strategy<Value = FeedChange> {
    prop_oneof![
        request().prop_map(FeedChange::FriendRequest),
        (profile(), at(), id()).prop_map(|(profile, since, conversation)| FeedChange::FriendAdded {
            profile,
            since,
            conversation
        }),
        id().prop_map(FeedChange::FriendRemoved),
        (id(), text()).prop_map(|(friend, remark)| FeedChange::RemarkChanged {
            friend,
            remark: Remark::from_store(remark)
        }),
        (profile(), at()).prop_map(|(profile, since)| FeedChange::Blocked { profile, since }),
        id().prop_map(FeedChange::Unblocked),
        profile().prop_map(FeedChange::ProfileChanged),
        session(reader).prop_map(FeedChange::SessionOpened),
        (id(), end_reason()).prop_map(|(session, reason)| FeedChange::SessionEnded { session, reason }),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    (id(), seq(), id(), id(), text(), at()).prop_map(|(conversation, seq, sender, message, text, at)| {
        Message { conversation, seq, sender, message, text: MessageText::from_store(text), at }
    })
}

fn presence() -> impl Strategy<Value = Presence> {
    let states = [PresenceState::Offline, PresenceState::Online, PresenceState::Away, PresenceState::Unknown];
    let seen = prop::option::of((1_i64..).prop_map(Timestamp::from_millis));
    (id(), prop::sample::select(states.to_vec()), seen).prop_map(|(user, state, last_seen)| Presence {
        user,
        state,
        last_seen,
    })
}

fn log() -> impl Strategy<Value = LogId> {
    prop_oneof![id().prop_map(LogId::Conversation), id().prop_map(LogId::Feed)]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let event = prop_oneof![
        message().prop_map(Event::Message),
        (id(), id(), seq(), seq()).prop_map(|(conversation, user, delivered, read)| Event::Receipt {
            conversation,
            cursor: Cursor { user, delivered, read }
        }),
        presence().prop_map(Event::Presence),
        (id(), id(), any::<bool>()).prop_map(|(conversation, user, typing)| Event::Typing {
            conversation,
            user,
            typing
        }),
        end_reason().prop_map(Event::SessionEnded),
        (any::<u32>(), prop::option::of("[a-z:/]{1,20}"))
            .prop_map(|(ms, url)| Event::Draining { retry_in: Duration::from_millis(u64::from(ms)), url }),
        (log(), seq()).prop_map(|(log, head)| Event::LogChanged { log, head }),
    ];
    let to_many = (prop::collection::vec(id(), 0..4), event);
    // A feed has one reader, and the sessions in it are theirs.
    let to_one = id().prop_flat_map(|reader: UserId| {
        (seq(), at(), change(reader))
            .prop_map(move |(seq, at, change)| (vec![reader], Event::Feed(FeedEntry { seq, at, change })))
    });
    let trace = prop::option::of((1..=u128::MAX, 1..=u64::MAX, any::<bool>()));
    (prop_oneof![to_many, to_one], prop::option::of(id()), trace).prop_map(
        |((users, event), except, trace)| Delivery {
            users: users.into(),
            except,
            event,
            trace: trace.map(|(trace, span, sampled)| {
                format!("00-{trace:032x}-{span:016x}-{:02x}", u8::from(sampled)).parse().unwrap()
            }),
        },
    )
}

fn notice() -> impl Strategy<Value = Notice> {
    prop_oneof![
        delivery().prop_map(|delivery| Notice::Deliver(Arc::new(delivery))),
        (id(), id(), end_reason()).prop_map(|(user, session, reason)| Notice::Disconnect {
            user,
            session,
            reason
        }),
        (id(), id(), any::<u64>()).prop_map(|(user, session, generation)| Notice::Supersede {
            user,
            session,
            generation: Generation::new(generation)
        }),
        id().prop_map(Notice::PresenceChanged),
        (id(), id()).prop_map(|(one, other)| Notice::Parted(one, other)),
    ]
}

proptest! {
    #[test]
    fn an_envelope_is_read_as_it_was_written(notices in prop::collection::vec(notice(), 0..8)) {
        let written = Envelope { notices };
        let bytes = envelope(&written).encode_to_vec();
        let read = read_envelope(v1::PeerEnvelope::decode(bytes.as_slice()).unwrap());
        prop_assert_eq!(read, written);
    }

    #[test]
    fn a_send_is_read_as_it_was_written(
        user in id(),
        session in id(),
        generation in prop::option::of(any::<u64>()),
        to in prop_oneof![id().prop_map(Destination::Conversation), id().prop_map(Destination::User)],
        message in id(),
        text in "[a-z\\n\\t<>日本]{0,20}x",
    ) {
        let written = Actor { user, session, generation: generation.map(Generation::new) };
        prop_assert_eq!(read_actor(&actor(&written)), Ok(written));
        let text = MessageText::new(&text).unwrap();
        prop_assert_eq!(read_send(&send(to, message, &text)), Ok((to, message, text)));
    }

    #[test]
    fn an_acknowledgement_is_read_as_it_was_written(
        epoch in id(),
        conversation in id(),
        seq in seq(),
        at in at(),
        repeated in any::<bool>(),
    ) {
        let written = Sent { epoch, conversation, seq, at, repeated };
        prop_assert_eq!(read_sent(&sent(&written)), Ok(written));
    }

    #[test]
    fn presence_is_read_as_it_was_written(written in presence()) {
        prop_assert_eq!(read_presence(&super::presence(&written)), Ok(written));
    }

    #[test]
    fn what_is_no_envelope_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(read) = v1::PeerEnvelope::decode(bytes.as_slice()) {
            read_envelope(read);
        }
    }
}

/// Fields and variants with numbers that this release does not have.
#[test]
fn what_a_newer_release_says_is_passed_over_and_the_rest_is_read() {
    let user = UserId::try_from(uuid::Uuid::from_u128(1)).unwrap();
    let known = v1::PeerNotice {
        notice: Some(v1::peer_notice::Notice::PresenceChanged(v1::PeerPresenceChanged {
            user_id: user.to_string(),
        })),
    };
    // A notice of kind 99, and field 98 beside a known one.
    let newer = [0x9a, 0x06, 0x02, 0x08, 0x01];
    let with_more = [known.encode_to_vec(), vec![0x90, 0x06, 0x01]].concat();
    let mut bytes = Vec::new();
    for notice in [newer.to_vec(), with_more, known.encode_to_vec()] {
        bytes.push(0x0a);
        bytes.push(u8::try_from(notice.len()).unwrap());
        bytes.extend(notice);
    }
    let read = read_envelope(v1::PeerEnvelope::decode(bytes.as_slice()).unwrap());
    assert_eq!(read.notices, [Notice::PresenceChanged(user), Notice::PresenceChanged(user)]);
}

#[test]
fn an_entry_that_a_newer_release_wrote_is_told_as_more_in_the_log() {
    let reader = UserId::try_from(uuid::Uuid::from_u128(7)).unwrap();
    let head = Seq::new(12).unwrap();
    let told = v1::PeerFeedEntry {
        reader_id: reader.to_string(),
        entry: Some(v1::FeedEntry { seq: 12, stored_ms: 5, change: None }),
    };
    assert_eq!(feed::read_entry(told), Ok(Event::LogChanged { log: LogId::Feed(reader), head }));
}

#[test]
fn an_end_for_an_unknown_reason_is_an_end() {
    let (user, session) = (uuid::Uuid::from_u128(1).to_string(), uuid::Uuid::from_u128(2).to_string());
    let disconnect = v1::PeerDisconnect { user_id: user, session_id: session, reason: 99 };
    assert_eq!(read_disconnect(&disconnect).unwrap().reason, SessionEndReason::Revoked);
}
