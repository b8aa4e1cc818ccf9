//! What is true between two users, for [`decide`](flux_core::friend::decide).

use flux_core::friend::{RelationChange, RelationFacts, Remark, SideFacts};
use flux_core::{Pair, StoreError, UserId};

use crate::sql::{self, RequestRow};
use crate::sqlite::rows::{Columns, Id, corrupt, profile_columns};
use crate::sqlite::statement::statements;
use crate::sqlite::writer::Tx;

statements! {
    SIDE = concat!("SELECT ", profile_columns!("a"), ", a.state, \
        (SELECT COUNT(*) FROM friendships WHERE low_id = a.user_id) \
            + (SELECT COUNT(*) FROM friendships WHERE high_id = a.user_id), \
        (SELECT COUNT(*) FROM friend_requests WHERE from_id = a.user_id AND state = 'pending'), \
        (SELECT COUNT(*) FROM friend_requests WHERE to_id = a.user_id AND state = 'pending' AND hidden = 0), \
        (SELECT COUNT(*) FROM blocks WHERE blocker_id = a.user_id), \
        (SELECT since_ms FROM blocks WHERE blocker_id = a.user_id AND blocked_id = ?2) \
        FROM accounts AS a WHERE a.user_id = ?1");
    FRIENDSHIP = "SELECT since_ms, low_remark, high_remark FROM friendships WHERE low_id = ? AND high_id = ?";
    PENDING = "SELECT request_id, from_id, to_id, greeting, created_ms, state, hidden FROM friend_requests \
               WHERE min(from_id, to_id) = ? AND max(from_id, to_id) = ? AND state = 'pending'";
    NAMED = "SELECT request_id, from_id, to_id, greeting, created_ms, state, hidden FROM friend_requests \
             WHERE request_id = ?";
}

/// What is true between `me` and whomever `change` concerns.
pub(super) async fn read(
    tx: &mut Tx,
    me: UserId,
    change: &RelationChange,
) -> Result<RelationFacts, StoreError> {
    let (other, named) = match change {
        RelationChange::Accept(id) | RelationChange::Reject(id) | RelationChange::Cancel(id) => {
            let named = request(tx, sqlx::query(NAMED).bind(id.blob())).await?;
            let other = named.as_ref().and_then(|named| named.other(me));
            (other, named)
        }
        RelationChange::Request { to: other, .. }
        | RelationChange::Remove(other)
        | RelationChange::Remark(other, _)
        | RelationChange::Block(other)
        | RelationChange::Unblock(other) => (Some(*other), None),
    };
    // Of somebody else's request nothing is told, not even that it is there.
    let mut facts = RelationFacts {
        actor: side(tx, me, other.unwrap_or(me)).await?.ok_or(corrupt("accounts.user_id"))?,
        other: None,
        friends_since: None,
        pending: None,
        named: None,
        now: tx.now(),
    };
    let Some(other) = other else { return Ok(facts) };
    facts.other = side(tx, other, me).await?;
    let (Some(pair), Some(you)) = (Pair::new(me, other), facts.other.as_mut()) else {
        return Ok(facts);
    };
    let friendship = sqlx::query(FRIENDSHIP).bind(pair.low().blob()).bind(pair.high().blob());
    if let Some(row) = tx.one(friendship).await? {
        let mut columns = Columns::of(&row);
        facts.friends_since = Some(columns.time("friendships.since_ms")?);
        let low = Remark::from_store(columns.text("friendships.low_remark")?);
        let high = Remark::from_store(columns.text("friendships.high_remark")?);
        (facts.actor.remark, you.remark) = if pair.low() == me { (low, high) } else { (high, low) };
    }
    let pending = sqlx::query(PENDING).bind(pair.low().blob()).bind(pair.high().blob());
    let pending = request(tx, pending).await?;
    facts.pending = pending.map(|row| row.between(&facts.actor, you));
    facts.named = named.map(|row| row.between(&facts.actor, you));
    Ok(facts)
}

async fn side(tx: &mut Tx, user: UserId, other: UserId) -> Result<Option<SideFacts>, StoreError> {
    let row = tx.one(sqlx::query(SIDE).bind(user.blob()).bind(other.blob())).await?;
    row.as_ref().map(sql::side).transpose()
}

async fn request(
    tx: &mut Tx,
    statement: crate::sqlite::statement::Statement,
) -> Result<Option<RequestRow>, StoreError> {
    let row = tx.one(statement).await?;
    row.as_ref().map(RequestRow::read).transpose()
}
