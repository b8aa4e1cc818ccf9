//! Durable jobs: what goes to many feeds, page by page.

mod deletion;

use async_trait::async_trait;
use flux_core::feed::{FeedChange, FeedEntry};
use flux_core::job::{JobStep, JobStore};
use flux_core::{JobId, StoreError, UserId};

use super::rows::{Columns, Id, corrupt, limit as rows};
use super::statement::statements;
use super::writer::Tx;
use super::{SqliteStore, account, feed};
pub(super) use crate::sql::JobKind as Kind;
use crate::sql::{JobPlace as Place, nothing_left};

#[cfg(test)]
pub(super) use deletion::STATEMENTS as DELETION;

statements! {
    BEGIN = "INSERT INTO jobs (job_id, kind, user_id, after_ms, after_id) VALUES (?, ?, ?, ?, x'')";
    JOBS = "SELECT job_id FROM jobs ORDER BY number LIMIT ?";
    JOB = "SELECT kind, user_id, after_ms, after_id FROM jobs WHERE job_id = ?";
    MOVE = "UPDATE jobs SET after_ms = ?, after_id = ? WHERE job_id = ?";
    FINISH = "DELETE FROM jobs WHERE job_id = ?";
    /// In the order of (time, id): a friendship keeps its place as long as it lasts, so nobody is passed over.
    FRIENDS = "SELECT high_id AS other_id, since_ms FROM friendships \
               WHERE low_id = ?1 AND (since_ms, high_id) > (?2, ?3) \
               UNION ALL \
               SELECT low_id, since_ms FROM friendships \
               WHERE high_id = ?1 AND (since_ms, low_id) > (?2, ?3) \
               ORDER BY since_ms, other_id LIMIT ?4";
}

/// Leaves a job behind, as part of the transaction that causes it.
pub(super) async fn begin(tx: &mut Tx, job: JobId, kind: Kind, user: UserId) -> Result<(), StoreError> {
    let begin = sqlx::query(BEGIN).bind(job.blob()).bind(kind.code()).bind(user.blob()).bind(i64::MIN);
    tx.run(begin).await
}

#[async_trait]
impl JobStore for SqliteStore {
    async fn jobs(&self, limit: usize) -> Result<Vec<JobId>, StoreError> {
        let found = self.readers.all(sqlx::query(JOBS).bind(rows(limit))).await?;
        found.iter().map(|row| Columns::of(row).id("jobs.job_id")).collect()
    }

    async fn advance_job(&self, job: JobId, page: usize) -> Result<JobStep, StoreError> {
        // A page of nothing would never be the last one.
        self.writer.write(move |tx| Box::pin(advance(tx, job, page.max(1)))).await
    }
}

async fn advance(tx: &mut Tx, job: JobId, page: usize) -> Result<JobStep, StoreError> {
    let Some(row) = tx.one(sqlx::query(JOB).bind(job.blob())).await? else {
        return Ok(nothing_left());
    };
    let mut columns = Columns::of(&row);
    let kind = Kind::of(columns.int("jobs.kind")?).ok_or(corrupt("jobs.kind"))?;
    let user: UserId = columns.id("jobs.user_id")?;
    let place = Place { ms: columns.int("jobs.after_ms")?, id: columns.bytes("jobs.after_id")?.to_vec() };
    let mut entries = Vec::new();
    let next = match kind {
        Kind::ProfileChanged => tell_friends(tx, user, place, page, &mut entries).await?,
        Kind::AccountDeleted => deletion::clear_up(tx, user, place, page, &mut entries).await?,
    };
    let done = next.is_none();
    match next {
        Some(Place { ms, id }) => tx.run(sqlx::query(MOVE).bind(ms).bind(id).bind(job.blob())).await?,
        None => tx.run(sqlx::query(FINISH).bind(job.blob())).await?,
    }
    Ok(JobStep { entries, done })
}

/// What is to be pushed.
type Entries = Vec<(UserId, FeedEntry)>;

/// Tells a page of friends of the profile as it is now; where the next page starts, if there may be one.
async fn tell_friends(
    tx: &mut Tx,
    user: UserId,
    place: Place,
    page: usize,
    entries: &mut Entries,
) -> Result<Option<Place>, StoreError> {
    let profile = account::profile(tx, user).await?.ok_or(corrupt("jobs.user_id"))?;
    let friends = sqlx::query(FRIENDS).bind(user.blob()).bind(place.ms).bind(place.id).bind(rows(page));
    let friends = tx.all(friends).await?;
    let mut last = None;
    for row in &friends {
        let mut columns = Columns::of(row);
        let friend: UserId = columns.id("friendships")?;
        last = Some(Place { ms: columns.int("friendships.since_ms")?, id: friend.blob() });
        entries.push(feed::append(tx, friend, FeedChange::ProfileChanged(profile.clone())).await?);
    }
    Ok(last.filter(|_| friends.len() == page))
}
