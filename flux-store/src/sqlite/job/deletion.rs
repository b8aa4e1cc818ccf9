//! What a deleted account leaves behind: friendships, requests, blocks and conversations, in this order.

use flux_core::feed::FeedChange;
use flux_core::friend::{FriendRequest, Greeting, RequestState};
use flux_core::message::DirectPolicy;
use flux_core::{ConversationId, Pair, StoreError, UserId};
use sqlx::sqlite::SqliteRow;

use super::{Entries, Place};
use crate::sqlite::rows::{Columns, Id, corrupt, limit as rows};
use crate::sqlite::statement::statements;
use crate::sqlite::writer::Tx;
use crate::sqlite::{account, feed, friend::write};

statements! {
    FRIENDSHIPS = "SELECT low_id, high_id FROM friendships WHERE low_id = ?1 \
                   UNION ALL SELECT low_id, high_id FROM friendships WHERE high_id = ?1 LIMIT ?2";
    REQUESTS = "SELECT request_id, from_id, to_id, greeting, created_ms, hidden FROM friend_requests \
                WHERE from_id = ?1 AND state = 'pending' \
                UNION ALL SELECT request_id, from_id, to_id, greeting, created_ms, hidden FROM friend_requests \
                WHERE to_id = ?1 AND state = 'pending' LIMIT ?2";
    BLOCKS = "SELECT blocker_id, blocked_id FROM blocks WHERE blocker_id = ?1 \
              UNION ALL SELECT blocker_id, blocked_id FROM blocks WHERE blocked_id = ?1 LIMIT ?2";
    CONVERSATIONS = "SELECT conversation_id FROM members WHERE user_id = ?1 AND conversation_id > ?2 \
                     ORDER BY conversation_id LIMIT ?3";
    CLOSE = "UPDATE conversations SET policy = ?1, changed = ?2 WHERE conversation_id = ?3 AND policy <> ?1";
}

/// Clears up at most `page` relations; where the next page starts, if there may be one. Only conversations need a
/// place: the rest is gone once it is done.
pub(super) async fn clear_up(
    tx: &mut Tx,
    user: UserId,
    place: Place,
    page: usize,
    entries: &mut Entries,
) -> Result<Option<Place>, StoreError> {
    let mut left = page;
    for row in tx.all(sqlx::query(FRIENDSHIPS).bind(user.blob()).bind(rows(left))).await? {
        end_friendship(tx, user, &row, entries).await?;
        left -= 1;
    }
    for row in tx.all(sqlx::query(REQUESTS).bind(user.blob()).bind(rows(left))).await? {
        cancel_request(tx, user, &row, entries).await?;
        left -= 1;
    }
    for row in tx.all(sqlx::query(BLOCKS).bind(user.blob()).bind(rows(left))).await? {
        let mut columns = Columns::of(&row);
        let (blocker, blocked) = (columns.id("blocks.blocker_id")?, columns.id("blocks.blocked_id")?);
        write::delete_block(tx, blocker, blocked).await?;
        left -= 1;
    }
    let mut next = place;
    let conversations = sqlx::query(CONVERSATIONS).bind(user.blob()).bind(next.id.clone()).bind(rows(left));
    for row in tx.all(conversations).await? {
        let conversation: ConversationId = Columns::of(&row).id("members.conversation_id")?;
        close(tx, conversation).await?;
        next.id = conversation.blob();
        left -= 1;
    }
    Ok((left == 0).then_some(next))
}

async fn end_friendship(
    tx: &mut Tx,
    user: UserId,
    row: &SqliteRow,
    entries: &mut Entries,
) -> Result<(), StoreError> {
    let mut columns = Columns::of(row);
    let (low, high) = (columns.id("friendships.low_id")?, columns.id("friendships.high_id")?);
    let pair = Pair::new(low, high).ok_or(corrupt("friendships"))?;
    let other = pair.other(user).ok_or(corrupt("friendships"))?;
    write::delete_friendship(tx, pair).await?;
    close(tx, ConversationId::direct(pair)).await?;
    entries.push(feed::append(tx, other, FeedChange::FriendRemoved(user)).await?);
    Ok(())
}

async fn cancel_request(
    tx: &mut Tx,
    user: UserId,
    row: &SqliteRow,
    entries: &mut Entries,
) -> Result<(), StoreError> {
    let mut columns = Columns::of(row);
    let request = columns.id("friend_requests.request_id")?;
    let (from, to) = (columns.id("friend_requests.from_id")?, columns.id("friend_requests.to_id")?);
    let greeting = Greeting::from_store(columns.text("friend_requests.greeting")?);
    let created = columns.time("friend_requests.created_ms")?;
    let hidden = columns.flag("friend_requests.hidden")?;
    let state = RequestState::Cancelled;
    write::close_request(tx, request, state).await?;
    let other = if from == user { to } else { from };
    // Whoever never saw a hidden request is not told of its end either.
    if hidden && other == to {
        return Ok(());
    }
    let from = account::profile(tx, from).await?.ok_or(corrupt("friend_requests.from_id"))?;
    let to = account::profile(tx, to).await?.ok_or(corrupt("friend_requests.to_id"))?;
    let request = FriendRequest { request, from, to, greeting, created, state };
    entries.push(feed::append(tx, other, FeedChange::FriendRequest(request)).await?);
    Ok(())
}

/// Closes a conversation for writing. No friendship and no block outlives the account, so nothing else stands in the
/// row.
async fn close(tx: &mut Tx, conversation: ConversationId) -> Result<(), StoreError> {
    let closed = DirectPolicy { closed: true, ..DirectPolicy::default() };
    let stamp = tx.next_stamp();
    let close = sqlx::query(CLOSE).bind(i64::from(closed.to_bits())).bind(stamp).bind(conversation.blob());
    tx.run(close).await
}
