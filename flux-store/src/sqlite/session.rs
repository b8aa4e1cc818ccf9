//! Sessions and their refresh tokens.

use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{AccountState, Ended};
use flux_core::feed::FeedChange;
use flux_core::session::{
    EndedSession, NewSession, OpenSession, Revocations, RotateRefresh, Session, SessionEndReason,
    SessionPolicy, SessionRecord, SessionStore,
};
use flux_core::{Secret, SessionId, StoreError, Timestamp, TokenHash, UserId};

use super::rows::{Columns, Id, limit as rows, session_columns};
use super::statement::statements;
use super::writer::Tx;
use super::{SqliteStore, feed};
use crate::sql;

/// How many refresh tokens of a session are remembered.
const TOKENS_KEPT: i64 = 64;
/// How long an ended session is kept: long enough for every reader of revocations, whatever it was cut off by.
const ENDED_KEPT: Duration = Duration::from_hours(24);

statements! {
    CREDENTIALS = "SELECT state, password_hash FROM accounts WHERE user_id = ?";
    OPEN = "INSERT INTO sessions (session_id, user_id, device_name, device_class, created_ms, last_used_ms, generation) \
            VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0)";
    SESSION = concat!("SELECT ", session_columns!(), ", s.generation, s.ended_ms, s.end_reason \
                       FROM sessions AS s WHERE s.session_id = ?");
    OPEN_OF_USER = concat!("SELECT ", session_columns!(), " FROM sessions AS s \
                            WHERE s.user_id = ? AND s.ended_ms IS NULL \
                            ORDER BY s.created_ms DESC, s.session_id DESC");
    UNUSED = concat!("SELECT ", session_columns!(), " FROM sessions AS s \
                      WHERE s.ended_ms IS NULL AND s.last_used_ms <= ? ORDER BY s.last_used_ms LIMIT ?");
    END = "UPDATE sessions SET ended_ms = ?, end_reason = ? WHERE session_id = ? AND ended_ms IS NULL";
    FORGET_TOKENS = "DELETE FROM refresh_tokens WHERE session_id = ?";
    FORGET_ENDED = "DELETE FROM sessions WHERE session_id IN \
                    (SELECT session_id FROM sessions WHERE ended_ms < ? ORDER BY ended_ms LIMIT ?)";
    ENDED_SINCE = "SELECT ended_ms, user_id, session_id, end_reason FROM sessions WHERE ended_ms >= ? \
                   ORDER BY ended_ms, session_id";
    TOKEN = concat!("SELECT t.replaced_ms, s.ended_ms, ", session_columns!(), " \
                     FROM refresh_tokens AS t CROSS JOIN sessions AS s ON s.session_id = t.session_id \
                     WHERE t.hash = ?");
    ADD_TOKEN = "INSERT INTO refresh_tokens (hash, session_id, number) \
                 VALUES (?1, ?2, (SELECT COALESCE(MAX(number), 0) + 1 FROM refresh_tokens WHERE session_id = ?2))";
    REPLACE_TOKEN = "UPDATE refresh_tokens SET replaced_ms = ? WHERE hash = ? AND replaced_ms IS NULL";
    PRUNE_TOKENS = "DELETE FROM refresh_tokens WHERE session_id = ?1 AND number <= \
                    (SELECT MAX(number) FROM refresh_tokens WHERE session_id = ?1) - ?2";
    USE = "UPDATE sessions SET last_used_ms = ? WHERE session_id = ?";
}

/// The open sessions of `user`, newest first.
pub(super) async fn open_of(tx: &mut Tx, user: UserId) -> Result<Vec<Session>, StoreError> {
    let found = tx.all(sqlx::query(OPEN_OF_USER).bind(user.blob())).await?;
    found.iter().map(|row| Columns::of(row).session()).collect()
}

/// Ends open sessions, each with its entry in the feed of its user; without, where the user is gone.
pub(super) async fn end(
    tx: &mut Tx,
    sessions: &[Session],
    reason: SessionEndReason,
    tell: bool,
) -> Result<Ended, StoreError> {
    let mut ended = Ended::default();
    let now = tx.now().as_millis();
    for &Session { session, user, .. } in sessions {
        tx.run(sqlx::query(END).bind(now).bind(reason.as_str()).bind(session.blob())).await?;
        tx.run(sqlx::query(FORGET_TOKENS).bind(session.blob())).await?;
        ended.sessions.push(EndedSession { user, session, reason });
        if tell {
            let change = FeedChange::SessionEnded { session, reason };
            ended.entries.push(feed::append(tx, user, change).await?);
        }
    }
    Ok(ended)
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
impl SessionStore for SqliteStore {
    async fn open_session(
        &self,
        new: NewSession,
        policy: SessionPolicy,
        password_hash: Option<&Secret>,
    ) -> Result<OpenSession, StoreError> {
        let hash = password_hash.cloned();
        self.writer.write(move |tx| Box::pin(open(tx, new, policy, hash))).await
    }

    async fn session(&self, session: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let found = self.readers.one(sqlx::query(SESSION).bind(session.blob())).await?;
        found.as_ref().map(sql::record).transpose()
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let found = self.readers.all(sqlx::query(OPEN_OF_USER).bind(user.blob())).await?;
        found.iter().map(|row| Columns::of(row).session()).collect()
    }

    async fn rotate_refresh(
        &self,
        presented: TokenHash,
        next: TokenHash,
        grace: Duration,
    ) -> Result<RotateRefresh, StoreError> {
        self.writer.write(move |tx| Box::pin(rotate(tx, presented, next, grace))).await
    }

    async fn end_session(
        &self,
        user: UserId,
        session: SessionId,
        reason: SessionEndReason,
    ) -> Result<Ended, StoreError> {
        self.writer.write(move |tx| Box::pin(end_one(tx, user, session, reason))).await
    }

    async fn end_sessions(
        &self,
        user: UserId,
        keep: Option<SessionId>,
        reason: SessionEndReason,
    ) -> Result<Ended, StoreError> {
        self.writer.write(move |tx| Box::pin(end_all(tx, user, keep, reason, true))).await
    }

    async fn expire_sessions(&self, idle: Duration, limit: usize) -> Result<Ended, StoreError> {
        self.writer.write(move |tx| Box::pin(expire(tx, idle, limit))).await
    }

    async fn revocations(&self, since: Option<Timestamp>) -> Result<Revocations, StoreError> {
        // The clock first: what ends while this reads is for the next read.
        let read_at = self.clock.now();
        let Some(since) = since else { return Ok(Revocations { ended: Vec::new(), read_at }) };
        let found = self.readers.all(sqlx::query(ENDED_SINCE).bind(since.as_millis())).await?;
        let ended = found.iter().map(sql::revocation);
        Ok(Revocations { ended: ended.collect::<Result<_, StoreError>>()?, read_at })
    }
}

async fn open(
    tx: &mut Tx,
    new: NewSession,
    policy: SessionPolicy,
    password_hash: Option<Secret>,
) -> Result<OpenSession, StoreError> {
    let Some(row) = tx.one(sqlx::query(CREDENTIALS).bind(new.user.blob())).await? else {
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
    let mut ended = end(tx, &giving_way, SessionEndReason::Replaced, true).await?;
    let now = tx.now();
    let session =
        Session { session: new.session, user: new.user, device: new.device, created: now, last_used: now };
    let row = sqlx::query(OPEN)
        .bind(session.session.blob())
        .bind(session.user.blob())
        .bind(session.device.name.as_str())
        .bind(session.device.class.as_str())
        .bind(now.as_millis());
    tx.run(row).await?;
    add_token(tx, session.session, new.refresh).await?;
    ended.entries.push(feed::append(tx, session.user, FeedChange::SessionOpened(session.clone())).await?);
    Ok(OpenSession::Opened { session, ended })
}

async fn add_token(tx: &mut Tx, session: SessionId, token: TokenHash) -> Result<(), StoreError> {
    tx.run(sqlx::query(ADD_TOKEN).bind(token.as_bytes().to_vec()).bind(session.blob())).await
}

async fn rotate(
    tx: &mut Tx,
    presented: TokenHash,
    next: TokenHash,
    grace: Duration,
) -> Result<RotateRefresh, StoreError> {
    let presented = presented.as_bytes().to_vec();
    let Some(row) = tx.one(sqlx::query(TOKEN).bind(presented.clone())).await? else {
        return Ok(RotateRefresh::Unknown);
    };
    let mut columns = Columns::of(&row);
    let replaced = columns.time_or_null("refresh_tokens.replaced_ms")?;
    let ended = columns.time_or_null("sessions.ended_ms")?;
    let mut session = columns.session()?;
    if ended.is_some() {
        return Ok(RotateRefresh::Unknown);
    }
    let now = tx.now();
    if replaced.is_some_and(|replaced| now.since(replaced) > grace) {
        let ended = end(tx, &[session], SessionEndReason::TokenReused, true).await?;
        return Ok(RotateRefresh::Reused(ended));
    }
    tx.run(sqlx::query(REPLACE_TOKEN).bind(now.as_millis()).bind(presented)).await?;
    add_token(tx, session.session, next).await?;
    tx.run(sqlx::query(PRUNE_TOKENS).bind(session.session.blob()).bind(TOKENS_KEPT)).await?;
    tx.run(sqlx::query(USE).bind(now.as_millis()).bind(session.session.blob())).await?;
    session.last_used = now;
    Ok(RotateRefresh::Rotated(session))
}

async fn end_one(
    tx: &mut Tx,
    user: UserId,
    session: SessionId,
    reason: SessionEndReason,
) -> Result<Ended, StoreError> {
    let mut open = open_of(tx, user).await?;
    open.retain(|open| open.session == session);
    end(tx, &open, reason, true).await
}

async fn expire(tx: &mut Tx, idle: Duration, limit: usize) -> Result<Ended, StoreError> {
    let unused_since = tx.now().minus(idle).as_millis();
    let found = tx.all(sqlx::query(UNUSED).bind(unused_since).bind(rows(limit))).await?;
    let unused: Vec<Session> =
        found.iter().map(|row| Columns::of(row).session()).collect::<Result<_, _>>()?;
    // The one job that comes by regularly also forgets what ended long ago.
    let long_ago = tx.now().minus(ENDED_KEPT).as_millis();
    tx.run(sqlx::query(FORGET_ENDED).bind(long_ago).bind(rows(limit))).await?;
    end(tx, &unused, SessionEndReason::Expired, true).await
}
