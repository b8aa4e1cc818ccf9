//! Sessions and their refresh tokens.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{AccountState, Ended};
use flux_core::feed::FeedChange;
use flux_core::session::{
    EndedSession, NewSession, OpenSession, Revocations, RotateRefresh, Session, SessionEndReason,
    SessionPolicy, SessionRecord, SessionStore,
};
use flux_core::{Secret, SessionId, StoreError, Timestamp, TokenHash, UserId};

use super::rows::Columns;
use super::statement::{Statement, many_statements, sql, statements};
use super::transaction::Tx;
use super::{MySqlStore, feed};
use crate::sql::{limit as rows, record, revocation, session_columns};

/// How many refresh tokens of a session are remembered.
const TOKENS_KEPT: i64 = 64;
/// How long an ended session is kept: long enough for every reader of revocations, whatever it was cut off by.
const ENDED_KEPT: Duration = Duration::from_hours(24);

statements! {
    /// Locks the account: its sessions are opened one after the other, and not while its password changes.
    CREDENTIALS = "SELECT state, password_hash FROM accounts WHERE user_id = ? FOR UPDATE";
    OPEN = "INSERT INTO sessions (session_id, user_id, device_name, device_class, created_ms, last_used_ms, generation) \
            VALUES (?, ?, ?, ?, ?, ?, 0)";
    SESSION = concat!("SELECT ", session_columns!(), ", s.generation, s.ended_ms, s.end_reason \
                       FROM sessions AS s WHERE s.session_id = ?");
    OPEN_OF_USER = concat!("SELECT ", session_columns!(), " FROM sessions AS s FORCE INDEX (sessions_of_user) \
                            WHERE s.user_id = ? AND s.ended_ms IS NULL \
                            ORDER BY s.created_ms DESC, s.session_id DESC");
    UNUSED = "SELECT session_id FROM sessions FORCE INDEX (sessions_by_use) \
              WHERE ended_ms IS NULL AND last_used_ms <= ? ORDER BY last_used_ms LIMIT ?";
    LONG_ENDED = "SELECT session_id FROM sessions FORCE INDEX (sessions_by_end) \
                  WHERE ended_ms < ? ORDER BY ended_ms, session_id LIMIT ?";
    ENDED_SINCE = "SELECT ended_ms, user_id, session_id, end_reason FROM sessions FORCE INDEX (sessions_by_end) \
                   WHERE ended_ms >= ? ORDER BY ended_ms, session_id";
    TOKEN = "SELECT session_id FROM refresh_tokens WHERE hash = ?";
    REPLACED = "SELECT replaced_ms FROM refresh_tokens WHERE hash = ?";
    NUMBER = "SELECT MAX(number) FROM refresh_tokens WHERE session_id = ?";
    ADD_TOKEN = "INSERT INTO refresh_tokens (hash, session_id, number) VALUES (?, ?, ?)";
    REPLACE_TOKEN = "UPDATE refresh_tokens SET replaced_ms = ? WHERE hash = ? AND replaced_ms IS NULL";
    PRUNE_TOKENS = "DELETE FROM refresh_tokens WHERE session_id = ? AND number <= ?";
    USE = "UPDATE sessions SET last_used_ms = ? WHERE session_id = ?";
    FORGET_CONNECTIONS = "DELETE FROM connections WHERE made_ms < ? ORDER BY made_ms LIMIT 1000";
}

many_statements! {
    /// Locks them, ascending by id.
    LOCK_OPEN = concat!("SELECT ", session_columns!(), " FROM sessions AS s FORCE INDEX (PRIMARY) \
                         WHERE s.session_id IN ("), "?", ") AND s.ended_ms IS NULL ORDER BY s.session_id FOR UPDATE";
    END = "UPDATE sessions FORCE INDEX (PRIMARY) SET ended_ms = ?, end_reason = ? WHERE session_id IN (", "?", ") AND ended_ms IS NULL";
    FORGET_TOKENS = "DELETE FROM refresh_tokens WHERE session_id IN (", "?", ")";
    FORGET = "DELETE FROM sessions WHERE session_id IN (", "?", ")";
}

/// Locks those of these sessions that are open, ascending by id; gives them back in the order that they came in.
async fn lock_open(tx: &mut Tx, wanted: &[SessionId]) -> Result<Vec<Session>, StoreError> {
    let mut ascending = wanted.to_vec();
    ascending.sort_unstable();
    ascending.dedup();
    let found = tx.all_of(LOCK_OPEN.over(&ascending, Statement::id)).await?;
    let mut open = BTreeMap::new();
    for row in &found {
        let session = Columns::of(row).session()?;
        open.insert(session.session, session);
    }
    Ok(wanted.iter().filter_map(|id| open.remove(id)).collect())
}

/// The open sessions of `user`, newest first, locked. Whoever opens one holds the lock of the account.
pub(super) async fn open_of(tx: &mut Tx, user: UserId) -> Result<Vec<Session>, StoreError> {
    let found = tx.all(sql(OPEN_OF_USER).id(&user)).await?;
    let ids = found.iter().map(|row| Columns::of(row).id("sessions.session_id"));
    let ids: Vec<SessionId> = ids.collect::<Result<_, _>>()?;
    lock_open(tx, &ids).await
}

/// What the end of sessions is yet to append to feeds, once everything else is locked.
type Told = Vec<(UserId, FeedChange)>;

/// Ends sessions that are open and locked.
async fn close(
    tx: &mut Tx,
    sessions: &[Session],
    reason: SessionEndReason,
) -> Result<(Vec<EndedSession>, Told), StoreError> {
    let now = tx.now().as_millis();
    let mut ids: Vec<_> = sessions.iter().map(|session| session.session).collect();
    ids.sort_unstable();
    let end = END.after(&ids, |it| it.int(now).text(reason.as_str()), Statement::id);
    tx.run_all(end).await?;
    tx.run_all(FORGET_TOKENS.over(&ids, Statement::id)).await?;
    tx.ended(ids);
    let ended = |&Session { session, user, .. }: &Session| EndedSession { user, session, reason };
    let told =
        |&Session { session, user, .. }: &Session| (user, FeedChange::SessionEnded { session, reason });
    Ok((sessions.iter().map(ended).collect(), sessions.iter().map(told).collect()))
}

/// Ends sessions that are open and locked, each with its entry in the feed of its user; without, where the user is gone.
pub(super) async fn end(
    tx: &mut Tx,
    sessions: &[Session],
    reason: SessionEndReason,
    tell: bool,
) -> Result<Ended, StoreError> {
    let (sessions, told) = close(tx, sessions, reason).await?;
    let entries = feed::append(tx, if tell { told } else { Told::new() }).await?;
    Ok(Ended { sessions, entries })
}

/// Ends every open session of `user` but `keep`.
pub(super) async fn end_all(
    tx: &mut Tx,
    user: UserId,
    keep: Option<SessionId>,
    reason: SessionEndReason,
    tell: bool,
) -> Result<Ended, StoreError> {
    let mut open = open_of(tx, user).await?;
    open.retain(|open| Some(open.session) != keep);
    end(tx, &open, reason, tell).await
}

#[async_trait]
impl SessionStore for MySqlStore {
    async fn open_session(
        &self,
        new: NewSession,
        policy: SessionPolicy,
        password_hash: Option<&Secret>,
    ) -> Result<OpenSession, StoreError> {
        let hash = password_hash.cloned();
        self.inner.write(move |tx| Box::pin(open(tx, new.clone(), policy, hash.clone()))).await
    }

    async fn session(&self, session: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        self.inner.one(sql(SESSION).id(&session)).await?.as_ref().map(record).transpose()
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let found = self.inner.all(sql(OPEN_OF_USER).id(&user)).await?;
        found.iter().map(|row| Columns::of(row).session()).collect()
    }

    async fn rotate_refresh(
        &self,
        presented: TokenHash,
        next: TokenHash,
        grace: Duration,
    ) -> Result<RotateRefresh, StoreError> {
        self.inner.write(move |tx| Box::pin(rotate(tx, presented, next, grace))).await
    }

    async fn end_session(
        &self,
        user: UserId,
        session: SessionId,
        reason: SessionEndReason,
    ) -> Result<Ended, StoreError> {
        self.inner.write(move |tx| Box::pin(end_one(tx, user, session, reason))).await
    }

    async fn end_sessions(
        &self,
        user: UserId,
        keep: Option<SessionId>,
        reason: SessionEndReason,
    ) -> Result<Ended, StoreError> {
        self.inner.write(move |tx| Box::pin(end_all(tx, user, keep, reason, true))).await
    }

    async fn expire_sessions(&self, idle: Duration, limit: usize) -> Result<Ended, StoreError> {
        self.inner.write(move |tx| Box::pin(expire(tx, idle, limit))).await
    }

    async fn revocations(&self, since: Option<Timestamp>) -> Result<Revocations, StoreError> {
        // The clock first: what ends while this reads is for the next read.
        let read_at = self.inner.now().await?;
        let Some(since) = since else { return Ok(Revocations { ended: Vec::new(), read_at }) };
        let found = self.inner.all(sql(ENDED_SINCE).int(since.as_millis())).await?;
        let ended = found.iter().map(revocation).collect::<Result<_, StoreError>>()?;
        Ok(Revocations { ended, read_at })
    }
}

async fn open(
    tx: &mut Tx,
    new: NewSession,
    policy: SessionPolicy,
    password_hash: Option<Secret>,
) -> Result<OpenSession, StoreError> {
    let Some(row) = tx.one(sql(CREDENTIALS).id(&new.user)).await? else {
        return Ok(OpenSession::Refused);
    };
    let mut columns = Columns::of(&row);
    let state = columns.account_state()?;
    let current = columns.text_or_null("accounts.password_hash")?.map(Secret::new);
    if state != AccountState::Active || (password_hash.is_some() && password_hash != current) {
        return Ok(OpenSession::Refused);
    }
    let others = open_of(tx, new.user).await?;
    let giving_way: Vec<Session> = policy
        .gives_way(&others, new.device.class)
        .into_iter()
        .filter_map(|session| others.iter().find(|other| other.session == session).cloned())
        .collect();
    let (sessions, mut told) = close(tx, &giving_way, SessionEndReason::Replaced).await?;
    let now = tx.now();
    let session =
        Session { session: new.session, user: new.user, device: new.device, created: now, last_used: now };
    let row = sql(OPEN)
        .id(&session.session)
        .id(&session.user)
        .text(session.device.name.as_str())
        .text(session.device.class.as_str())
        .int(now.as_millis())
        .int(now.as_millis());
    tx.run(row).await?;
    tx.run(sql(ADD_TOKEN).bytes(new.refresh.as_bytes()).id(&session.session).int(1)).await?;
    told.push((session.user, FeedChange::SessionOpened(session.clone())));
    let entries = feed::append(tx, told).await?;
    Ok(OpenSession::Opened { session, ended: Ended { sessions, entries } })
}

async fn rotate(
    tx: &mut Tx,
    presented: TokenHash,
    next: TokenHash,
    grace: Duration,
) -> Result<RotateRefresh, StoreError> {
    let Some(row) = tx.one(sql(TOKEN).bytes(presented.as_bytes())).await? else {
        return Ok(RotateRefresh::Unknown);
    };
    let id: SessionId = Columns::of(&row).id("refresh_tokens.session_id")?;
    // The tokens of a session change under its lock alone.
    let Some(mut session) = lock_open(tx, &[id]).await?.pop() else {
        return Ok(RotateRefresh::Unknown);
    };
    let Some(row) = tx.one(sql(REPLACED).bytes(presented.as_bytes())).await? else {
        return Ok(RotateRefresh::Unknown);
    };
    let replaced = Columns::of(&row).time_or_null("refresh_tokens.replaced_ms")?;
    let now = tx.now();
    if replaced.is_some_and(|replaced| now.since(replaced) > grace) {
        let ended = end(tx, &[session], SessionEndReason::TokenReused, true).await?;
        return Ok(RotateRefresh::Reused(ended));
    }
    let number = match tx.one(sql(NUMBER).id(&id)).await? {
        None => 1,
        Some(row) => Columns::of(&row).int("refresh_tokens.number")?.saturating_add(1),
    };
    tx.run(sql(REPLACE_TOKEN).int(now.as_millis()).bytes(presented.as_bytes())).await?;
    tx.run(sql(ADD_TOKEN).bytes(next.as_bytes()).id(&id).int(number)).await?;
    if number > TOKENS_KEPT {
        tx.run(sql(PRUNE_TOKENS).id(&id).int(number - TOKENS_KEPT)).await?;
    }
    tx.run(sql(USE).int(now.as_millis()).id(&id)).await?;
    session.last_used = now;
    Ok(RotateRefresh::Rotated(session))
}

async fn end_one(
    tx: &mut Tx,
    user: UserId,
    session: SessionId,
    reason: SessionEndReason,
) -> Result<Ended, StoreError> {
    let mut open = lock_open(tx, &[session]).await?;
    open.retain(|open| open.user == user);
    end(tx, &open, reason, true).await
}

async fn expire(tx: &mut Tx, idle: Duration, limit: usize) -> Result<Ended, StoreError> {
    let unused_since = tx.now().minus(idle);
    let found = tx.all(sql(UNUSED).int(unused_since.as_millis()).int(rows(limit))).await?;
    let ids = found.iter().map(|row| Columns::of(row).id("sessions.session_id"));
    let ids: Vec<SessionId> = ids.collect::<Result<_, _>>()?;
    let mut unused = lock_open(tx, &ids).await?;
    // Somebody may have come back meanwhile.
    unused.retain(|session| session.last_used <= unused_since);
    // The one job that comes by regularly also forgets what ended long ago.
    let long_ago = tx.now().minus(ENDED_KEPT).as_millis();
    let found = tx.all(sql(LONG_ENDED).int(long_ago).int(rows(limit))).await?;
    let ids = found.iter().map(|row| Columns::of(row).id("sessions.session_id"));
    let mut ids: Vec<SessionId> = ids.collect::<Result<_, _>>()?;
    ids.sort_unstable();
    tx.run_all(FORGET.over(&ids, Statement::id)).await?;
    tx.run(sql(FORGET_CONNECTIONS).int(long_ago)).await?;
    end(tx, &unused, SessionEndReason::Expired, true).await
}
