//! What a client asks for, in the core's words.

use flux_core::account::MAX_FOUND;
use flux_core::friend::{Greeting, Remark, RequestDirection};
use flux_core::message::{Destination, HistoryFrom, MAX_PAGE, MessageText};
use flux_core::presence::OwnPresence;
use flux_core::{ConversationId, MessageId, RequestId, Secret, Seq, SessionId, UserId};
use flux_proto::v1::{self, client_frame::Request as Wire};

use super::field::{Invalid, id, ids, limit, optional_id, seq};
use super::{Hello, friend, message, presence};

/// The most profiles that one request may ask for.
pub(super) const MAX_PROFILES: usize = 100;

/// The most users that one request may name to be watched. How many a connection watches in all is the core's to say.
pub(super) const MAX_WATCHED: usize = 500;

/// The longest payload of a ping, in bytes.
pub(super) const MAX_PING: usize = 64;

/// The longest text that is searched for, in bytes: an e-mail address is no longer.
pub(super) const MAX_QUERY: usize = 320;

/// A request: the first of a connection, or one of an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    Hello(Hello),
    Command(Command),
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Send {
    pub(crate) to: Destination,
    pub(crate) message: MessageId,
    pub(crate) text: MessageText,
}

/// What becomes of a request of friendship.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Accept,
    Reject,
    Cancel,
}

/// What an actor wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Ping { payload: String },
    Send(Send),
    GiveUp { conversation: ConversationId, message: MessageId },
    MoveCursor { conversation: ConversationId, delivered: Seq, read: Seq },
    Ask(Ask),
}

/// What is answered once it was looked up or done. Pages stay the text they are until it is known whose they must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    History { conversation: ConversationId, from: HistoryFrom, limit: usize },
    Feed { after: Seq, limit: usize },
    Sync { cursor: String, page: String },
    SetTyping { conversation: ConversationId, typing: bool },
    SetPresence(OwnPresence),
    WatchPresence(Vec<UserId>),
    UnwatchPresence(Vec<UserId>),
    SearchUsers { query: Secret, limit: usize },
    GetProfiles(Vec<UserId>),
    Friends(AskFriends),
    ListSessions,
    Logout { session: Option<SessionId> },
}

/// What concerns friends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AskFriends {
    Request { to: UserId, greeting: Greeting },
    Answer { request: RequestId, answer: Answer },
    Requests { direction: RequestDirection, page: String },
    List { page: String },
    Remove(UserId),
    SetRemark { friend: UserId, remark: Remark },
    Block(UserId),
    Unblock(UserId),
    Blocks { page: String },
}

impl TryFrom<Wire> for Request {
    type Error = Invalid;

    fn try_from(request: Wire) -> Result<Self, Invalid> {
        Ok(Self::Command(match request {
            Wire::Hello(hello) => return hello.try_into().map(Self::Hello),
            Wire::Ping(v1::Ping { payload }) => {
                if payload.len() > MAX_PING {
                    return Err(Invalid::argument("payload"));
                }
                Command::Ping { payload }
            }
            Wire::Send(send) => Command::Send(send.try_into()?),
            Wire::GiveUp(v1::GiveUp { conversation_id, message_id }) => Command::GiveUp {
                conversation: id(&conversation_id, "conversation_id")?,
                message: id(&message_id, "message_id")?,
            },
            Wire::MarkDelivered(v1::MarkDelivered { conversation_id, seq: up_to }) => Command::MoveCursor {
                conversation: id(&conversation_id, "conversation_id")?,
                delivered: seq(up_to, "seq")?,
                read: Seq::ZERO,
            },
            Wire::MarkRead(v1::MarkRead { conversation_id, seq: up_to }) => Command::MoveCursor {
                conversation: id(&conversation_id, "conversation_id")?,
                delivered: seq(up_to, "seq")?,
                read: seq(up_to, "seq")?,
            },
            asked => Command::Ask(ask(asked)?),
        }))
    }
}

fn ask(request: Wire) -> Result<Ask, Invalid> {
    Ok(match request {
        Wire::ReadHistory(read) => message::read_history(&read)?,
        Wire::ReadFeed(v1::ReadFeed { after_seq, limit: most }) => {
            Ask::Feed { after: seq(after_seq, "after_seq")?, limit: limit(most, MAX_PAGE) }
        }
        Wire::Sync(v1::Sync { sync_cursor, page }) => Ask::Sync { cursor: sync_cursor, page },
        Wire::SetTyping(v1::SetTyping { conversation_id, typing }) => {
            Ask::SetTyping { conversation: id(&conversation_id, "conversation_id")?, typing }
        }
        Wire::SetPresence(set) => Ask::SetPresence(presence::own(set.presence)?),
        Wire::WatchPresence(v1::WatchPresence { user_ids }) => {
            Ask::WatchPresence(ids(&user_ids, MAX_WATCHED, "user_ids")?)
        }
        Wire::UnwatchPresence(v1::UnwatchPresence { user_ids }) => {
            Ask::UnwatchPresence(ids(&user_ids, MAX_WATCHED, "user_ids")?)
        }
        Wire::SearchUsers(v1::SearchUsers { query, limit: most }) => {
            if query.len() > MAX_QUERY {
                return Err(Invalid::argument("query"));
            }
            Ask::SearchUsers { query: Secret::new(query), limit: limit(most, MAX_FOUND) }
        }
        Wire::GetProfiles(v1::GetProfiles { user_ids }) => {
            Ask::GetProfiles(ids(&user_ids, MAX_PROFILES, "user_ids")?)
        }
        Wire::ListSessions(v1::ListSessions {}) => Ask::ListSessions,
        Wire::Logout(v1::Logout { session_id }) => {
            Ask::Logout { session: optional_id(&session_id, "session_id")? }
        }
        friends => Ask::Friends(friend::ask(friends)?),
    })
}

/// What a request is called in logs: one of a fixed set of names.
pub(crate) const fn name(request: &Wire) -> &'static str {
    match request {
        Wire::Hello(_) => "hello",
        Wire::Ping(_) => "ping",
        Wire::Send(_) => "send",
        Wire::GiveUp(_) => "give_up",
        Wire::ReadHistory(_) => "read_history",
        Wire::ReadFeed(_) => "read_feed",
        Wire::Sync(_) => "sync",
        Wire::MarkDelivered(_) => "mark_delivered",
        Wire::MarkRead(_) => "mark_read",
        Wire::SetTyping(_) => "set_typing",
        Wire::SetPresence(_) => "set_presence",
        Wire::WatchPresence(_) => "watch_presence",
        Wire::UnwatchPresence(_) => "unwatch_presence",
        Wire::SearchUsers(_) => "search_users",
        Wire::GetProfiles(_) => "get_profiles",
        Wire::RequestFriend(_) => "request_friend",
        Wire::AnswerFriend(_) => "answer_friend",
        Wire::ListFriendRequests(_) => "list_friend_requests",
        Wire::ListFriends(_) => "list_friends",
        Wire::RemoveFriend(_) => "remove_friend",
        Wire::SetRemark(_) => "set_remark",
        Wire::BlockUser(_) => "block_user",
        Wire::UnblockUser(_) => "unblock_user",
        Wire::ListBlocks(_) => "list_blocks",
        Wire::ListSessions(_) => "list_sessions",
        Wire::Logout(_) => "logout",
    }
}
