//! Writing what [`decide`](flux_core::friend::decide) said.

use flux_core::feed::FeedEntry;
use flux_core::friend::{RelationWrite, Remark, RequestState};
use flux_core::message::DirectPolicy;
use flux_core::{ConversationId, Pair, RequestId, StoreError, UserId};

use crate::sqlite::feed;
use crate::sqlite::rows::Id;
use crate::sqlite::statement::statements;
use crate::sqlite::writer::Tx;

statements! {
    INSERT_REQUEST = "INSERT INTO friend_requests (request_id, from_id, to_id, greeting, created_ms, state, hidden) \
                      VALUES (?, ?, ?, ?, ?, ?, ?)";
    CLOSE_REQUEST = "UPDATE friend_requests SET state = ? WHERE request_id = ? AND state = 'pending'";
    INSERT_FRIENDSHIP = "INSERT INTO friendships (low_id, high_id, since_ms, low_remark, high_remark) \
                         VALUES (?, ?, ?, '', '')";
    DELETE_FRIENDSHIP = "DELETE FROM friendships WHERE low_id = ? AND high_id = ?";
    LOW_REMARK = "UPDATE friendships SET low_remark = ? WHERE low_id = ? AND high_id = ?";
    HIGH_REMARK = "UPDATE friendships SET high_remark = ? WHERE low_id = ? AND high_id = ?";
    INSERT_BLOCK = "INSERT INTO blocks (blocker_id, blocked_id, since_ms) VALUES (?, ?, ?)";
    DELETE_BLOCK = "DELETE FROM blocks WHERE blocker_id = ? AND blocked_id = ?";
    SHOW_REQUEST = "UPDATE friend_requests SET hidden = 0 WHERE request_id = ?";
    /// A policy of 1 is friendship and nothing against it: either may write.
    SET_POLICY = "UPDATE conversations SET policy = ?2, \
                    changed = CASE WHEN (policy = 1) = (?2 = 1) THEN changed ELSE ?3 END \
                  WHERE conversation_id = ?1";
    OPEN_DIRECT = "INSERT INTO conversations (conversation_id, low_id, high_id, policy, head_seq, changed) \
                   VALUES (?, ?, ?, ?, 0, ?) ON CONFLICT (conversation_id) DO NOTHING";
    ADD_MEMBERS = "INSERT INTO members (user_id, conversation_id, delivered_seq, read_seq) \
                   VALUES (?2, ?1, 0, 0), (?3, ?1, 0, 0) ON CONFLICT DO NOTHING";
}

/// One write; the feed entry that it made, if it made one.
pub(in crate::sqlite) async fn apply(
    tx: &mut Tx,
    write: RelationWrite,
) -> Result<Option<(UserId, FeedEntry)>, StoreError> {
    match write {
        RelationWrite::InsertRequest(kept) => {
            let request = kept.request;
            let insert = sqlx::query(INSERT_REQUEST)
                .bind(request.request.blob())
                .bind(request.from.user.blob())
                .bind(request.to.user.blob())
                .bind(request.greeting.as_str())
                .bind(request.created.as_millis())
                .bind(request.state.as_str())
                .bind(i64::from(kept.hidden));
            tx.run(insert).await?;
        }
        RelationWrite::CloseRequest(request, state) => close_request(tx, request, state).await?,
        RelationWrite::InsertFriendship(pair, since) => {
            let insert = sqlx::query(INSERT_FRIENDSHIP).bind(pair.low().blob()).bind(pair.high().blob());
            tx.run(insert.bind(since.as_millis())).await?;
        }
        RelationWrite::DeleteFriendship(pair) => delete_friendship(tx, pair).await?,
        RelationWrite::SetRemark(pair, of, remark) => set_remark(tx, pair, of, &remark).await?,
        RelationWrite::InsertBlock(blocker, blocked, since) => {
            let insert = sqlx::query(INSERT_BLOCK).bind(blocker.blob()).bind(blocked.blob());
            tx.run(insert.bind(since.as_millis())).await?;
        }
        RelationWrite::DeleteBlock(blocker, blocked) => delete_block(tx, blocker, blocked).await?,
        RelationWrite::ShowRequest(request) => {
            tx.run(sqlx::query(SHOW_REQUEST).bind(request.blob())).await?;
        }
        RelationWrite::SetDirectPolicy(pair, policy) => set_direct_policy(tx, pair, policy).await?,
        RelationWrite::OpenDirect(pair, policy) => open_direct(tx, pair, policy).await?,
        RelationWrite::Feed(user, change) => return feed::append(tx, user, change).await.map(Some),
    }
    Ok(None)
}

pub(in crate::sqlite) async fn close_request(
    tx: &mut Tx,
    request: RequestId,
    state: RequestState,
) -> Result<(), StoreError> {
    tx.run(sqlx::query(CLOSE_REQUEST).bind(state.as_str()).bind(request.blob())).await
}

pub(in crate::sqlite) async fn delete_friendship(tx: &mut Tx, pair: Pair) -> Result<(), StoreError> {
    tx.run(sqlx::query(DELETE_FRIENDSHIP).bind(pair.low().blob()).bind(pair.high().blob())).await
}

pub(in crate::sqlite) async fn delete_block(
    tx: &mut Tx,
    blocker: UserId,
    blocked: UserId,
) -> Result<(), StoreError> {
    tx.run(sqlx::query(DELETE_BLOCK).bind(blocker.blob()).bind(blocked.blob())).await
}

async fn set_remark(tx: &mut Tx, pair: Pair, of: UserId, remark: &Remark) -> Result<(), StoreError> {
    let text = if of == pair.low() { LOW_REMARK } else { HIGH_REMARK };
    let set = sqlx::query(text).bind(remark.as_str()).bind(pair.low().blob()).bind(pair.high().blob());
    tx.run(set).await
}

/// Says in the conversation's row who may write, if there is a row.
async fn set_direct_policy(tx: &mut Tx, pair: Pair, policy: DirectPolicy) -> Result<(), StoreError> {
    let stamp = tx.next_stamp();
    let set = sqlx::query(SET_POLICY)
        .bind(ConversationId::direct(pair).blob())
        .bind(i64::from(policy.to_bits()))
        .bind(stamp);
    tx.run(set).await
}

/// The same, making the row and its two members if there is none.
async fn open_direct(tx: &mut Tx, pair: Pair, policy: DirectPolicy) -> Result<(), StoreError> {
    let (id, low, high) = (ConversationId::direct(pair).blob(), pair.low().blob(), pair.high().blob());
    let stamp = tx.next_stamp();
    let open = sqlx::query(OPEN_DIRECT)
        .bind(id.clone())
        .bind(low.clone())
        .bind(high.clone())
        .bind(i64::from(policy.to_bits()))
        .bind(stamp);
    if tx.count(open).await? == 0 {
        return set_direct_policy(tx, pair, policy).await;
    }
    tx.run(sqlx::query(ADD_MEMBERS).bind(id).bind(low).bind(high)).await
}
