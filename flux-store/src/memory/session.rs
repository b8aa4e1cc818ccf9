//! Sessions in memory.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use async_trait::async_trait;
use flux_core::account::{AccountState, Ended};
use flux_core::feed::FeedChange;
use flux_core::message::SessionFacts;
use flux_core::session::{
    EndedSession, NewSession, OpenSession, Revocations, RotateRefresh, Session, SessionEndReason,
    SessionPolicy, SessionRecord, SessionStore,
};
use flux_core::{Generation, Secret, SessionId, StoreError, Timestamp, TokenHash, UserId};

use super::MemoryStore;
use super::state::{State, taken};

/// How long the row of an ended session is kept: an hour, and as much again for readers of revocations that are late.
const KEPT_AFTER_END: Duration = Duration::from_hours(2);

/// How many refresh tokens of one session are known at once.
const TOKENS: usize = 64;

/// Sessions, open and recently ended, and their refresh tokens.
#[derive(Default)]
pub(super) struct Sessions {
    rows: BTreeMap<SessionId, Row>,
    tokens: BTreeMap<TokenHash, Token>,
    open: BTreeMap<UserId, BTreeSet<SessionId>>,
    /// Open ones, by their last use.
    by_use: BTreeSet<(Timestamp, SessionId)>,
    /// Ended ones, by their end.
    ended: BTreeSet<(Timestamp, SessionId)>,
}

struct Row {
    record: SessionRecord,
    /// Its refresh tokens, oldest first; none once it has ended.
    tokens: VecDeque<TokenHash>,
}

struct Token {
    session: SessionId,
    /// Since when another stands in its place.
    rotated: Option<Timestamp>,
}

impl Sessions {
    /// What decides whether the session may write.
    pub(super) fn facts(&self, session: SessionId) -> Option<SessionFacts> {
        self.rows.get(&session).map(|Row { record, .. }| SessionFacts {
            user: record.session.user,
            generation: record.generation,
            ended: record.ended.is_some(),
        })
    }

    /// A connection has claimed the session.
    pub(super) fn claimed(&mut self, session: SessionId, generation: Generation, now: Timestamp) {
        if let Some(row) = self.rows.get_mut(&session) {
            row.record.generation = generation;
        }
        self.used(session, now);
    }

    fn used(&mut self, session: SessionId, now: Timestamp) {
        if let Some(Row { record, .. }) = self.rows.get_mut(&session) {
            self.by_use.remove(&(record.session.last_used, session));
            record.session.last_used = now;
            self.by_use.insert((now, session));
        }
    }

    fn open_of(&self, user: UserId) -> Vec<SessionId> {
        self.open.get(&user).into_iter().flatten().copied().collect()
    }

    fn sessions_of(&self, user: UserId) -> Vec<Session> {
        let mut sessions: Vec<_> = self
            .open_of(user)
            .iter()
            .filter_map(|id| self.rows.get(id))
            .map(|row| row.record.session.clone())
            .collect();
        sessions.sort_by_key(|s| std::cmp::Reverse((s.created, s.session)));
        sessions
    }

    fn insert(&mut self, session: Session, refresh: TokenHash) {
        let id = session.session;
        self.open.entry(session.user).or_default().insert(id);
        self.by_use.insert((session.last_used, id));
        let record = SessionRecord { session, generation: Generation::ZERO, ended: None };
        self.rows.insert(id, Row { record, tokens: VecDeque::new() });
        self.add_token(id, refresh);
    }

    fn add_token(&mut self, session: SessionId, token: TokenHash) {
        let Some(row) = self.rows.get_mut(&session) else { return };
        row.tokens.push_back(token);
        self.tokens.insert(token, Token { session, rotated: None });
        if row.tokens.len() > TOKENS
            && let Some(oldest) = row.tokens.pop_front()
        {
            self.tokens.remove(&oldest);
        }
    }

    /// Marks the session as ended; `None` if it is not open.
    fn end(&mut self, session: SessionId, reason: SessionEndReason, now: Timestamp) -> Option<EndedSession> {
        let row = self.rows.get_mut(&session).filter(|row| row.record.ended.is_none())?;
        row.record.ended = Some((now, reason));
        let user = row.record.session.user;
        for token in row.tokens.drain(..) {
            self.tokens.remove(&token);
        }
        self.by_use.remove(&(row.record.session.last_used, session));
        if let Some(open) = self.open.get_mut(&user) {
            open.remove(&session);
            if open.is_empty() {
                self.open.remove(&user);
            }
        }
        self.ended.insert((now, session));
        self.forget(now);
        Some(EndedSession { user, session, reason })
    }

    /// Drops rows that ended long ago.
    fn forget(&mut self, now: Timestamp) {
        while let Some((at, session)) = self.ended.first().copied() {
            if now.since(at) <= KEPT_AFTER_END {
                break;
            }
            self.ended.pop_first();
            self.rows.remove(&session);
        }
    }
}

impl State {
    /// Ends those of `sessions` that are open, and tells the feeds of their users, but not that of a deleted account.
    pub(super) fn end_sessions(
        &mut self,
        sessions: impl IntoIterator<Item = SessionId>,
        reason: SessionEndReason,
        now: Timestamp,
    ) -> Ended {
        let mut ended = Ended::default();
        for session in sessions {
            let Some(over) = self.sessions.end(session, reason, now) else { continue };
            ended.sessions.push(over);
            if self.accounts.get(over.user).is_some_and(|account| account.state != AccountState::Deleted) {
                let entry = self.tell(over.user, FeedChange::SessionEnded { session, reason }, now);
                ended.entries.push((over.user, entry));
            }
        }
        ended
    }

    /// Ends every open session of `user` but `keep`.
    pub(super) fn end_all_sessions(
        &mut self,
        user: UserId,
        keep: Option<SessionId>,
        reason: SessionEndReason,
        now: Timestamp,
    ) -> Ended {
        let sessions = self.sessions.open_of(user);
        self.end_sessions(sessions.into_iter().filter(|session| Some(*session) != keep), reason, now)
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn open_session(
        &self,
        new: NewSession,
        policy: SessionPolicy,
        password_hash: Option<&Secret>,
    ) -> Result<OpenSession, StoreError> {
        let (mut state, now) = self.begin();
        let allowed = state.accounts.get(new.user).is_some_and(|account| {
            account.state == AccountState::Active
                && password_hash.is_none_or(|checked| account.password_hash.as_ref() == Some(checked))
        });
        if !allowed {
            return Ok(OpenSession::Refused);
        }
        if state.sessions.rows.contains_key(&new.session) || state.sessions.tokens.contains_key(&new.refresh)
        {
            return Err(taken("session id or refresh token in use"));
        }
        let leaving = policy.gives_way(&state.sessions.sessions_of(new.user), new.device.class);
        let mut ended = state.end_sessions(leaving, SessionEndReason::Replaced, now);
        let session = Session {
            session: new.session,
            user: new.user,
            device: new.device,
            created: now,
            last_used: now,
        };
        state.sessions.insert(session.clone(), new.refresh);
        let entry = state.tell(new.user, FeedChange::SessionOpened(session.clone()), now);
        ended.entries.push((new.user, entry));
        Ok(OpenSession::Opened { session, ended })
    }

    async fn session(&self, session: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        Ok(self.read().sessions.rows.get(&session).map(|row| row.record.clone()))
    }

    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        Ok(self.read().sessions.sessions_of(user))
    }

    async fn rotate_refresh(
        &self,
        presented: TokenHash,
        next: TokenHash,
        grace: Duration,
    ) -> Result<RotateRefresh, StoreError> {
        let (mut state, now) = self.begin();
        if state.sessions.tokens.contains_key(&next) {
            return Err(taken("refresh token in use"));
        }
        let Some(token) = state.sessions.tokens.get_mut(&presented) else {
            return Ok(RotateRefresh::Unknown);
        };
        let session = token.session;
        let rotated = *token.rotated.get_or_insert(now);
        if now.since(rotated) > grace {
            let ended = state.end_sessions([session], SessionEndReason::TokenReused, now);
            return Ok(RotateRefresh::Reused(ended));
        }
        state.sessions.add_token(session, next);
        state.sessions.used(session, now);
        let row = state.sessions.rows.get(&session).ok_or(StoreError::Corrupt { what: "refresh token" })?;
        Ok(RotateRefresh::Rotated(row.record.session.clone()))
    }

    async fn end_session(
        &self,
        user: UserId,
        session: SessionId,
        reason: SessionEndReason,
    ) -> Result<Ended, StoreError> {
        let (mut state, now) = self.begin();
        let owned = state.sessions.facts(session).is_some_and(|facts| facts.user == user);
        Ok(state.end_sessions(owned.then_some(session), reason, now))
    }

    async fn end_sessions(
        &self,
        user: UserId,
        keep: Option<SessionId>,
        reason: SessionEndReason,
    ) -> Result<Ended, StoreError> {
        let (mut state, now) = self.begin();
        Ok(state.end_all_sessions(user, keep, reason, now))
    }

    async fn expire_sessions(&self, idle: Duration, limit: usize) -> Result<Ended, StoreError> {
        let (mut state, now) = self.begin();
        let latest = now.minus(idle);
        let unused: Vec<_> = state
            .sessions
            .by_use
            .iter()
            .take_while(|(used, _)| *used <= latest)
            .take(limit)
            .map(|(_, session)| *session)
            .collect();
        Ok(state.end_sessions(unused, SessionEndReason::Expired, now))
    }

    async fn revocations(&self, since: Option<Timestamp>) -> Result<Revocations, StoreError> {
        let (state, read_at) = self.begin();
        let Some(since) = since else {
            return Ok(Revocations { ended: Vec::new(), read_at });
        };
        let ended = state
            .sessions
            .ended
            .iter()
            .rev()
            .take_while(|(at, _)| *at >= since)
            .filter_map(|(_, session)| state.sessions.rows.get(session))
            .filter_map(|Row { record, .. }| {
                let (at, reason) = record.ended?;
                let Session { user, session, .. } = record.session;
                Some((at, EndedSession { user, session, reason }))
            });
        let mut ended: Vec<_> = ended.collect();
        ended.reverse();
        Ok(Revocations { ended, read_at })
    }
}
