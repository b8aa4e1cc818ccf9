//! Durable jobs: what goes to many feeds, page by page.

mod deletion;

use async_trait::async_trait;
use flux_core::feed::{FeedChange, FeedEntry};
use flux_core::job::{JobStep, JobStore};
use flux_core::{JobId, StoreError, UserId};

use super::rows::Columns;
use super::statement::{sql, statements};
use super::transaction::Tx;
use super::{MySqlStore, account, feed};
use crate::sql::{Id, JobKind, JobPlace, corrupt, limit as rows, nothing_left};

#[cfg(all(test, feature = "servers", feature = "system"))]
pub(super) use deletion::{STATEMENTS as DELETION, many};

statements! {
    BEGIN = "INSERT INTO jobs (job_id, kind, user_id, after_ms, after_id) VALUES (?, ?, ?, ?, '')";
    JOBS = "SELECT job_id FROM jobs ORDER BY number LIMIT ?";
    JOB = "SELECT kind, user_id, after_ms, after_id FROM jobs WHERE job_id = ? FOR UPDATE";
    MOVE = "UPDATE jobs SET after_ms = ?, after_id = ? WHERE job_id = ?";
    FINISH = "DELETE FROM jobs WHERE job_id = ?";
    /// In the order of (time, id): a friendship keeps its place as long as it lasts, so nobody is passed over.
    FRIENDS = "(SELECT high_id AS other_id, since_ms FROM friendships FORCE INDEX (friends_of_low) \
                WHERE low_id = ? AND since_ms >= ? AND (since_ms > ? OR high_id > ?) \
                ORDER BY since_ms, high_id LIMIT ?) \
               UNION ALL \
               (SELECT low_id, since_ms FROM friendships FORCE INDEX (friends_of_high) \
                WHERE high_id = ? AND since_ms >= ? AND (since_ms > ? OR low_id > ?) \
                ORDER BY since_ms, low_id LIMIT ?) \
               ORDER BY since_ms, other_id LIMIT ?";
}

/// Leaves a job behind, as part of the transaction that causes it.
pub(super) async fn begin(tx: &mut Tx, job: JobId, kind: JobKind, user: UserId) -> Result<(), StoreError> {
    tx.run(sql(BEGIN).id(&job).int(kind.code()).id(&user).int(i64::MIN)).await
}

#[async_trait]
impl JobStore for MySqlStore {
    async fn jobs(&self, limit: usize) -> Result<Vec<JobId>, StoreError> {
        let found = self.inner.all(sql(JOBS).int(rows(limit))).await?;
        found.iter().map(|row| Columns::of(row).id("jobs.job_id")).collect()
    }

    async fn advance_job(&self, job: JobId, page: usize) -> Result<JobStep, StoreError> {
        // A page of nothing would never be the last one.
        self.inner.write(move |tx| Box::pin(advance(tx, job, page.max(1)))).await
    }
}

/// Locks the job first, so that each page is done once; then its user's account, so that their relations stand still.
async fn advance(tx: &mut Tx, job: JobId, page: usize) -> Result<JobStep, StoreError> {
    let Some(row) = tx.one(sql(JOB).id(&job)).await? else { return Ok(nothing_left()) };
    let mut columns = Columns::of(&row);
    let kind = JobKind::of(columns.int("jobs.kind")?).ok_or(corrupt("jobs.kind"))?;
    let user: UserId = columns.id("jobs.user_id")?;
    let place = JobPlace { ms: columns.int("jobs.after_ms")?, id: columns.bytes("jobs.after_id")?.to_vec() };
    let profile = account::lock(tx, user).await?.ok_or(corrupt("jobs.user_id"))?.profile;
    let mut told = Vec::new();
    let next = match kind {
        JobKind::ProfileChanged => {
            let (friends, next) = friends(tx, user, place, page).await?;
            let change = FeedChange::ProfileChanged(profile);
            told.extend(friends.into_iter().map(|friend| (friend, change.clone())));
            next
        }
        JobKind::AccountDeleted => deletion::clear_up(tx, user, place, page, &mut told).await?,
    };
    let done = next.is_none();
    match next {
        Some(JobPlace { ms, id }) => tx.run(sql(MOVE).int(ms).bytes(id).id(&job)).await?,
        None => tx.run(sql(FINISH).id(&job)).await?,
    }
    let entries: Vec<(UserId, FeedEntry)> = feed::append(tx, told).await?;
    Ok(JobStep { entries, done })
}

/// A page of friends; where the next page starts, if there may be one.
async fn friends(
    tx: &mut Tx,
    user: UserId,
    place: JobPlace,
    page: usize,
) -> Result<(Vec<UserId>, Option<JobPlace>), StoreError> {
    let JobPlace { ms, id } = place;
    let half = |statement: super::statement::Statement| {
        statement.id(&user).int(ms).int(ms).bytes(&id).int(rows(page))
    };
    let found = tx.all(half(half(sql(FRIENDS))).int(rows(page))).await?;
    let (mut friends, mut last) = (Vec::with_capacity(found.len()), None);
    for row in &found {
        let mut columns = Columns::of(row);
        let friend: UserId = columns.id("friendships")?;
        last = Some(JobPlace { ms: columns.int("friendships.since_ms")?, id: friend.blob() });
        friends.push(friend);
    }
    Ok((friends, last.filter(|_| found.len() == page)))
}
