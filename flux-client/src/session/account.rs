//! The account and its sessions. The account's calls go over HTTP, so they work without a chat connection.

use std::fmt;

use flux_proto::ErrorCode;
use flux_proto::v1::{self, client_frame};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Session;
use super::handle::expect_reply;
use crate::actor::{Command, Effect};
use crate::api::dto::{self, NOTHING};
use crate::error::ClientError;
use crate::id::SessionId;
use crate::model::{Profile, SessionEndReason, SessionInfo, all};
use crate::secret::{Private, Secret};
use crate::token::AccessToken;

/// One's own account.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// What others see.
    pub profile: Profile,
    /// Where codes and notices go; `None` for an account without an address.
    pub email: Option<String>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// Whether everybody sees its user as offline.
    pub invisible: bool,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("profile", &self.profile)
            .field("email", &self.email.as_deref().map(Private))
            .field("created_ms", &self.created_ms)
            .field("invisible", &self.invisible)
            .finish()
    }
}

impl From<dto::Me> for Account {
    fn from(body: dto::Me) -> Self {
        let profile = Profile {
            user: body.user_id,
            username: body.username,
            display_name: body.display_name,
            bio: body.bio,
            deleted: body.deleted,
        };
        Self { profile, email: body.email, created_ms: body.created_ms, invisible: body.invisible }
    }
}

/// What to change about one's profile; `None` leaves a field as it is.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// What one wants to be called.
    pub display_name: Option<String>,
    /// What one says about oneself.
    pub bio: Option<String>,
}

impl fmt::Debug for ProfileChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfileChange")
            .field("display_name", &self.display_name.as_deref().map(Private))
            .field("bio", &self.bio.as_deref().map(Private))
            .finish()
    }
}

impl Session {
    /// One's own account.
    pub async fn account(&self) -> Result<Account, ClientError> {
        self.http::<dto::Me>("GET", "/v1/users/me", NOTHING).await.map(Account::from)
    }

    /// Changes one's own profile.
    pub async fn update_profile(&self, change: &ProfileChange) -> Result<(), ClientError> {
        let body =
            dto::ProfileChange { display_name: change.display_name.as_deref(), bio: change.bio.as_deref() };
        self.http_tell("PATCH", "/v1/users/me", Some(&body)).await
    }

    /// Changes the password, which ends the other sessions.
    pub async fn change_password(&self, old: &Secret, new: &Secret) -> Result<(), ClientError> {
        let body = dto::ChangePassword { old_password: old.expose(), new_password: new.expose() };
        self.http_tell("PUT", "/v1/users/me/password", Some(&body)).await
    }

    /// Changes the e-mail address, with a [code](crate::CodePurpose::ChangeEmail) that was sent to the new one, and the
    /// password unless the account has none.
    pub async fn change_email(
        &self,
        email: &str,
        code: &Secret,
        password: Option<&Secret>,
    ) -> Result<(), ClientError> {
        let password = password.map(Secret::expose);
        let body = dto::ChangeEmail { email, code: code.expose(), password };
        self.http_tell("PUT", "/v1/users/me/email", Some(&body)).await
    }

    /// Deletes the account for good, with its password unless it has none, and ends the session.
    pub async fn delete_account(&self, password: Option<&Secret>) -> Result<(), ClientError> {
        let body = dto::DeleteAccount { password: password.map(Secret::expose) };
        self.http_tell("DELETE", "/v1/users/me", Some(&body)).await?;
        self.ended(SessionEndReason::AccountDeleted).await;
        Ok(())
    }

    /// Logs out: ends the session on the server, and with it this handle.
    pub async fn logout(&self) -> Result<(), ClientError> {
        self.http_tell("DELETE", "/v1/sessions/current", NOTHING).await?;
        self.ended(SessionEndReason::Logout).await;
        Ok(())
    }

    /// All sessions of the user.
    pub async fn sessions(&self) -> Result<Vec<SessionInfo>, ClientError> {
        let request = client_frame::Request::ListSessions(v1::ListSessions {});
        all(expect_reply!(self.handle.call(request, Effect::Read).await, SessionList)?.sessions)
    }

    /// Ends another session of the user.
    pub async fn end_session(&self, session: SessionId) -> Result<(), ClientError> {
        let session_id = session.to_string();
        self.change(client_frame::Request::Logout(v1::Logout { session_id })).await
    }

    async fn http<T: DeserializeOwned>(
        &self,
        method: &'static str,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<T, ClientError> {
        let token = self.inner.tokens.access_token(None).await?;
        match self.inner.api.ask(method, path, Some(&token), body).await {
            Err(error) => {
                let fresh = self.another_token(token, error).await?;
                self.inner.api.ask(method, path, Some(&fresh), body).await
            }
            answer => answer,
        }
    }

    async fn http_tell(
        &self,
        method: &'static str,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<(), ClientError> {
        let token = self.inner.tokens.access_token(None).await?;
        match self.inner.api.tell(method, path, Some(&token), body).await {
            Err(error) => {
                let fresh = self.another_token(token, error).await?;
                self.inner.api.tell(method, path, Some(&fresh), body).await
            }
            Ok(()) => Ok(()),
        }
    }

    /// After an error: a token to try again with, if that can help.
    async fn another_token(
        &self,
        token: AccessToken,
        error: ClientError,
    ) -> Result<AccessToken, ClientError> {
        match error.code() {
            Some(ErrorCode::Unauthenticated) => self.inner.tokens.access_token(Some(&token)).await,
            Some(ErrorCode::SessionEnded) => {
                self.ended(SessionEndReason::Unknown).await;
                Err(error)
            }
            _ => Err(error),
        }
    }

    async fn ended(&self, reason: SessionEndReason) {
        // A session that is over already needs no telling.
        let _ = self.handle.tell(Command::Ended { reason }).await;
    }
}
