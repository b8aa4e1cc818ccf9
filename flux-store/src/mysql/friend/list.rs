//! Lists of relations, by page.

use std::collections::HashSet;

use flux_core::friend::{Block, Friend, FriendRequest, PageAfter, RequestDirection};
use flux_core::{StoreError, UserId};

use crate::mysql::rows::Columns;
use crate::mysql::statement::{Statement, many_statements, sql, statements};
use crate::mysql::store::Inner;
use crate::sql::{self as rows, limit, profile_columns};

/// Requests with the profiles of both, of `friend_requests AS r` as `$place` says.
macro_rules! requests {
    ($index:literal, $place:literal) => {
        concat!(
            "SELECT r.request_id, r.greeting, r.created_ms, ",
            profile_columns!("f"),
            ", ",
            profile_columns!("t"),
            " FROM friend_requests AS r FORCE INDEX (",
            $index,
            ") STRAIGHT_JOIN accounts AS f ON f.user_id = r.from_id \
             STRAIGHT_JOIN accounts AS t ON t.user_id = r.to_id \
             WHERE r.state = 'pending' AND ",
            $place,
            " AND r.created_ms >= ? AND (r.created_ms > ? OR r.request_id > ?) \
             ORDER BY r.created_ms, r.request_id LIMIT ?"
        )
    };
}

/// Everybody on `$other` side of the pairs of one on `$own` side, without a block in either direction.
macro_rules! all_mutual {
    ($own:literal, $other:literal, $index:literal) => {
        concat!(
            "(SELECT f.",
            $other,
            " FROM friendships AS f FORCE INDEX (",
            $index,
            ") WHERE NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = f.low_id AND b.blocked_id = f.high_id) \
               AND NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = f.high_id AND b.blocked_id = f.low_id) \
               AND f.",
            $own,
            " = ? LIMIT ?)"
        )
    };
}

statements! {
    FRIENDS = concat!(
        "SELECT page.since_ms, page.remark, ", profile_columns!("a"), " FROM (\
           (SELECT high_id AS other_id, since_ms, low_remark AS remark FROM friendships FORCE INDEX (friends_of_low) \
            WHERE low_id = ? AND since_ms >= ? AND (since_ms > ? OR high_id > ?) \
            ORDER BY since_ms, high_id LIMIT ?) \
           UNION ALL \
           (SELECT low_id, since_ms, high_remark FROM friendships FORCE INDEX (friends_of_high) \
            WHERE high_id = ? AND since_ms >= ? AND (since_ms > ? OR low_id > ?) \
            ORDER BY since_ms, low_id LIMIT ?) \
           ORDER BY since_ms, other_id LIMIT ?) AS page \
         STRAIGHT_JOIN accounts AS a ON a.user_id = page.other_id ORDER BY page.since_ms, page.other_id");
    SENT = requests!("requests_sent", "r.from_id = ?");
    RECEIVED = requests!("requests_received", "r.to_id = ? AND r.hidden = 0");
    BLOCKS = concat!("SELECT b.since_ms, ", profile_columns!("a"), " FROM blocks AS b FORCE INDEX (blocks_in_order) \
                      STRAIGHT_JOIN accounts AS a ON a.user_id = b.blocked_id \
                      WHERE b.blocker_id = ? AND b.since_ms >= ? AND (b.since_ms > ? OR b.blocked_id > ?) \
                      ORDER BY b.since_ms, b.blocked_id LIMIT ?");
    ALL_MUTUAL = concat!(all_mutual!("low_id", "high_id", "friends_of_low"), " UNION ALL ",
                         all_mutual!("high_id", "low_id", "friends_of_high"));
}

/// Who of a list is a friend, on `$own` side of the pair, without a block in either direction.
macro_rules! mutual {
    ($own:literal, $other:literal) => {
        concat!(
            "SELECT f.",
            $other,
            " FROM friendships AS f FORCE INDEX (PRIMARY) \
             WHERE NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = f.low_id AND b.blocked_id = f.high_id) \
               AND NOT EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = f.high_id AND b.blocked_id = f.low_id) \
               AND f.",
            $own,
            " = ? AND f.",
            $other,
            " IN ("
        )
    };
}

many_statements! {
    MUTUAL_ABOVE = mutual!("low_id", "high_id"), "?", ")";
    MUTUAL_BELOW = mutual!("high_id", "low_id"), "?", ")";
}

/// Where a page starts: time, time again, id; and how long it is.
fn page(statement: Statement, page: PageAfter) -> Statement {
    let (after, id) = match page.after {
        Some((time, id)) => (time.as_millis(), id.as_bytes().to_vec()),
        None => (i64::MIN, Vec::new()),
    };
    statement.int(after).int(after).bytes(id).int(limit(page.limit))
}

pub(super) async fn friends(
    inner: &Inner,
    user: UserId,
    after: PageAfter,
) -> Result<Vec<Friend>, StoreError> {
    let half = |statement: Statement| page(statement.id(&user), after);
    let found = inner.all(half(half(sql(FRIENDS))).int(limit(after.limit))).await?;
    rows::friends(&found, user)
}

pub(super) async fn requests(
    inner: &Inner,
    user: UserId,
    direction: RequestDirection,
    after: PageAfter,
) -> Result<Vec<FriendRequest>, StoreError> {
    let text = match direction {
        RequestDirection::Sent => SENT,
        RequestDirection::Received => RECEIVED,
    };
    rows::requests(&inner.all(page(sql(text).id(&user), after)).await?)
}

pub(super) async fn blocks(inner: &Inner, user: UserId, after: PageAfter) -> Result<Vec<Block>, StoreError> {
    rows::blocks(&inner.all(page(sql(BLOCKS).id(&user), after)).await?)
}

pub(super) async fn all_mutual(
    inner: &Inner,
    user: UserId,
    at_most: usize,
) -> Result<Vec<UserId>, StoreError> {
    let half = |statement: Statement| statement.id(&user).int(limit(at_most));
    let found = inner.all(half(half(sql(ALL_MUTUAL)))).await?;
    found.iter().take(at_most).map(|row| Columns::of(row).id("friendships")).collect()
}

pub(super) async fn mutual(
    inner: &Inner,
    user: UserId,
    others: &[UserId],
) -> Result<Vec<UserId>, StoreError> {
    let mut found: HashSet<UserId> = HashSet::new();
    let (above, below): (Vec<_>, Vec<_>) = others.iter().partition(|other| **other > user);
    for (text, side) in [(&MUTUAL_ABOVE, above), (&MUTUAL_BELOW, below)] {
        for statement in text.after(&side, |it| it.id(&user), |it, other| it.id(*other)) {
            for row in inner.all(statement).await? {
                found.insert(Columns::of(&row).id("friendships")?);
            }
        }
    }
    Ok(others.iter().copied().filter(|other| found.contains(other)).collect())
}
