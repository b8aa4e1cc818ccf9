//! Logging in, refreshing and ending sessions.

use std::sync::Arc;
use std::time::Duration;

use tracing::{info, warn};

use super::standing::standing;
use super::turns::Turns;
use super::{
    Actor, Announcer, Device, LoginError, NewSession, OpenSession, RefreshError, RevocationWatch,
    RotateRefresh, Session, SessionEndReason, SessionError, SessionLifetimes, SessionPolicy, SessionStore,
    token,
};
use crate::account::{
    Account, AccountState, AccountStore, Email, Password, PasswordHasher, Username, VerifyPassword,
};
use crate::entropy::Entropy;
use crate::error::{Fenced, StoreError};
use crate::guard::{Backoff, ClientAddr, LimitKey, Quota, RateLimiter, ready, take};
use crate::id::{SessionId, UserId};
use crate::secret::{Secret, TokenHash};
use crate::time::{Clock, REQUEST_DEADLINE, within};

/// How often one may try to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginLimits {
    /// What failures at one name cost: 5 are free, then 1 s, doubling to 15 min, forgotten after a day.
    pub backoff: Backoff,
    /// Logins from one address: 300 in 5 min.
    pub per_client: Quota,
    /// Refreshes from one address: 1,200 in 10 min.
    pub refreshes_per_client: Quota,
}

impl Default for LoginLimits {
    fn default() -> Self {
        Self {
            backoff: Backoff {
                free: 5,
                first: Duration::from_secs(1),
                cap: Duration::from_mins(15),
                forget: Duration::from_hours(24),
            },
            per_client: Quota::new(300, Duration::from_mins(5)),
            refreshes_per_client: Quota::new(1_200, Duration::from_mins(10)),
        }
    }
}

/// The rules that sessions live by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionRules {
    /// How many a user may have.
    pub policy: SessionPolicy,
    /// How long they last.
    pub lifetimes: SessionLifetimes,
    /// How often one may try.
    pub limits: LoginLimits,
}

/// Somebody who wants to log in.
#[derive(Debug, Clone)]
pub struct Login {
    /// The username or the e-mail address, as typed. `Debug` hides it: it may be a password in the wrong field.
    pub name: Secret,
    /// The password, as typed.
    pub password: Secret,
    /// On what.
    pub device: Device,
}

/// Who has logged in.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    /// The account.
    pub account: Account,
    /// The new session.
    pub session: Session,
    /// Its refresh token; kept nowhere.
    pub refresh: Secret,
}

/// A session that goes on.
#[derive(Debug, Clone)]
pub struct Refreshed {
    /// The session.
    pub session: Session,
    /// Its new refresh token; the presented one is good for the grace.
    pub refresh: Secret,
}

/// What [`Sessions`] stands on.
#[derive(Clone)]
pub struct SessionPorts {
    /// Keeps sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// Keeps accounts.
    pub accounts: Arc<dyn AccountStore>,
    /// Verifies passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Counts attempts.
    pub limiter: Arc<dyn RateLimiter>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

/// Sessions: who is logged in, where.
pub struct Sessions {
    ports: SessionPorts,
    watch: Arc<RevocationWatch>,
    rules: SessionRules,
    turns: Turns,
}

/// What failures to log in with `name` are counted under: the same for an account and for a name that nobody has, so
/// that the wait tells nothing. Username and address of one account are counted apart: counted together, the wait of
/// one would tell that the other belongs to it.
pub(crate) fn login_key(name: &str) -> LimitKey {
    let name = match LoginName::parse(name) {
        Some(LoginName::Email(email)) => email.key(),
        Some(LoginName::Username(username)) => username.key().to_owned(),
        None => name.trim().to_lowercase(),
    };
    LimitKey::personal("login", &name)
}

enum LoginName {
    Email(Email),
    Username(Username),
}

impl LoginName {
    fn parse(name: &str) -> Option<Self> {
        let name = name.trim();
        if name.contains('@') {
            Email::new(name).ok().map(Self::Email)
        } else {
            Username::new(name).ok().map(Self::Username)
        }
    }
}

impl Sessions {
    /// Over its ports. What ends here is known to `watch` at once, and told through it.
    pub fn new(ports: SessionPorts, watch: Arc<RevocationWatch>, rules: SessionRules) -> Self {
        Self { ports, watch, rules, turns: Turns::default() }
    }

    /// Logs in by username or e-mail address. After failures the name has to wait, whoever asks, and then the right
    /// password is taken again: nobody can lock an account for good.
    pub async fn login(&self, login: Login, client: &ClientAddr) -> Result<LoggedIn, LoginError> {
        let password = Password::presented(login.password.expose())?;
        within(&*self.ports.clock, REQUEST_DEADLINE, self.log_in(&login, &password, client)).await?
    }

    async fn log_in(
        &self,
        login: &Login,
        password: &Password,
        client: &ClientAddr,
    ) -> Result<LoggedIn, LoginError> {
        let limiter = &*self.ports.limiter;
        let limits = &self.rules.limits;
        let address = LimitKey::new("login.client", client.to_string());
        take(limiter, &address, limits.per_client).await??;
        let key = login_key(login.name.expose());
        // Before the turn, so that names that have to wait keep no queue; and in it, for what failed meanwhile.
        ready(limiter, &key).await??;
        let _turn = self.turns.wait(&key.subject).await?;
        ready(limiter, &key).await??;
        match self.try_log_in(login, password).await {
            Err(LoginError::InvalidCredentials) => {
                limiter.fail(&key, &limits.backoff).await?;
                Err(LoginError::InvalidCredentials)
            }
            Ok(done) => {
                limiter.forgive(&key).await?;
                Ok(done)
            }
            Err(error) => Err(error),
        }
    }

    async fn try_log_in(&self, login: &Login, password: &Password) -> Result<LoggedIn, LoginError> {
        // A second round only if the account's hash was replaced between the look at it and the opening: by a
        // concurrent login that upgraded it, or by a new password, and then the old one is refused.
        for _ in 0..2 {
            let account = self.named(login.name.expose()).await?;
            let hash = account.as_ref().and_then(|account| account.password_hash.as_ref());
            // The same work whether or not there is an account, and whether or not it may be used.
            let verdict = self.ports.hasher.verify(password, hash).await?;
            let VerifyPassword::Right { outdated } = verdict else {
                return Err(LoginError::InvalidCredentials);
            };
            let Some(account) = account.filter(|account| account.state == AccountState::Active) else {
                return Err(LoginError::InvalidCredentials);
            };
            let opened = self.open_one(account.profile.user, &login.device, account.password_hash.as_ref());
            if let Some((session, refresh)) = opened.await? {
                if outdated {
                    self.upgrade_hash(&account, password).await;
                }
                return Ok(LoggedIn { account, session, refresh });
            }
        }
        Err(LoginError::InvalidCredentials)
    }

    async fn named(&self, name: &str) -> Result<Option<Account>, StoreError> {
        match LoginName::parse(name) {
            Some(LoginName::Email(email)) => self.ports.accounts.account_by_email(&email).await,
            Some(LoginName::Username(username)) => self.ports.accounts.account_by_username(&username).await,
            None => Ok(None),
        }
    }

    /// Keeps the password under today's parameters. The login does not depend on it.
    async fn upgrade_hash(&self, account: &Account, password: &Password) {
        let Some(from) = &account.password_hash else { return };
        let upgraded = match self.ports.hasher.hash(password).await {
            Ok(to) => self.ports.accounts.upgrade_password_hash(account.profile.user, from, &to).await,
            Err(error) => Err(StoreError::unavailable(error)),
        };
        if let Err(error) = upgraded {
            warn!(user.id = %account.profile.user, %error, "password hash not upgraded");
        }
    }

    /// Opens a session for somebody whom the caller has authenticated: for programs that embed Flux.
    pub async fn open(&self, user: UserId, device: &Device) -> Result<Refreshed, SessionError> {
        let opened =
            within(&*self.ports.clock, REQUEST_DEADLINE, self.open_one(user, device, None)).await??;
        let (session, refresh) = opened.ok_or(SessionError::NotFound)?;
        Ok(Refreshed { session, refresh })
    }

    /// `None` if the account may not be used, or no longer has exactly `password_hash`.
    async fn open_one(
        &self,
        user: UserId,
        device: &Device,
        password_hash: Option<&Secret>,
    ) -> Result<Option<(Session, Secret)>, StoreError> {
        let session = SessionId::generate(self.ports.clock.now(), &*self.ports.entropy);
        let (refresh, hash) = token::fresh(&*self.ports.entropy);
        let new = NewSession { session, user, device: device.clone(), refresh: hash };
        match self.ports.sessions.open_session(new, self.rules.policy, password_hash).await? {
            OpenSession::Opened { session, ended } => {
                self.watch.ended(&ended);
                Ok(Some((session, refresh)))
            }
            OpenSession::Refused => Ok(None),
        }
    }

    /// Exchanges a refresh token for the next one. The presented one is good for the grace, so that a lost answer logs
    /// nobody out; presented after it, it was stolen or copied, and the session ends.
    pub async fn refresh(&self, presented: &Secret, client: &ClientAddr) -> Result<Refreshed, RefreshError> {
        let presented = token::parse(presented.expose()).ok_or(RefreshError::Invalid)?;
        within(&*self.ports.clock, REQUEST_DEADLINE, self.rotate(presented, client)).await?
    }

    async fn rotate(&self, presented: TokenHash, client: &ClientAddr) -> Result<Refreshed, RefreshError> {
        let address = LimitKey::new("refresh.client", client.to_string());
        take(&*self.ports.limiter, &address, self.rules.limits.refreshes_per_client).await??;
        let (refresh, next) = token::fresh(&*self.ports.entropy);
        let grace = self.rules.lifetimes.refresh_grace;
        match self.ports.sessions.rotate_refresh(presented, next, grace).await? {
            RotateRefresh::Rotated(session) => Ok(Refreshed { session, refresh }),
            RotateRefresh::Reused(ended) => {
                for session in &ended.sessions {
                    warn!(user.id = %session.user, session.id = %session.session, "refresh token reused");
                }
                self.watch.ended(&ended);
                Err(RefreshError::Invalid)
            }
            RotateRefresh::Unknown => Err(RefreshError::Invalid),
        }
    }

    /// Who acts, for a request whose access token named `user` and `session`: no store is asked while this process
    /// knows for itself what has ended.
    pub async fn authorize(&self, user: UserId, session: SessionId) -> Result<Actor, SessionError> {
        let actor = Actor { user, session, generation: None };
        if self.watch.is_ended(session) {
            return Err(Fenced::SessionEnded.into());
        }
        if !self.watch.is_complete() {
            let sessions = &*self.ports.sessions;
            within(&*self.ports.clock, REQUEST_DEADLINE, standing(sessions, &actor)).await??;
        }
        Ok(actor)
    }

    /// The actor's open sessions, newest first.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<Session>, SessionError> {
        let listed = self.ports.sessions.sessions(actor.user);
        Ok(within(&*self.ports.clock, REQUEST_DEADLINE, listed).await??)
    }

    /// Ends the actor's own session; one that has ended already stays so.
    pub async fn logout(&self, actor: &Actor) -> Result<(), SessionError> {
        within(&*self.ports.clock, REQUEST_DEADLINE, async {
            let end = self.ports.sessions.end_session(actor.user, actor.session, SessionEndReason::Logout);
            self.watch.ended(&end.await?);
            Ok(())
        })
        .await?
    }

    /// Ends one of the actor's sessions, from another or by itself.
    pub async fn end(&self, actor: &Actor, session: SessionId) -> Result<(), SessionError> {
        within(&*self.ports.clock, REQUEST_DEADLINE, async {
            standing(&*self.ports.sessions, actor).await?;
            let reason =
                if session == actor.session { SessionEndReason::Logout } else { SessionEndReason::Revoked };
            let ended = self.ports.sessions.end_session(actor.user, session, reason).await?;
            self.watch.ended(&ended);
            if ended.sessions.is_empty() { Err(SessionError::NotFound) } else { Ok(()) }
        })
        .await?
    }

    /// Ends every session of the actor but the one that asks; returns how many.
    pub async fn end_others(&self, actor: &Actor) -> Result<usize, SessionError> {
        within(&*self.ports.clock, REQUEST_DEADLINE, async {
            standing(&*self.ports.sessions, actor).await?;
            let keep = Some(actor.session);
            let others = self.ports.sessions.end_sessions(actor.user, keep, SessionEndReason::Revoked);
            let ended = others.await?;
            self.watch.ended(&ended);
            Ok(ended.sessions.len())
        })
        .await?
    }

    /// Ends sessions that were not used for as long as [`SessionLifetimes::idle`], a bounded number a call; returns how
    /// many.
    pub async fn expire_idle(&self) -> Result<usize, SessionError> {
        const PAGE: usize = 500;
        let expired = self.ports.sessions.expire_sessions(self.rules.lifetimes.idle, PAGE);
        let ended = within(&*self.ports.clock, REQUEST_DEADLINE, expired).await??;
        self.watch.ended(&ended);
        if !ended.sessions.is_empty() {
            info!(sessions = ended.sessions.len(), "idle sessions expired");
        }
        Ok(ended.sessions.len())
    }
}
