//! What is true between two users, for [`decide`](flux_core::friend::decide).

use flux_core::friend::{RelationChange, RelationFacts, Remark, SideFacts};
use flux_core::{Pair, RequestId, StoreError, UserId};

use crate::mysql::account;
use crate::mysql::rows::Columns;
use crate::mysql::statement::{Statement, sql, statements};
use crate::mysql::transaction::Tx;
use crate::sql::{RequestRow, corrupt, profile_columns, side as read_side};

statements! {
    SIDE = concat!("SELECT ", profile_columns!("a"), ", a.state, \
        (SELECT COUNT(*) FROM friendships WHERE low_id = a.user_id) \
            + (SELECT COUNT(*) FROM friendships WHERE high_id = a.user_id), \
        (SELECT COUNT(*) FROM friend_requests WHERE from_id = a.user_id AND state = 'pending'), \
        (SELECT COUNT(*) FROM friend_requests WHERE to_id = a.user_id AND state = 'pending' AND hidden = 0), \
        (SELECT COUNT(*) FROM blocks WHERE blocker_id = a.user_id), \
        (SELECT since_ms FROM blocks WHERE blocker_id = a.user_id AND blocked_id = ?) \
        FROM accounts AS a WHERE a.user_id = ?");
    FRIENDSHIP = "SELECT since_ms, low_remark, high_remark FROM friendships WHERE low_id = ? AND high_id = ?";
    PENDING = "SELECT request_id, from_id, to_id, greeting, created_ms, state, hidden FROM friend_requests \
               WHERE pending_low = ? AND pending_high = ?";
    NAMED = "SELECT request_id, from_id, to_id, greeting, created_ms, state, hidden FROM friend_requests \
             WHERE request_id = ?";
}

/// Whom a change concerns besides the actor, and the request that it names.
pub(super) struct Concerned {
    other: Option<UserId>,
    named: Option<RequestId>,
}

/// Locks the accounts of the two, ascending by id. Whom a named request is between never changes.
pub(super) async fn lock(tx: &mut Tx, me: UserId, change: &RelationChange) -> Result<Concerned, StoreError> {
    let concerned = match change {
        RelationChange::Accept(id) | RelationChange::Reject(id) | RelationChange::Cancel(id) => {
            let named = request(tx, sql(NAMED).id(id)).await?;
            // Of somebody else's request nothing is told, not even that it is there.
            let other = named.and_then(|named| named.other(me));
            Concerned { other, named: other.map(|_| *id) }
        }
        RelationChange::Request { to: other, .. }
        | RelationChange::Remove(other)
        | RelationChange::Remark(other, _)
        | RelationChange::Block(other)
        | RelationChange::Unblock(other) => Concerned { other: Some(*other), named: None },
    };
    match concerned.other.and_then(|other| Pair::new(me, other)) {
        None => {
            account::lock(tx, me).await?;
        }
        Some(pair) => {
            for user in pair.both() {
                account::lock(tx, user).await?;
            }
        }
    }
    Ok(concerned)
}

/// What is true between `me` and whom a change concerns.
pub(super) async fn read(
    tx: &mut Tx,
    me: UserId,
    Concerned { other, named }: Concerned,
) -> Result<RelationFacts, StoreError> {
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
    if let Some(row) = tx.one(sql(FRIENDSHIP).id(&pair.low()).id(&pair.high())).await? {
        let mut columns = Columns::of(&row);
        facts.friends_since = Some(columns.time("friendships.since_ms")?);
        let low = Remark::from_store(columns.text("friendships.low_remark")?);
        let high = Remark::from_store(columns.text("friendships.high_remark")?);
        (facts.actor.remark, you.remark) = if pair.low() == me { (low, high) } else { (high, low) };
    }
    let pending = request(tx, sql(PENDING).id(&pair.low()).id(&pair.high())).await?;
    facts.pending = pending.map(|row| row.between(&facts.actor, you));
    if let Some(id) = named {
        let named = request(tx, sql(NAMED).id(&id)).await?;
        facts.named = named.map(|row| row.between(&facts.actor, you));
    }
    Ok(facts)
}

async fn side(tx: &mut Tx, user: UserId, other: UserId) -> Result<Option<SideFacts>, StoreError> {
    tx.one(sql(SIDE).id(&other).id(&user)).await?.as_ref().map(read_side).transpose()
}

async fn request(tx: &mut Tx, statement: Statement) -> Result<Option<RequestRow>, StoreError> {
    tx.one(statement).await?.as_ref().map(RequestRow::read).transpose()
}
