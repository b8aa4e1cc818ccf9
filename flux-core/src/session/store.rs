//! The port that keeps sessions.

use std::time::Duration;

use async_trait::async_trait;

use super::{Device, EndedSession, Session, SessionEndReason, SessionPolicy, SessionRecord};
use crate::account::Ended;
use crate::error::StoreError;
use crate::id::{SessionId, UserId};
use crate::secret::TokenHash;
use crate::time::Timestamp;

/// A session to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// On what.
    pub device: Device,
    /// The hash of its first refresh token.
    pub refresh: TokenHash,
}

/// What came of opening a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenSession {
    /// It is open.
    Opened {
        /// The session.
        session: Session,
        /// Those that gave way, and the entries of all of it (the opened one's last).
        ended: Ended,
    },
    /// There is no such account, or it is disabled or deleted, or its password is no longer the one that was checked.
    Refused,
}

/// What came of presenting a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RotateRefresh {
    /// The new one is good now, the presented one for the grace.
    Rotated(Session),
    /// It had first been rotated longer ago than the grace: its session, which was open, has ended with
    /// [`SessionEndReason::TokenReused`].
    Reused(Ended),
    /// Nobody has it, or its session has ended.
    Unknown,
}

/// A page of revocations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocations {
    /// Sessions that ended at or after the asked time, oldest first.
    pub ended: Vec<(Timestamp, EndedSession)>,
    /// The store's clock at the read.
    pub read_at: Timestamp,
}

/// Keeps sessions: the durable truth about who is logged in, and the fencing number of each.
///
/// # Contract
/// - An ended session stays ended; its row is kept for at least an hour after its end.
/// - A generation only grows; it is raised by [`Write::Claim`](crate::message::Write::Claim) alone.
/// - Every opened or ended session is an entry in its user's feed, written in the same transaction.
/// - Every refresh token a session ever had is known as long as the session is open, at least the last 64 of them.
/// - Times come from the store's clock.
#[async_trait]
pub trait SessionStore: Send + Sync + 'static {
    /// Opens a session under `policy`. With `password_hash`, only while the account still has exactly that hash, so
    /// that a login that overlaps a password change does not survive it.
    async fn open_session(
        &self,
        new: NewSession,
        policy: SessionPolicy,
        password_hash: Option<&crate::secret::Secret>,
    ) -> Result<OpenSession, StoreError>;

    /// The session with this id, ended ones too as long as they are kept.
    async fn session(&self, session: SessionId) -> Result<Option<SessionRecord>, StoreError>;

    /// The open sessions of `user`, newest first.
    async fn sessions(&self, user: UserId) -> Result<Vec<Session>, StoreError>;

    /// Exchanges the refresh token `presented` for `next`. One step: concurrent presentations of the same token
    /// each get a token of their own within `grace`, none after it.
    async fn rotate_refresh(
        &self,
        presented: TokenHash,
        next: TokenHash,
        grace: Duration,
    ) -> Result<RotateRefresh, StoreError>;

    /// Ends `session` if it is `user`'s and open.
    async fn end_session(
        &self,
        user: UserId,
        session: SessionId,
        reason: SessionEndReason,
    ) -> Result<Ended, StoreError>;

    /// Ends every open session of `user` but `keep`.
    async fn end_sessions(
        &self,
        user: UserId,
        keep: Option<SessionId>,
        reason: SessionEndReason,
    ) -> Result<Ended, StoreError>;

    /// Ends at most `limit` sessions that were not used for `idle`, with [`SessionEndReason::Expired`].
    async fn expire_sessions(&self, idle: Duration, limit: usize) -> Result<Ended, StoreError>;

    /// What ended at or after `since`; with `None` only the clock. Readers overlap their reads by more than the
    /// longest transaction takes, so that a late commit is not missed.
    async fn revocations(&self, since: Option<Timestamp>) -> Result<Revocations, StoreError>;
}
