//! Writing what [`decide`](flux_core::friend::decide) said.

use flux_core::feed::{FeedChange, FeedEntry};
use flux_core::friend::{KeptRequest, RelationWrite, Remark, RequestState};
use flux_core::message::DirectPolicy;
use flux_core::{ConversationId, Pair, RequestId, StoreError, UserId};

use crate::mysql::feed;
use crate::mysql::statement::{sql, statements};
use crate::mysql::transaction::Tx;

statements! {
    INSERT_REQUEST = "INSERT INTO friend_requests (request_id, from_id, to_id, greeting, created_ms, state, hidden, \
                                                   pending_low, pending_high) \
                      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    CLOSE_REQUEST = "UPDATE friend_requests SET state = ?, pending_low = NULL, pending_high = NULL \
                     WHERE request_id = ? AND state = 'pending'";
    INSERT_FRIENDSHIP = "INSERT INTO friendships (low_id, high_id, since_ms, low_remark, high_remark) \
                         VALUES (?, ?, ?, '', '')";
    DELETE_FRIENDSHIP = "DELETE FROM friendships WHERE low_id = ? AND high_id = ?";
    LOW_REMARK = "UPDATE friendships SET low_remark = ? WHERE low_id = ? AND high_id = ?";
    HIGH_REMARK = "UPDATE friendships SET high_remark = ? WHERE low_id = ? AND high_id = ?";
    INSERT_BLOCK = "INSERT INTO blocks (blocker_id, blocked_id, since_ms) VALUES (?, ?, ?)";
    DELETE_BLOCK = "DELETE FROM blocks WHERE blocker_id = ? AND blocked_id = ?";
    SHOW_REQUEST = "UPDATE friend_requests SET hidden = 0 WHERE request_id = ?";
    /// A policy of 1 is friendship and nothing against it: either may write. Columns are set from left to right, each
    /// seeing those before it.
    SET_POLICY = "UPDATE conversations \
                  SET changed = IF((policy = 1) = (? = 1), changed, GREATEST(changed + 1, ?)), policy = ? \
                  WHERE conversation_id = ?";
    OPEN_DIRECT = "INSERT INTO conversations (conversation_id, low_id, high_id, policy, head_seq, changed) \
                   VALUES (?, ?, ?, ?, 0, ?)";
    ADD_MEMBERS = "INSERT INTO members (conversation_id, user_id, delivered_seq, read_seq, moved) \
                   VALUES (?, ?, 0, 0, 0), (?, ?, 0, 0, 0)";
}

/// All of the writes; the feed entries that they made, in their order. Entries come last: the heads of feeds are the
/// last thing that is locked.
pub(in crate::mysql) async fn apply(
    tx: &mut Tx,
    writes: Vec<RelationWrite>,
) -> Result<Vec<(UserId, FeedEntry)>, StoreError> {
    let mut told = Vec::new();
    for write in writes {
        match write {
            RelationWrite::InsertRequest(kept) => insert_request(tx, kept).await?,
            RelationWrite::CloseRequest(request, state) => close_request(tx, request, state).await?,
            RelationWrite::InsertFriendship(pair, since) => {
                let insert = sql(INSERT_FRIENDSHIP).id(&pair.low()).id(&pair.high());
                tx.run(insert.int(since.as_millis())).await?;
            }
            RelationWrite::DeleteFriendship(pair) => delete_friendship(tx, pair).await?,
            RelationWrite::SetRemark(pair, of, remark) => set_remark(tx, pair, of, &remark).await?,
            RelationWrite::InsertBlock(blocker, blocked, since) => {
                tx.run(sql(INSERT_BLOCK).id(&blocker).id(&blocked).int(since.as_millis())).await?;
            }
            RelationWrite::DeleteBlock(blocker, blocked) => delete_block(tx, blocker, blocked).await?,
            RelationWrite::ShowRequest(request) => tx.run(sql(SHOW_REQUEST).id(&request)).await?,
            RelationWrite::SetDirectPolicy(pair, policy) => {
                set_direct_policy(tx, pair, policy).await?;
            }
            RelationWrite::OpenDirect(pair, policy) => open_direct(tx, pair, policy).await?,
            RelationWrite::Feed(user, change) => told.push((user, change)),
        }
    }
    let told: Vec<(UserId, FeedChange)> = told;
    feed::append(tx, told).await
}

async fn insert_request(tx: &mut Tx, kept: KeptRequest) -> Result<(), StoreError> {
    let KeptRequest { request, hidden } = kept;
    let (from, to) = (request.from.user, request.to.user);
    let (low, high) = (from.min(to), from.max(to));
    let insert = sql(INSERT_REQUEST)
        .id(&request.request)
        .id(&from)
        .id(&to)
        .text(request.greeting.as_str())
        .int(request.created.as_millis())
        .text(request.state.as_str())
        .int(i64::from(hidden))
        .id(&low)
        .id(&high);
    tx.run(insert).await
}

pub(in crate::mysql) async fn close_request(
    tx: &mut Tx,
    request: RequestId,
    state: RequestState,
) -> Result<(), StoreError> {
    tx.run(sql(CLOSE_REQUEST).text(state.as_str()).id(&request)).await
}

pub(in crate::mysql) async fn delete_friendship(tx: &mut Tx, pair: Pair) -> Result<(), StoreError> {
    tx.run(sql(DELETE_FRIENDSHIP).id(&pair.low()).id(&pair.high())).await
}

pub(in crate::mysql) async fn delete_block(
    tx: &mut Tx,
    blocker: UserId,
    blocked: UserId,
) -> Result<(), StoreError> {
    tx.run(sql(DELETE_BLOCK).id(&blocker).id(&blocked)).await
}

async fn set_remark(tx: &mut Tx, pair: Pair, of: UserId, remark: &Remark) -> Result<(), StoreError> {
    let text = if of == pair.low() { LOW_REMARK } else { HIGH_REMARK };
    tx.run(sql(text).text(remark.as_str()).id(&pair.low()).id(&pair.high())).await
}

/// Says in the conversation's row who may write; whether there is a row.
async fn set_direct_policy(tx: &mut Tx, pair: Pair, policy: DirectPolicy) -> Result<bool, StoreError> {
    let (id, bits) = (ConversationId::direct(pair), i64::from(policy.to_bits()));
    let stamp = tx.stamp_conversation(id);
    let set = sql(SET_POLICY).int(bits).int(stamp).int(bits).id(&id);
    Ok(tx.count(set).await? > 0)
}

/// The same, making the row and its two members if there is none. Nobody else makes it meanwhile: they would need the
/// locks of the two accounts.
async fn open_direct(tx: &mut Tx, pair: Pair, policy: DirectPolicy) -> Result<(), StoreError> {
    if set_direct_policy(tx, pair, policy).await? {
        return Ok(());
    }
    let (id, bits) = (ConversationId::direct(pair), i64::from(policy.to_bits()));
    let stamp = tx.stamp_conversation(id);
    tx.run(sql(OPEN_DIRECT).id(&id).id(&pair.low()).id(&pair.high()).int(bits).int(stamp)).await?;
    tx.run(sql(ADD_MEMBERS).id(&id).id(&pair.low()).id(&id).id(&pair.high())).await
}
