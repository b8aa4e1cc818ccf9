//! What feeds tell.

use flux_core::account::Profile;
use flux_core::feed::FeedChange;
use flux_core::{Timestamp, UserId};
use flux_proto::v1::{self, feed_entry::Change};

use super::{end_reason, profile, request, session};

/// `None` for what a newer core may tell: the entry goes out without it, for its seq has to be seen.
pub(crate) fn change(change: &FeedChange) -> Option<Change> {
    Some(match change {
        FeedChange::FriendRequest(made) => Change::FriendRequest(request(made)),
        FeedChange::FriendAdded { profile: friend, since, conversation } => Change::FriendAdded(v1::Friend {
            profile: Some(profile(friend)),
            remark: String::new(),
            since_ms: since.as_millis(),
            conversation_id: conversation.to_string(),
        }),
        FeedChange::FriendRemoved(user) => Change::FriendRemoved(user_ref(*user)),
        FeedChange::RemarkChanged { friend, remark } => Change::RemarkChanged(v1::RemarkChanged {
            user_id: friend.to_string(),
            remark: remark.as_str().to_owned(),
        }),
        FeedChange::Blocked { profile, since } => Change::Blocked(blocked(profile, *since)),
        FeedChange::Unblocked(user) => Change::Unblocked(user_ref(*user)),
        FeedChange::ProfileChanged(changed) => Change::ProfileChanged(profile(changed)),
        FeedChange::SessionOpened(opened) => Change::SessionOpened(session(opened, None)),
        FeedChange::SessionEnded { session, reason } => Change::SessionEnded(v1::SessionRef {
            session_id: session.to_string(),
            reason: end_reason(*reason).into(),
        }),
        _ => return None,
    })
}

fn blocked(user: &Profile, since: Timestamp) -> v1::Block {
    v1::Block { profile: Some(profile(user)), since_ms: since.as_millis() }
}

fn user_ref(user: UserId) -> v1::UserRef {
    v1::UserRef { user_id: user.to_string() }
}
