//! Changing a password or an address, and leaving: what the password confirms, and what mail tells of afterwards.

use tracing::{info, warn};

use super::{
    Account, AccountState, Accounts, ChangeEmail, CredentialError, Email, Password, Username, VerifyPassword,
};
use crate::cache::CacheKey;
use crate::error::Fenced;
use crate::guard::{ClientAddr, LimitKey, ready};
use crate::mail::{Mail, MailContent};
use crate::secret::Secret;
use crate::session::{Actor, login_key, standing};
use crate::time::{REQUEST_DEADLINE, within};
use crate::verification::{Purpose, Redemption, VerificationError};

impl Accounts {
    /// Replaces the actor's password; ends their other sessions, keeps the one that asks.
    pub async fn change_password(
        &self,
        actor: &Actor,
        old: &Secret,
        new: &Secret,
    ) -> Result<(), CredentialError> {
        within(&*self.ports.clock, REQUEST_DEADLINE, async {
            let account = self.confirmed(actor, Some(old)).await?;
            // Who logs in elsewhere brings no password to confirm with; such an account gets none by this way.
            if account.password_hash.is_none() {
                return Err(CredentialError::WrongPassword);
            }
            let new = Password::chosen(new.expose(), &about(&account))?;
            let hash = self.ports.hasher.hash(&new).await?;
            let ended = self.ports.accounts.set_password(actor.user, &hash, Some(actor.session)).await?;
            self.ports.announcer.ended(&ended);
            info!(user.id = %actor.user, "password changed");
            self.notify(account.email, MailContent::PasswordChanged).await;
            Ok(())
        })
        .await?
    }

    /// Gives the account of an address a new password, for whoever has the code; ends all its sessions.
    pub async fn reset_password(
        &self,
        email: &Email,
        code: &Secret,
        new: &Secret,
        client: &ClientAddr,
    ) -> Result<(), CredentialError> {
        let mut redeemed = None;
        let resetting = self.try_reset(email, code, new, client, &mut redeemed);
        self.settled(within(&*self.ports.clock, REQUEST_DEADLINE, resetting).await, redeemed).await
    }

    async fn try_reset(
        &self,
        email: &Email,
        code: &Secret,
        new: &Secret,
        client: &ClientAddr,
        redeemed: &mut Option<Redemption>,
    ) -> Result<(), CredentialError> {
        Password::presented(new.expose())?;
        *redeemed = Some(self.verification.redeem(Purpose::ResetPassword, email, code, client).await?);
        let account = self.ports.accounts.account_by_email(email).await?;
        let Some(account) = account.filter(|account| account.state == AccountState::Active) else {
            *redeemed = None;
            return Err(VerificationError::InvalidCode.into());
        };
        let new = Password::chosen(new.expose(), &about(&account))?;
        let hash = self.ports.hasher.hash(&new).await?;
        let user = account.profile.user;
        let ended = self.ports.accounts.set_password(user, &hash, None).await?;
        *redeemed = None;
        self.ports.announcer.ended(&ended);
        info!(user.id = %user, "password reset");
        // Who proved the address need not wait for the failures of others.
        let names = [Some(email.as_str()), account.profile.username.as_ref().map(Username::as_str)];
        for name in names.into_iter().flatten() {
            if let Err(error) = self.ports.limiter.forgive(&login_key(name)).await {
                warn!(user.id = %user, %error, "failed logins not forgiven");
            }
        }
        self.notify(account.email, MailContent::PasswordChanged).await;
        Ok(())
    }

    /// Gives the actor's account the address that `code` proves; confirmed by the password, if the account has one.
    pub async fn change_email(
        &self,
        actor: &Actor,
        password: Option<&Secret>,
        email: &Email,
        code: &Secret,
        client: &ClientAddr,
    ) -> Result<(), CredentialError> {
        let mut redeemed = None;
        let changing = self.try_change_email(actor, password, email, code, client, &mut redeemed);
        self.settled(within(&*self.ports.clock, REQUEST_DEADLINE, changing).await, redeemed).await
    }

    async fn try_change_email(
        &self,
        actor: &Actor,
        password: Option<&Secret>,
        email: &Email,
        code: &Secret,
        client: &ClientAddr,
        redeemed: &mut Option<Redemption>,
    ) -> Result<(), CredentialError> {
        let account = self.confirmed(actor, password).await?;
        *redeemed = Some(self.verification.redeem(Purpose::ChangeEmail, email, code, client).await?);
        let changed = self.ports.accounts.set_email(actor, email).await?;
        *redeemed = None;
        if changed == ChangeEmail::Taken {
            return Err(VerificationError::InvalidCode.into());
        }
        info!(user.id = %actor.user, "e-mail address changed");
        self.notify(account.email, MailContent::EmailChanged).await;
        Ok(())
    }

    /// Deletes the actor's account; confirmed by the password, if the account has one.
    pub async fn delete(&self, actor: &Actor, password: Option<&Secret>) -> Result<(), CredentialError> {
        within(&*self.ports.clock, REQUEST_DEADLINE, async {
            let account = self.confirmed(actor, password).await?;
            let user = actor.user;
            let known = [CacheKey::Card(user), CacheKey::Visibility(user), CacheKey::Friends(user)];
            let deleted = self.ports.accounts.delete_account(actor);
            let ended = self.ports.cache.changing(&known, deleted, |_| known.to_vec()).await?;
            self.ports.announcer.ended(&ended);
            info!(user.id = %actor.user, "account deleted");
            self.notify(account.email, MailContent::AccountDeleted).await;
            Ok(())
        })
        .await?
    }

    /// The actor's account, if their session may act and `password` is right; an account without one asks for none.
    /// Wrong ones have to wait as at login: a session in the wrong hands is no way to guess the password.
    async fn confirmed(&self, actor: &Actor, password: Option<&Secret>) -> Result<Account, CredentialError> {
        standing(&*self.ports.sessions, actor).await?;
        let account = self.own(actor).await?.ok_or(Fenced::SessionEnded)?;
        let Some(hash) = &account.password_hash else { return Ok(account) };
        let password = password.ok_or(CredentialError::WrongPassword)?;
        let Ok(password) = Password::presented(password.expose()) else {
            return Err(CredentialError::WrongPassword);
        };
        let limiter = &*self.ports.limiter;
        let key = LimitKey::new("confirm", actor.user.to_string());
        let _turn = self.turns.wait(&key.subject).await?;
        ready(limiter, &key).await??;
        match self.ports.hasher.verify(&password, Some(hash)).await? {
            VerifyPassword::Right { .. } => limiter.forgive(&key).await?,
            VerifyPassword::Wrong => {
                limiter.fail(&key, &self.rules.backoff).await?;
                return Err(CredentialError::WrongPassword);
            }
        }
        Ok(account)
    }

    /// The outcome of a step with a deadline; a code that it took for nothing is made good again.
    async fn settled(
        &self,
        outcome: Result<Result<(), CredentialError>, crate::time::DeadlineExceeded>,
        redeemed: Option<Redemption>,
    ) -> Result<(), CredentialError> {
        if let Some(redemption) = redeemed {
            self.verification.restore(redemption).await;
        }
        match outcome {
            Ok(done) => done,
            Err(late) => Err(late.into()),
        }
    }

    /// Tells the owner of an account what was done to it. It is done, whether or not the mail is taken.
    async fn notify(&self, to: Option<Email>, content: MailContent) {
        let Some(to) = to else { return };
        if let Err(error) = self.ports.mailer.send(Mail { to, content }).await {
            warn!(%error, "notice not mailed");
        }
    }
}

/// What others know of somebody, and try as their password first.
fn about(account: &Account) -> Vec<&str> {
    let username = account.profile.username.as_ref().map(Username::as_str);
    let email = account.email.as_ref().map(Email::as_str);
    let display_name = Some(account.profile.display_name.as_str());
    [username, email, display_name].into_iter().flatten().collect()
}
