//! One frame of every kind, the same in every run.
//!
//! Whatever is secret or private in them contains the word [`CANARY`].

use flux_proto::v1::{
    self, client_frame::Request, event, feed_entry, friend_requested, log_ref, read_history, reply, send,
    server_frame,
};

pub(crate) const CANARY: &str = "canary";

const ALICE: &str = "01940000-0000-7000-8000-00000000000a";
const BOB: &str = "01940000-0000-7000-8000-00000000000b";
const CONVERSATION: &str = "5f2c1d9e-8b1a-8c3d-9e4f-00112233aabb";
const MESSAGE: &str = "01940001-0000-7000-8000-000000000001";
const REQUEST: &str = "01940002-0000-7000-8000-000000000002";
const SESSION: &str = "01940003-0000-7000-8000-000000000003";
const NODE: &str = "01940004-0000-7000-8000-000000000004";
const EPOCH: &str = "01940005-0000-7000-8000-000000000005";
const NOW: i64 = 1_767_225_600_000;
/// Beyond what a double of JavaScript can hold.
const BIG: u64 = 9_007_199_254_740_993;

/// Every request, named as in `ClientFrame`.
pub(crate) fn client_frames() -> Vec<(&'static str, v1::ClientFrame)> {
    let requests = vec![
        (
            "hello",
            Request::Hello(v1::Hello {
                access_token: "canary.eyJhbGciOiJFZERTQSJ9".into(),
                client: "flux-cli/0.1".into(),
                sync_cursor: "s1.AAEC".into(),
                known_heads: vec![
                    v1::KnownHead { log: Some(conversation_log()), head_seq: BIG },
                    v1::KnownHead { log: Some(own_feed()), head_seq: 7 },
                ],
                epoch: EPOCH.into(),
            }),
        ),
        ("ping", Request::Ping(v1::Ping { payload: "42".into() })),
        (
            "send",
            Request::Send(v1::Send {
                message_id: MESSAGE.into(),
                text: "canary 你好 \u{1f600} \"quoted\" <b>".into(),
                to: Some(send::To::ConversationId(CONVERSATION.into())),
            }),
        ),
        (
            "send to a user",
            Request::Send(v1::Send {
                message_id: MESSAGE.into(),
                text: "canary".into(),
                to: Some(send::To::UserId(BOB.into())),
            }),
        ),
        (
            "give_up",
            Request::GiveUp(v1::GiveUp { conversation_id: CONVERSATION.into(), message_id: MESSAGE.into() }),
        ),
        (
            "read_history",
            Request::ReadHistory(v1::ReadHistory {
                conversation_id: CONVERSATION.into(),
                limit: 50,
                from: Some(read_history::From::BeforeSeq(0)),
            }),
        ),
        (
            "read_history after",
            Request::ReadHistory(v1::ReadHistory {
                conversation_id: CONVERSATION.into(),
                limit: 0,
                from: Some(read_history::From::AfterSeq(BIG)),
            }),
        ),
        ("read_feed", Request::ReadFeed(v1::ReadFeed { after_seq: 41, limit: 100 })),
        ("sync", Request::Sync(v1::Sync { sync_cursor: "s1.AAEC".into(), page: "p1.AwQF".into() })),
        (
            "mark_delivered",
            Request::MarkDelivered(v1::MarkDelivered { conversation_id: CONVERSATION.into(), seq: 12 }),
        ),
        ("mark_read", Request::MarkRead(v1::MarkRead { conversation_id: CONVERSATION.into(), seq: 11 })),
        (
            "set_typing",
            Request::SetTyping(v1::SetTyping { conversation_id: CONVERSATION.into(), typing: true }),
        ),
        (
            "set_presence",
            Request::SetPresence(v1::SetPresence { presence: v1::OwnPresence::Invisible.into() }),
        ),
        (
            "watch_presence",
            Request::WatchPresence(v1::WatchPresence { user_ids: vec![ALICE.into(), BOB.into()] }),
        ),
        ("unwatch_presence", Request::UnwatchPresence(v1::UnwatchPresence { user_ids: vec![BOB.into()] })),
        (
            "search_users",
            Request::SearchUsers(v1::SearchUsers { query: "canary@example.com".into(), limit: 10 }),
        ),
        ("get_profiles", Request::GetProfiles(v1::GetProfiles { user_ids: vec![BOB.into()] })),
        (
            "request_friend",
            Request::RequestFriend(v1::RequestFriend { user_id: BOB.into(), greeting: "canary, hi".into() }),
        ),
        (
            "answer_friend",
            Request::AnswerFriend(v1::AnswerFriend {
                request_id: REQUEST.into(),
                answer: v1::FriendAnswer::Accept.into(),
            }),
        ),
        (
            "list_friend_requests",
            Request::ListFriendRequests(v1::ListFriendRequests { sent: true, page: "p1.AwQF".into() }),
        ),
        ("list_friends", Request::ListFriends(v1::ListFriends { page: "p1.AwQF".into() })),
        ("remove_friend", Request::RemoveFriend(v1::RemoveFriend { user_id: BOB.into() })),
        (
            "set_remark",
            Request::SetRemark(v1::SetRemark { user_id: BOB.into(), remark: "canary Bobby".into() }),
        ),
        ("block_user", Request::BlockUser(v1::BlockUser { user_id: BOB.into() })),
        ("unblock_user", Request::UnblockUser(v1::UnblockUser { user_id: BOB.into() })),
        ("list_blocks", Request::ListBlocks(v1::ListBlocks { page: String::new() })),
        ("list_sessions", Request::ListSessions(v1::ListSessions {})),
        ("logout", Request::Logout(v1::Logout { session_id: SESSION.into() })),
    ];
    (1..)
        .zip(requests)
        .map(|(request_id, (name, request))| (name, v1::ClientFrame { request_id, request: Some(request) }))
        .collect()
}

/// Every reply and every event, named as in `Reply` and `Event`.
pub(crate) fn server_frames() -> Vec<(&'static str, v1::ServerFrame)> {
    let replies = (1..).zip(replies()).map(|(request_id, (name, result))| {
        let reply = v1::Reply { request_id, result: Some(result) };
        (name, v1::ServerFrame { frame: Some(server_frame::Frame::Reply(reply)) })
    });
    let events = events().into_iter().map(|(name, event)| {
        let event = v1::Event { event: Some(event) };
        (name, v1::ServerFrame { frame: Some(server_frame::Frame::Event(event)) })
    });
    replies.chain(events).collect()
}

fn replies() -> Vec<(&'static str, reply::Result)> {
    vec![
        (
            "reply.error",
            reply::Result::Error(v1::Error {
                code: "rate_limited".into(),
                message: "too many messages".into(),
                retry: v1::Retry::Later.into(),
                retry_after_ms: 1500,
                field: "text".into(),
            }),
        ),
        ("reply.done", reply::Result::Done(v1::Done {})),
        (
            "reply.welcome",
            reply::Result::Welcome(v1::Welcome {
                user_id: ALICE.into(),
                session_id: SESSION.into(),
                generation: 3,
                node_id: NODE.into(),
                epoch: EPOCH.into(),
                heartbeat_interval_ms: 20_000,
                limits: Some(v1::Limits {
                    message_bytes: 4096,
                    frame_bytes: 65_536,
                    page_size: 100,
                    watched_users: 500,
                    open_requests: 64,
                }),
                server_ms: NOW,
                sync: Some(sync_page()),
            }),
        ),
        ("reply.pong", reply::Result::Pong(v1::Pong { payload: "42".into(), server_ms: NOW })),
        (
            "reply.sent",
            reply::Result::Sent(v1::Sent {
                epoch: EPOCH.into(),
                conversation_id: CONVERSATION.into(),
                seq: 12,
                stored_ms: NOW,
                repeated: true,
            }),
        ),
        (
            "reply.history",
            reply::Result::History(v1::History {
                conversation_id: CONVERSATION.into(),
                messages: vec![message()],
                head_seq: 12,
            }),
        ),
        (
            "reply.feed",
            reply::Result::Feed(v1::Feed { entries: feed_entries(), head_seq: 50, floor_seq: 41 }),
        ),
        ("reply.sync_page", reply::Result::SyncPage(sync_page())),
        (
            "reply.cursor_moved",
            reply::Result::CursorMoved(v1::CursorMoved {
                conversation_id: CONVERSATION.into(),
                cursor: Some(cursor()),
            }),
        ),
        (
            "reply.presence_list",
            reply::Result::PresenceList(v1::PresenceList { presences: vec![presence()] }),
        ),
        (
            "reply.profile_list",
            reply::Result::ProfileList(v1::ProfileList { profiles: vec![alice(), bob()] }),
        ),
        (
            "reply.friend_requested",
            reply::Result::FriendRequested(v1::FriendRequested {
                outcome: Some(friend_requested::Outcome::Pending(friend_request())),
            }),
        ),
        (
            "reply.friend_requested at once",
            reply::Result::FriendRequested(v1::FriendRequested {
                outcome: Some(friend_requested::Outcome::Friend(friend())),
            }),
        ),
        (
            "reply.friend_request_list",
            reply::Result::FriendRequestList(v1::FriendRequestList {
                requests: vec![friend_request()],
                next_page: "p1.AwQF".into(),
            }),
        ),
        (
            "reply.friend_list",
            reply::Result::FriendList(v1::FriendList { friends: vec![friend()], next_page: String::new() }),
        ),
        (
            "reply.block_list",
            reply::Result::BlockList(v1::BlockList { blocks: vec![block()], next_page: "p1.AwQF".into() }),
        ),
        ("reply.session_list", reply::Result::SessionList(v1::SessionList { sessions: vec![session()] })),
    ]
}

fn events() -> Vec<(&'static str, event::Event)> {
    vec![
        ("event.message", event::Event::Message(message())),
        (
            "event.receipt",
            event::Event::Receipt(v1::Receipt {
                conversation_id: CONVERSATION.into(),
                cursor: Some(cursor()),
            }),
        ),
        ("event.presence", event::Event::Presence(presence())),
        (
            "event.typing",
            event::Event::Typing(v1::Typing {
                conversation_id: CONVERSATION.into(),
                user_id: BOB.into(),
                typing: true,
            }),
        ),
        ("event.feed_entry", event::Event::FeedEntry(feed_entries().swap_remove(0))),
        (
            "event.session_ended",
            event::Event::SessionEnded(v1::SessionEnded {
                reason: v1::SessionEndReason::PasswordChanged.into(),
            }),
        ),
        (
            "event.draining",
            event::Event::Draining(v1::Draining {
                retry_in_ms: 3000,
                url: "wss://chat-2.example.com/v1/chat".into(),
            }),
        ),
        (
            "event.log_changed",
            event::Event::LogChanged(v1::LogChanged { log: Some(conversation_log()), head_seq: 13 }),
        ),
        ("event.heartbeat", event::Event::Heartbeat(v1::Heartbeat { server_ms: NOW })),
    ]
}

fn conversation_log() -> v1::LogRef {
    v1::LogRef { log: Some(log_ref::Log::ConversationId(CONVERSATION.into())) }
}

fn own_feed() -> v1::LogRef {
    v1::LogRef { log: Some(log_ref::Log::Feed(v1::OwnFeed {})) }
}

fn alice() -> v1::Profile {
    v1::Profile {
        user_id: ALICE.into(),
        username: "alice".into(),
        display_name: "Alice the canary".into(),
        bio: "keeps a canary".into(),
        deleted: false,
    }
}

fn bob() -> v1::Profile {
    v1::Profile { user_id: BOB.into(), deleted: true, ..v1::Profile::default() }
}

fn message() -> v1::Message {
    v1::Message {
        conversation_id: CONVERSATION.into(),
        seq: 12,
        sender_id: ALICE.into(),
        message_id: MESSAGE.into(),
        text: "canary: see you at six".into(),
        stored_ms: NOW,
    }
}

fn cursor() -> v1::Cursor {
    v1::Cursor { user_id: BOB.into(), delivered_seq: 12, read_seq: 11 }
}

fn presence() -> v1::Presence {
    v1::Presence { user_id: BOB.into(), state: v1::PresenceState::Away.into(), last_seen_ms: NOW }
}

fn friend_request() -> v1::FriendRequest {
    v1::FriendRequest {
        request_id: REQUEST.into(),
        from: Some(alice()),
        to: Some(bob()),
        greeting: "canary, hi".into(),
        created_ms: NOW,
        state: v1::FriendRequestState::Pending.into(),
    }
}

fn friend() -> v1::Friend {
    v1::Friend {
        profile: Some(alice()),
        remark: "canary Al".into(),
        since_ms: NOW,
        conversation_id: CONVERSATION.into(),
    }
}

fn block() -> v1::Block {
    v1::Block { profile: Some(alice()), since_ms: NOW }
}

fn session() -> v1::Session {
    v1::Session {
        session_id: SESSION.into(),
        device_name: "laptop".into(),
        device_class: v1::DeviceClass::Desktop.into(),
        created_ms: NOW,
        last_used_ms: NOW + 1,
        current: true,
    }
}

fn sync_page() -> v1::SyncPage {
    v1::SyncPage {
        conversations: vec![v1::Conversation {
            conversation_id: CONVERSATION.into(),
            head_seq: BIG,
            cursors: vec![cursor(), v1::Cursor { user_id: ALICE.into(), ..v1::Cursor::default() }],
            writable: true,
            last_message_ms: NOW,
        }],
        feed_head_seq: 50,
        feed_floor_seq: 41,
        next_page: "p1.AwQF".into(),
        sync_cursor: "s1.AAEC".into(),
    }
}

fn feed_entries() -> Vec<v1::FeedEntry> {
    let user = v1::UserRef { user_id: BOB.into() };
    let changes = [
        feed_entry::Change::FriendRequest(friend_request()),
        feed_entry::Change::FriendAdded(friend()),
        feed_entry::Change::FriendRemoved(user.clone()),
        feed_entry::Change::RemarkChanged(v1::RemarkChanged {
            user_id: BOB.into(),
            remark: "canary B".into(),
        }),
        feed_entry::Change::Blocked(block()),
        feed_entry::Change::Unblocked(user),
        feed_entry::Change::ProfileChanged(alice()),
        feed_entry::Change::SessionOpened(session()),
        feed_entry::Change::SessionEnded(v1::SessionRef {
            session_id: SESSION.into(),
            reason: v1::SessionEndReason::TokenReused.into(),
        }),
    ];
    (42..)
        .zip(changes)
        .map(|(seq, change)| v1::FeedEntry { seq, stored_ms: NOW, change: Some(change) })
        .collect()
}
