//! Entries of feeds.

use flux_core::account::Profile;
use flux_core::feed::{FeedChange, FeedEntry};
use flux_core::friend::Remark;
use flux_core::routing::Event;
use flux_core::{LogId, Timestamp, UserId};
use flux_proto::v1::{self, feed_entry::Change};

use super::people::{read_end_reason, read_profile, read_request, read_session};
use super::{Unreadable, needed, read_id, read_seq};
use crate::wire::change;

pub(super) fn entry(reader: UserId, entry: &FeedEntry) -> v1::PeerFeedEntry {
    let entry = v1::FeedEntry {
        seq: entry.seq.get(),
        stored_ms: entry.at.as_millis(),
        change: change(&entry.change),
    };
    v1::PeerFeedEntry { reader_id: reader.to_string(), entry: Some(entry) }
}

/// An entry that a newer release wrote is told as "there is more in the log": who wants it reads it there.
pub(super) fn read_entry(told: v1::PeerFeedEntry) -> Result<Event, Unreadable> {
    let reader = read_id(&told.reader_id, "reader_id")?;
    let entry = needed(told.entry, "entry")?;
    let (seq, at) = (read_seq(entry.seq, "seq")?, Timestamp::from_millis(entry.stored_ms));
    let change = needed(entry.change, "change").and_then(|change| read_change(change, reader));
    Ok(match change {
        Ok(change) => Event::Feed(FeedEntry { seq, at, change }),
        Err(_) => Event::LogChanged { log: LogId::Feed(reader), head: seq },
    })
}

fn read_change(change: Change, reader: UserId) -> Result<FeedChange, Unreadable> {
    let read_user = |user: v1::UserRef| read_id(&user.user_id, "user_id");
    let read_held = |held: Option<v1::Profile>| -> Result<Profile, Unreadable> {
        needed(held, "profile").and_then(read_profile)
    };
    Ok(match change {
        Change::FriendRequest(made) => FeedChange::FriendRequest(read_request(made)?),
        Change::FriendAdded(friend) => FeedChange::FriendAdded {
            profile: read_held(friend.profile)?,
            since: Timestamp::from_millis(friend.since_ms),
            conversation: read_id(&friend.conversation_id, "conversation_id")?,
        },
        Change::FriendRemoved(user) => FeedChange::FriendRemoved(read_user(user)?),
        Change::RemarkChanged(changed) => FeedChange::RemarkChanged {
            friend: read_id(&changed.user_id, "user_id")?,
            remark: Remark::from_store(changed.remark),
        },
        Change::Blocked(block) => FeedChange::Blocked {
            profile: read_held(block.profile)?,
            since: Timestamp::from_millis(block.since_ms),
        },
        Change::Unblocked(user) => FeedChange::Unblocked(read_user(user)?),
        Change::ProfileChanged(changed) => FeedChange::ProfileChanged(read_profile(changed)?),
        Change::SessionOpened(opened) => FeedChange::SessionOpened(read_session(opened, reader)?),
        Change::SessionEnded(ended) => FeedChange::SessionEnded {
            session: read_id(&ended.session_id, "session_id")?,
            reason: read_end_reason(ended.reason()),
        },
    })
}
