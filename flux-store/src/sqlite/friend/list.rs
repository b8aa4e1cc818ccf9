//! Lists of relations, by page.

use std::collections::HashSet;

use flux_core::friend::{Block, Friend, FriendRequest, PageAfter, RequestDirection};
use flux_core::{StoreError, UserId};

use crate::sql;
use crate::sqlite::reader::Readers;
use crate::sqlite::rows::{Columns, Id, limit as rows, profile_columns};
use crate::sqlite::statement::{Statement, many_statements, statements};

/// The columns of a page of friends and the profiles that go with them.
macro_rules! friends {
    () => {
        concat!(
            "WITH page(other_id, since_ms, remark) AS (SELECT * FROM (\
               SELECT high_id AS other_id, since_ms, low_remark FROM friendships \
               WHERE low_id = ?1 AND (since_ms, high_id) > (?2, ?3) \
               UNION ALL \
               SELECT low_id, since_ms, high_remark FROM friendships \
               WHERE high_id = ?1 AND (since_ms, low_id) > (?2, ?3) \
               ORDER BY since_ms, other_id LIMIT ?4)) \
             SELECT page.since_ms, page.remark, ",
            profile_columns!("a"),
            " FROM page CROSS JOIN accounts AS a ON a.user_id = page.other_id \
             ORDER BY page.since_ms, page.other_id"
        )
    };
}

/// Requests with the profiles of both, of `friend_requests AS r` as `$place` says.
macro_rules! requests {
    ($place:literal) => {
        concat!(
            "SELECT r.request_id, r.greeting, r.created_ms, ",
            profile_columns!("f"),
            ", ",
            profile_columns!("t"),
            " FROM friend_requests AS r \
             CROSS JOIN accounts AS f ON f.user_id = r.from_id CROSS JOIN accounts AS t ON t.user_id = r.to_id \
             WHERE r.state = 'pending' AND ",
            $place,
            " AND (r.created_ms, r.request_id) > (?2, ?3) ORDER BY r.created_ms, r.request_id LIMIT ?4"
        )
    };
}

statements! {
    FRIENDS = friends!();
    SENT = requests!("r.from_id = ?1");
    RECEIVED = requests!("r.to_id = ?1 AND r.hidden = 0");
    BLOCKS = concat!("SELECT b.since_ms, ", profile_columns!("a"), " FROM blocks AS b \
                      CROSS JOIN accounts AS a ON a.user_id = b.blocked_id \
                      WHERE b.blocker_id = ?1 AND (b.since_ms, b.blocked_id) > (?2, ?3) \
                      ORDER BY b.since_ms, b.blocked_id LIMIT ?4");
    ALL_MUTUAL = "WITH other(id) AS (SELECT high_id FROM friendships WHERE low_id = ?1 \
                                     UNION ALL SELECT low_id FROM friendships WHERE high_id = ?1) \
                  SELECT id FROM other \
                  WHERE NOT EXISTS (SELECT 1 FROM blocks WHERE blocker_id = ?1 AND blocked_id = other.id) \
                    AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocker_id = other.id AND blocked_id = ?1) LIMIT ?2";
}

many_statements! {
    MUTUAL = "WITH me(id) AS (VALUES (?)), other(id) AS (VALUES ", "(?)",
             ") SELECT other.id FROM me CROSS JOIN other CROSS JOIN friendships AS f \
                ON f.low_id = min(me.id, other.id) AND f.high_id = max(me.id, other.id) \
              WHERE NOT EXISTS (SELECT 1 FROM blocks WHERE blocker_id = me.id AND blocked_id = other.id) \
                AND NOT EXISTS (SELECT 1 FROM blocks WHERE blocker_id = other.id AND blocked_id = me.id)";
}

/// `text` for one page of the relations of `user`.
fn paged(text: &'static str, user: UserId, page: PageAfter) -> Statement {
    let (after, id) = match page.after {
        Some((time, id)) => (time.as_millis(), id.as_bytes().to_vec()),
        None => (i64::MIN, Vec::new()),
    };
    sqlx::query(text).bind(user.blob()).bind(after).bind(id).bind(rows(page.limit))
}

pub(super) async fn friends(
    readers: &Readers,
    user: UserId,
    page: PageAfter,
) -> Result<Vec<Friend>, StoreError> {
    let found = readers.all(paged(FRIENDS, user, page)).await?;
    sql::friends(&found, user)
}

pub(super) async fn requests(
    readers: &Readers,
    user: UserId,
    direction: RequestDirection,
    page: PageAfter,
) -> Result<Vec<FriendRequest>, StoreError> {
    let text = match direction {
        RequestDirection::Sent => SENT,
        RequestDirection::Received => RECEIVED,
    };
    let found = readers.all(paged(text, user, page)).await?;
    sql::requests(&found)
}

pub(super) async fn blocks(
    readers: &Readers,
    user: UserId,
    page: PageAfter,
) -> Result<Vec<Block>, StoreError> {
    let found = readers.all(paged(BLOCKS, user, page)).await?;
    sql::blocks(&found)
}

pub(super) async fn all_mutual(
    readers: &Readers,
    user: UserId,
    at_most: usize,
) -> Result<Vec<UserId>, StoreError> {
    let found = readers.all(sqlx::query(ALL_MUTUAL).bind(user.blob()).bind(rows(at_most))).await?;
    found.iter().map(|row| Columns::of(row).id("friendships")).collect()
}

pub(super) async fn mutual(
    readers: &Readers,
    user: UserId,
    others: &[UserId],
) -> Result<Vec<UserId>, StoreError> {
    let mut found: HashSet<UserId> = HashSet::new();
    let statements = MUTUAL.over(
        others,
        |values| values.add(user.blob()),
        |values, other| {
            values.add(other.blob());
        },
    )?;
    for statement in statements {
        for row in readers.all(statement).await? {
            found.insert(Columns::of(&row).id("friendships")?);
        }
    }
    Ok(others.iter().copied().filter(|other| found.contains(other)).collect())
}
