//! Answers.

use std::time::Duration;

use flux_core::account::Profile;
use flux_core::feed::FeedRange;
use flux_core::friend::{Asked, Block, Friend, FriendRequest, Page};
use flux_core::message::{Cursor, History, MessageText, Sent, SyncPage};
use flux_core::presence::Presence;
use flux_core::session::{Actor, Session};
use flux_core::{ConversationId, Epoch, NodeId, SessionId, Timestamp, UserId};
use flux_proto::v1::{self, reply::Result as Wire, server_frame::Frame};

use super::{Rejection, feed, friend, message, sync};
use crate::wire;

/// What a request was answered with.
pub(crate) type Result = std::result::Result<Requested, Rejection>;

/// What a connection is told once it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Welcome {
    pub(crate) actor: Actor,
    pub(crate) node: NodeId,
    pub(crate) epoch: Epoch,
    pub(crate) heartbeat: Duration,
    pub(crate) frame_bytes: usize,
    pub(crate) watched_users: usize,
    pub(crate) open_requests: usize,
    pub(crate) now: Timestamp,
    pub(crate) sync: SyncPage,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Requested {
    Done,
    Welcome(Box<Welcome>),
    Pong { payload: String, now: Timestamp },
    Sent(Sent),
    History { conversation: ConversationId, history: History },
    Feed(FeedRange),
    Sync { user: UserId, page: SyncPage },
    CursorMoved { conversation: ConversationId, cursor: Cursor },
    Presences(Vec<Presence>),
    Profiles(Vec<Profile>),
    Asked(Box<Asked>),
    Requests(Page<FriendRequest>),
    Friends(Page<Friend>),
    Blocks(Page<Block>),
    Sessions { sessions: Vec<Session>, current: SessionId },
}

/// The frame of an answer.
pub(crate) fn reply(request_id: u32, result: &Result) -> v1::ServerFrame {
    let result = match result {
        Ok(requested) => requested.to_wire(),
        Err(rejection) => Wire::Error(rejection.to_wire()),
    };
    v1::ServerFrame { frame: Some(Frame::Reply(v1::Reply { request_id, result: Some(result) })) }
}

impl Requested {
    fn to_wire(&self) -> Wire {
        match self {
            Self::Done => Wire::Done(v1::Done {}),
            Self::Welcome(welcome) => Wire::Welcome(welcome.to_wire()),
            Self::Pong { payload, now } => {
                Wire::Pong(v1::Pong { payload: payload.clone(), server_ms: now.as_millis() })
            }
            Self::Sent(sent) => Wire::Sent(wire::sent(sent)),
            Self::History { conversation, history } => {
                Wire::History(message::history(*conversation, history))
            }
            Self::Feed(range) => Wire::Feed(feed::feed(range)),
            Self::Sync { user, page } => Wire::SyncPage(sync::page(page, *user)),
            Self::CursorMoved { conversation, cursor } => Wire::CursorMoved(v1::CursorMoved {
                conversation_id: conversation.to_string(),
                cursor: Some(wire::cursor(cursor)),
            }),
            Self::Presences(seen) => {
                Wire::PresenceList(v1::PresenceList { presences: seen.iter().map(wire::presence).collect() })
            }
            Self::Profiles(found) => {
                Wire::ProfileList(v1::ProfileList { profiles: found.iter().map(wire::profile).collect() })
            }
            Self::Asked(asked) => Wire::FriendRequested(friend::asked(asked)),
            Self::Requests(page) => {
                let (requests, next_page) = friend::page(page, wire::request);
                Wire::FriendRequestList(v1::FriendRequestList { requests, next_page })
            }
            Self::Friends(page) => {
                let (friends, next_page) = friend::page(page, friend::friend);
                Wire::FriendList(v1::FriendList { friends, next_page })
            }
            Self::Blocks(page) => {
                let (blocks, next_page) = friend::page(page, friend::block);
                Wire::BlockList(v1::BlockList { blocks, next_page })
            }
            Self::Sessions { sessions, current } => Wire::SessionList(v1::SessionList {
                sessions: sessions.iter().map(|open| wire::session(open, Some(*current))).collect(),
            }),
        }
    }
}

impl Welcome {
    fn to_wire(&self) -> v1::Welcome {
        v1::Welcome {
            user_id: self.actor.user.to_string(),
            session_id: self.actor.session.to_string(),
            generation: self.actor.generation.unwrap_or_default().get(),
            node_id: self.node.to_string(),
            epoch: self.epoch.to_string(),
            heartbeat_interval_ms: wire::whole_ms(self.heartbeat),
            limits: Some(v1::Limits {
                message_bytes: whole(MessageText::LIMIT_BYTES),
                frame_bytes: whole(self.frame_bytes),
                page_size: whole(flux_core::message::MAX_PAGE),
                watched_users: whole(self.watched_users),
                open_requests: whole(self.open_requests),
            }),
            server_ms: self.now.as_millis(),
            sync: Some(sync::page(&self.sync, self.actor.user)),
        }
    }
}

fn whole(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
