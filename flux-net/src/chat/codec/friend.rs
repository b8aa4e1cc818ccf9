//! Requests, friends and blocks.

use flux_core::friend::{Asked, Block, Friend, Greeting, Page, PageToken, Remark, RequestDirection};
use flux_proto::v1::{self, client_frame::Request as Wire, friend_requested::Outcome};

use super::field::{Invalid, id, variant};
use super::{Answer, AskFriends};
use crate::wire::{profile, request};

/// Reads what concerns friends. Requests of other subjects do not get here; one that a newer wire adds is refused
/// until it is read somewhere.
pub(super) fn ask(request: Wire) -> Result<AskFriends, Invalid> {
    Ok(match request {
        Wire::RequestFriend(v1::RequestFriend { user_id, greeting }) => AskFriends::Request {
            to: id(&user_id, "user_id")?,
            greeting: Greeting::new(&greeting).map_err(|error| Invalid::text(error, "greeting"))?,
        },
        Wire::AnswerFriend(answered) => AskFriends::Answer {
            request: id(&answered.request_id, "request_id")?,
            answer: answer(answered.answer)?,
        },
        Wire::ListFriendRequests(v1::ListFriendRequests { sent, page }) => {
            let direction = if sent { RequestDirection::Sent } else { RequestDirection::Received };
            AskFriends::Requests { direction, page }
        }
        Wire::ListFriends(v1::ListFriends { page }) => AskFriends::List { page },
        Wire::RemoveFriend(v1::RemoveFriend { user_id }) => AskFriends::Remove(id(&user_id, "user_id")?),
        Wire::SetRemark(v1::SetRemark { user_id, remark }) => AskFriends::SetRemark {
            friend: id(&user_id, "user_id")?,
            remark: Remark::new(&remark).map_err(|error| Invalid::text(error, "remark"))?,
        },
        Wire::BlockUser(v1::BlockUser { user_id }) => AskFriends::Block(id(&user_id, "user_id")?),
        Wire::UnblockUser(v1::UnblockUser { user_id }) => AskFriends::Unblock(id(&user_id, "user_id")?),
        Wire::ListBlocks(v1::ListBlocks { page }) => AskFriends::Blocks { page },
        _ => return Err(Invalid::malformed("request")),
    })
}

fn answer(raw: i32) -> Result<Answer, Invalid> {
    variant(raw, "answer", |answer: v1::FriendAnswer| match answer {
        v1::FriendAnswer::Accept => Some(Answer::Accept),
        v1::FriendAnswer::Reject => Some(Answer::Reject),
        v1::FriendAnswer::Cancel => Some(Answer::Cancel),
        v1::FriendAnswer::Unspecified => None,
    })
}

pub(super) fn friend(friend: &Friend) -> v1::Friend {
    v1::Friend {
        profile: Some(profile(&friend.profile)),
        remark: friend.remark.as_str().to_owned(),
        since_ms: friend.since.as_millis(),
        conversation_id: friend.conversation.to_string(),
    }
}

pub(super) fn block(block: &Block) -> v1::Block {
    v1::Block { profile: Some(profile(&block.profile)), since_ms: block.since.as_millis() }
}

pub(super) fn asked(asked: &Asked) -> v1::FriendRequested {
    let outcome = match asked {
        Asked::Requested(pending) => Outcome::Pending(request(pending)),
        Asked::Befriended(new) => Outcome::Friend(friend(new)),
    };
    v1::FriendRequested { outcome: Some(outcome) }
}

/// The items of a page and the text by which the next one is asked for; empty on the last.
pub(super) fn page<T, W>(page: &Page<T>, item: impl Fn(&T) -> W) -> (Vec<W>, String) {
    let next = page.next.as_ref().map_or_else(String::new, PageToken::to_string);
    (page.items.iter().map(item).collect(), next)
}
