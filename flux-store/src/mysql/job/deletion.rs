//! What a deleted account leaves behind: friendships, requests, blocks and conversations, in this order.

use std::collections::BTreeSet;

use flux_core::feed::FeedChange;
use flux_core::friend::{FriendRequest, RequestState};
use flux_core::message::DirectPolicy;
use flux_core::{ConversationId, Pair, StoreError, UserId};

use crate::mysql::account;
use crate::mysql::friend::write;
use crate::mysql::rows::Columns;
use crate::mysql::statement::{Statement, many_statements, sql, statements};
use crate::mysql::transaction::Tx;
use crate::sql::{Id, JobPlace, RequestRow, corrupt, limit as rows};

statements! {
    FRIENDSHIPS = "(SELECT low_id, high_id FROM friendships FORCE INDEX (friends_of_low) WHERE low_id = ? LIMIT ?) \
                   UNION ALL \
                   (SELECT low_id, high_id FROM friendships FORCE INDEX (friends_of_high) WHERE high_id = ? LIMIT ?) \
                   LIMIT ?";
    REQUESTS = "(SELECT request_id, from_id, to_id, greeting, created_ms, state, hidden \
                 FROM friend_requests FORCE INDEX (requests_sent) WHERE from_id = ? AND state = 'pending' LIMIT ?) \
                UNION ALL \
                (SELECT request_id, from_id, to_id, greeting, created_ms, state, hidden \
                 FROM friend_requests FORCE INDEX (requests_received) WHERE to_id = ? AND state = 'pending' LIMIT ?) \
                LIMIT ?";
    BLOCKS = "(SELECT blocker_id, blocked_id FROM blocks FORCE INDEX (PRIMARY) WHERE blocker_id = ? LIMIT ?) \
              UNION ALL \
              (SELECT blocker_id, blocked_id FROM blocks FORCE INDEX (blocks_by_blocked) WHERE blocked_id = ? LIMIT ?) \
              LIMIT ?";
    CONVERSATIONS = "SELECT conversation_id FROM members FORCE INDEX (members_by_user) \
                     WHERE user_id = ? AND conversation_id > ? ORDER BY conversation_id LIMIT ?";
}

many_statements! {
    /// Locks them, ascending by id. One that is closed already is not stamped again.
    LOCK = "SELECT conversation_id FROM conversations FORCE INDEX (PRIMARY) WHERE conversation_id IN (", "?",
           ") ORDER BY conversation_id FOR UPDATE";
    CLOSE = "UPDATE conversations FORCE INDEX (PRIMARY) SET policy = ?, changed = GREATEST(changed + 1, ?) \
             WHERE policy <> ? AND conversation_id IN (", "?", ")";
}

/// Clears up at most `page` relations; where the next page starts, if there may be one. Only conversations need a
/// place: the rest is gone once it is done. What feeds are to be told of is left in `told`.
pub(super) async fn clear_up(
    tx: &mut Tx,
    user: UserId,
    place: JobPlace,
    page: usize,
    told: &mut Vec<(UserId, FeedChange)>,
) -> Result<Option<JobPlace>, StoreError> {
    let mut left = page;
    let mut closing = BTreeSet::new();
    let both = |text, left| {
        let half = |it: crate::mysql::statement::Statement| it.id(&user).int(rows(left));
        half(half(sql(text))).int(rows(left))
    };
    for row in tx.all(both(FRIENDSHIPS, left)).await? {
        let mut columns = Columns::of(&row);
        let (low, high) = (columns.id("friendships.low_id")?, columns.id("friendships.high_id")?);
        let pair = Pair::new(low, high).ok_or(corrupt("friendships"))?;
        let other = pair.other(user).ok_or(corrupt("friendships"))?;
        write::delete_friendship(tx, pair).await?;
        closing.insert(ConversationId::direct(pair));
        told.push((other, FeedChange::FriendRemoved(user)));
        left -= 1;
    }
    for row in tx.all(both(REQUESTS, left)).await? {
        cancel(tx, user, RequestRow::read(&row)?, told).await?;
        left -= 1;
    }
    for row in tx.all(both(BLOCKS, left)).await? {
        let mut columns = Columns::of(&row);
        let (blocker, blocked) = (columns.id("blocks.blocker_id")?, columns.id("blocks.blocked_id")?);
        write::delete_block(tx, blocker, blocked).await?;
        left -= 1;
    }
    let mut next = place;
    for row in tx.all(sql(CONVERSATIONS).id(&user).bytes(&next.id).int(rows(left))).await? {
        let conversation: ConversationId = Columns::of(&row).id("members.conversation_id")?;
        closing.insert(conversation);
        next.id = conversation.blob();
        left -= 1;
    }
    close(tx, closing).await?;
    Ok((left == 0).then_some(next))
}

async fn cancel(
    tx: &mut Tx,
    user: UserId,
    request: RequestRow,
    told: &mut Vec<(UserId, FeedChange)>,
) -> Result<(), StoreError> {
    let RequestRow { request, from, to, greeting, created, hidden, .. } = request;
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
    told.push((other, FeedChange::FriendRequest(request)));
    Ok(())
}

/// Closes conversations for writing. No friendship and no block outlives the account, so nothing else stands in their
/// rows.
async fn close(tx: &mut Tx, conversations: BTreeSet<ConversationId>) -> Result<(), StoreError> {
    let conversations: Vec<_> = conversations.into_iter().collect();
    if conversations.is_empty() {
        return Ok(());
    }
    tx.all_of(LOCK.over(&conversations, Statement::id)).await?;
    let closed = i64::from(DirectPolicy { closed: true, ..DirectPolicy::default() }.to_bits());
    let stamp = tx.stamp_conversations(&conversations);
    let close = CLOSE.after(&conversations, |it| it.int(closed).int(stamp).int(closed), Statement::id);
    tx.run_all(close).await
}
