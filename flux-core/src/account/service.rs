//! Registering, profiles and searching. Passwords, addresses and leaving are in [`credentials`](super::credentials).

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tracing::info;

use super::{
    Account, AccountError, AccountState, AccountStore, Card, CreateAccount, DisplayName, Email, NewAccount,
    Password, PasswordHasher, Profile, ProfileChange, ProvisionError, RegisterError, Username,
    UsernamePrefix,
};
use crate::cache::{CacheKey, UserCache};
use crate::entropy::Entropy;
use crate::error::{Fenced, StoreError};
use crate::guard::{Backoff, ClientAddr, LimitKey, Quota, RateLimiter, take};
use crate::id::UserId;
use crate::mail::Mailer;
use crate::secret::Secret;
use crate::session::{Actor, Announcer, LoginLimits, SessionStore, Turns};
use crate::time::{Clock, REQUEST_DEADLINE, within};
use crate::verification::{Purpose, Redemption, VerificationError, Verifier};

/// The rules that accounts go by: how often one may register, search, and be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRules {
    /// Registrations from one address: 60 an hour.
    pub registrations_per_client: Quota,
    /// Searches by one user: 30 a minute.
    pub searches_per_user: Quota,
    /// Searches from one address: 120 a minute.
    pub searches_per_client: Quota,
    /// What wrong passwords cost that were to confirm a change, by user: as at login.
    pub backoff: Backoff,
}

impl Default for AccountRules {
    fn default() -> Self {
        Self {
            registrations_per_client: Quota::new(60, Duration::from_hours(1)),
            searches_per_user: Quota::new(30, Duration::from_mins(1)),
            searches_per_client: Quota::new(120, Duration::from_mins(1)),
            backoff: LoginLimits::default().backoff,
        }
    }
}

/// Somebody who wants an account.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Their address.
    pub email: Email,
    /// The code that was mailed to it, as typed.
    pub code: Secret,
    /// How others find them.
    pub username: Username,
    /// What they call themselves; the username without it.
    pub display_name: Option<DisplayName>,
    /// The password, as typed.
    pub password: Secret,
}

/// An account to be made on trust.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// How others find them.
    pub username: Username,
    /// What they call themselves; the username without it.
    pub display_name: Option<DisplayName>,
    /// Their address, which somebody else has verified.
    pub email: Option<Email>,
}

/// The most that a search finds: 100.
pub const MAX_FOUND: usize = 100;

/// The most that a store is asked for at once.
const MAX_CARDS: usize = 500;

/// What [`Accounts`] stands on.
#[derive(Clone)]
pub struct AccountPorts {
    /// Keeps accounts.
    pub accounts: Arc<dyn AccountStore>,
    /// Keeps sessions.
    pub sessions: Arc<dyn SessionStore>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Counts attempts.
    pub limiter: Arc<dyn RateLimiter>,
    /// What profiles are read through.
    pub cache: Arc<UserCache>,
    /// Sends notices.
    pub mailer: Arc<dyn Mailer>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Hears of ended sessions and feed entries: the [`RevocationWatch`](crate::session::RevocationWatch), where there
    /// are connections.
    pub announcer: Arc<dyn Announcer>,
}

/// Accounts.
pub struct Accounts {
    pub(super) ports: AccountPorts,
    pub(super) verification: Arc<dyn Verifier>,
    pub(super) rules: AccountRules,
    pub(super) turns: Turns,
}

impl Accounts {
    /// Over its ports.
    pub fn new(ports: AccountPorts, verification: Arc<dyn Verifier>, rules: AccountRules) -> Self {
        Self { ports, verification, rules, turns: Turns::default() }
    }

    /// Makes an account for whoever has the code. The code is used up by the account alone: it is still good if the
    /// username is taken, the password too weak, or something else comes between.
    ///
    /// The code comes before whatever costs work: without one nobody makes this server estimate or hash a password.
    pub async fn register(
        &self,
        registration: Registration,
        client: &ClientAddr,
    ) -> Result<Account, RegisterError> {
        let mut redeemed = None;
        let registering = self.try_register(registration, client, &mut redeemed);
        let registered = match within(&*self.ports.clock, REQUEST_DEADLINE, registering).await {
            Ok(registered) => registered,
            Err(late) => Err(late.into()),
        };
        // If the answer of the store got lost, the account may be there: then the code is good for nothing.
        if let Some(redemption) = redeemed {
            self.verification.restore(redemption).await;
        }
        registered
    }

    /// Leaves in `redeemed` a code that was taken for nothing.
    async fn try_register(
        &self,
        registration: Registration,
        client: &ClientAddr,
        redeemed: &mut Option<Redemption>,
    ) -> Result<Account, RegisterError> {
        let Registration { email, code, username, display_name, password } = registration;
        let address = LimitKey::new("register.client", client.to_string());
        take(&*self.ports.limiter, &address, self.rules.registrations_per_client).await??;
        Password::presented(password.expose())?;
        *redeemed = Some(self.verification.redeem(Purpose::Register, &email, &code, client).await?);
        let password = Password::chosen(password.expose(), &[username.as_str(), email.as_str()])?;
        let hash = self.ports.hasher.hash(&password).await?;
        let new = self.new_account(username, display_name, Some(email), Some(hash));
        match self.ports.accounts.create_account(new).await? {
            CreateAccount::Created(account) => {
                *redeemed = None;
                info!(user.id = %account.profile.user, "registered");
                Ok(*account)
            }
            CreateAccount::UsernameTaken => Err(RegisterError::UsernameTaken),
            CreateAccount::EmailTaken => {
                *redeemed = None;
                Err(VerificationError::InvalidCode.into())
            }
        }
    }

    /// Makes an account on trust, without code or password: for programs that embed Flux and know their users.
    pub async fn provision(&self, user: NewUser) -> Result<Account, ProvisionError> {
        let new = self.new_account(user.username, user.display_name, user.email, None);
        let made = self.ports.accounts.create_account(new);
        match within(&*self.ports.clock, REQUEST_DEADLINE, made).await?? {
            CreateAccount::Created(account) => Ok(*account),
            CreateAccount::UsernameTaken => Err(ProvisionError::UsernameTaken),
            CreateAccount::EmailTaken => Err(ProvisionError::EmailTaken),
        }
    }

    fn new_account(
        &self,
        username: Username,
        display_name: Option<DisplayName>,
        email: Option<Email>,
        password_hash: Option<Secret>,
    ) -> NewAccount {
        NewAccount {
            user: UserId::generate(self.ports.clock.now(), &*self.ports.entropy),
            display_name: display_name.unwrap_or_else(|| DisplayName::of(&username)),
            username,
            email,
            password_hash,
        }
    }

    /// What everybody may see of a user; a tombstone for a deleted one.
    pub async fn profile(&self, user: UserId) -> Result<Profile, AccountError> {
        self.shown_profiles(&[user]).await?.pop().ok_or(AccountError::NotFound)
    }

    /// The same for many, in the order asked for; those that are not found are left out.
    pub async fn shown_profiles(&self, users: &[UserId]) -> Result<Vec<Profile>, AccountError> {
        let cards = within(&*self.ports.clock, REQUEST_DEADLINE, self.cards(users)).await??;
        Ok(cards.into_iter().filter(is_shown).map(|card| card.profile).collect())
    }

    /// The profiles of those of `users` that exist, in the order asked for; tombstones for deleted ones. For the
    /// program itself: it tells of disabled accounts too, which their friends still see.
    pub async fn profiles(&self, users: &[UserId]) -> Result<Vec<Profile>, AccountError> {
        let cards = within(&*self.ports.clock, REQUEST_DEADLINE, self.cards(users)).await??;
        Ok(cards.into_iter().map(|card| card.profile).collect())
    }

    async fn cards(&self, users: &[UserId]) -> Result<Vec<Card>, StoreError> {
        let mut cards = Vec::with_capacity(users.len().min(MAX_CARDS));
        for users in users.chunks(MAX_CARDS) {
            cards.extend(self.ports.cache.cards(&*self.ports.accounts, users).await?);
        }
        Ok(cards)
    }

    /// The actor's own account.
    pub async fn me(&self, actor: &Actor) -> Result<Account, AccountError> {
        let account = within(&*self.ports.clock, REQUEST_DEADLINE, self.own(actor)).await??;
        Ok(account.ok_or(Fenced::SessionEnded)?)
    }

    /// Active accounts by the start of the username, the whole e-mail address or the id; at most `limit`, and at most
    /// [`MAX_FOUND`].
    pub async fn search(
        &self,
        actor: &Actor,
        query: &str,
        limit: usize,
        client: &ClientAddr,
    ) -> Result<Vec<Profile>, AccountError> {
        let limit = limit.clamp(1, MAX_FOUND);
        within(&*self.ports.clock, REQUEST_DEADLINE, self.find(actor, query.trim(), limit, client)).await?
    }

    async fn find(
        &self,
        actor: &Actor,
        query: &str,
        limit: usize,
        client: &ClientAddr,
    ) -> Result<Vec<Profile>, AccountError> {
        let user = LimitKey::new("search.user", actor.user.to_string());
        take(&*self.ports.limiter, &user, self.rules.searches_per_user).await??;
        let address = LimitKey::new("search.client", client.to_string());
        take(&*self.ports.limiter, &address, self.rules.searches_per_client).await??;
        if query.chars().nth(1).is_none() {
            return Err(AccountError::QueryTooShort);
        }
        if let Ok(user) = UserId::from_str(query) {
            let cards = self.cards(&[user]).await?;
            let active = cards.into_iter().filter(|card| card.state == AccountState::Active);
            return Ok(active.map(|card| card.profile).collect());
        }
        if query.contains('@') {
            return match Email::new(query) {
                Ok(email) => Ok(shown(self.ports.accounts.account_by_email(&email).await?)),
                Err(_) => Ok(Vec::new()),
            };
        }
        match UsernamePrefix::new(query) {
            Some(prefix) => Ok(self.ports.accounts.search_usernames(&prefix, limit).await?),
            // No username starts like this.
            None => Ok(Vec::new()),
        }
    }

    /// Changes the actor's profile; their friends are told in time. Returns it as it is now.
    pub async fn change_profile(
        &self,
        actor: &Actor,
        change: &ProfileChange,
    ) -> Result<Profile, AccountError> {
        let card = [CacheKey::Card(actor.user)];
        let changed = self.ports.accounts.change_profile(actor, change);
        let changed = self.ports.cache.changing(&card, changed, |_| card.to_vec());
        let (profile, entry) = within(&*self.ports.clock, REQUEST_DEADLINE, changed).await??;
        if let Some(entry) = entry {
            self.ports.announcer.entries(&[(actor.user, entry)]);
        }
        Ok(profile)
    }

    /// Switches an account off or on again: for operators. Off ends all its sessions.
    pub async fn set_disabled(&self, user: UserId, disabled: bool) -> Result<(), AccountError> {
        let known = [CacheKey::Card(user), CacheKey::Visibility(user)];
        let set = self.ports.accounts.set_disabled(user, disabled);
        let set = self.ports.cache.changing(&known, set, |_| known.to_vec());
        let ended =
            within(&*self.ports.clock, REQUEST_DEADLINE, set).await??.ok_or(AccountError::NotFound)?;
        self.ports.announcer.ended(&ended);
        info!(user.id = %user, disabled, "account switched");
        Ok(())
    }

    /// The account of an actor, which is there as long as they may act.
    pub(super) async fn own(&self, actor: &Actor) -> Result<Option<Account>, StoreError> {
        let account = self.ports.accounts.account(actor.user).await?;
        Ok(account.filter(|account| account.state == AccountState::Active))
    }
}

/// Whether others may see it: a disabled account is like none.
fn is_shown(card: &Card) -> bool {
    card.state != AccountState::Disabled
}

fn shown(account: Option<Account>) -> Vec<Profile> {
    account
        .filter(|account| account.state == AccountState::Active)
        .map(|account| account.profile)
        .into_iter()
        .collect()
}
