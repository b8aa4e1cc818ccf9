//! Accounts in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use flux_core::account::{
    Account, AccountState, AccountStore, Bio, Card, ChangeEmail, CreateAccount, Email, Ended, NewAccount,
    Profile, ProfileChange, USERNAME_RESERVED, Username, UsernamePrefix, Visibility,
};
use flux_core::feed::{FeedChange, FeedEntry};
use flux_core::session::{Actor, SessionEndReason};
use flux_core::{ActError, Secret, SessionId, StoreError, Timestamp, UserId};

use super::MemoryStore;
use super::job::Work;
use super::state::taken;

/// Accounts and what they are found by.
#[derive(Default)]
pub(super) struct Accounts {
    rows: BTreeMap<UserId, Account>,
    /// Of accounts that are not deleted.
    names: BTreeMap<String, UserId>,
    skeletons: BTreeMap<String, UserId>,
    emails: BTreeMap<String, UserId>,
    /// Skeletons of deleted accounts, and since when they are.
    left: BTreeMap<String, Timestamp>,
}

impl Accounts {
    pub(super) fn get(&self, user: UserId) -> Option<&Account> {
        self.rows.get(&user)
    }

    /// The account, unless it is deleted.
    fn live(&mut self, user: UserId) -> Option<&mut Account> {
        self.rows.get_mut(&user).filter(|account| account.state != AccountState::Deleted)
    }

    /// The account of an actor, who has a session and so cannot be deleted.
    fn acting(&mut self, actor: &Actor) -> Result<&mut Account, StoreError> {
        self.live(actor.user).ok_or(StoreError::Corrupt { what: "session without an account" })
    }

    fn create(&mut self, new: NewAccount, now: Timestamp) -> CreateAccount {
        let skeleton = new.username.skeleton();
        let reserved = self.left.get(&skeleton).is_some_and(|left| now.since(*left) < USERNAME_RESERVED);
        if reserved || self.skeletons.contains_key(&skeleton) {
            return CreateAccount::UsernameTaken;
        }
        let email_key = new.email.as_ref().map(Email::key);
        if email_key.as_ref().is_some_and(|key| self.emails.contains_key(key)) {
            return CreateAccount::EmailTaken;
        }
        self.left.remove(&skeleton);
        self.skeletons.insert(skeleton, new.user);
        self.names.insert(new.username.key().to_owned(), new.user);
        if let Some(key) = email_key {
            self.emails.insert(key, new.user);
        }
        let account = Account {
            profile: Profile {
                user: new.user,
                username: Some(new.username),
                display_name: new.display_name,
                bio: Bio::empty(),
            },
            email: new.email,
            password_hash: new.password_hash,
            state: AccountState::Active,
            created: now,
            invisible: false,
            last_seen: None,
        };
        self.rows.insert(new.user, account.clone());
        CreateAccount::Created(Box::new(account))
    }

    /// Leaves nothing but the id, the time of its making and the reserved look of its name.
    fn delete(&mut self, user: UserId, now: Timestamp) {
        let Some(account) = self.rows.get_mut(&user) else { return };
        let before = std::mem::replace(
            account,
            Account {
                profile: Profile::tombstone(user),
                email: None,
                password_hash: None,
                state: AccountState::Deleted,
                created: account.created,
                invisible: false,
                last_seen: None,
            },
        );
        if let Some(username) = before.profile.username {
            self.names.remove(username.key());
            self.skeletons.remove(&username.skeleton());
            self.left.insert(username.skeleton(), now);
        }
        if let Some(email) = before.email {
            self.emails.remove(&email.key());
        }
    }
}

#[async_trait]
impl AccountStore for MemoryStore {
    async fn create_account(&self, new: NewAccount) -> Result<CreateAccount, StoreError> {
        let (mut state, now) = self.begin();
        if state.accounts.rows.contains_key(&new.user) {
            return Err(taken("user id in use"));
        }
        Ok(state.accounts.create(new, now))
    }

    async fn account(&self, user: UserId) -> Result<Option<Account>, StoreError> {
        Ok(self.read().accounts.get(user).cloned())
    }

    async fn account_by_username(&self, username: &Username) -> Result<Option<Account>, StoreError> {
        let accounts = &self.read().accounts;
        Ok(accounts.names.get(username.key()).and_then(|user| accounts.get(*user)).cloned())
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        let accounts = &self.read().accounts;
        Ok(accounts.emails.get(&email.key()).and_then(|user| accounts.get(*user)).cloned())
    }

    async fn cards(&self, users: &[UserId]) -> Result<Vec<Card>, StoreError> {
        let accounts = &self.read().accounts;
        let card = |account: &Account| Card { profile: account.profile.clone(), state: account.state };
        Ok(users.iter().filter_map(|user| accounts.get(*user)).map(card).collect())
    }

    async fn visibilities(&self, users: &[UserId]) -> Result<Vec<Visibility>, StoreError> {
        let accounts = &self.read().accounts;
        Ok(users.iter().filter_map(|user| accounts.get(*user)).map(Account::visibility).collect())
    }

    async fn search_usernames(
        &self,
        prefix: &UsernamePrefix,
        limit: usize,
    ) -> Result<Vec<Profile>, StoreError> {
        let accounts = &self.read().accounts;
        let end = prefix.upper_bound();
        Ok(accounts
            .names
            .range(prefix.as_str().to_owned()..)
            .take_while(|(name, _)| end.as_ref().is_none_or(|end| *name < end))
            .filter_map(|(_, user)| accounts.get(*user))
            .filter(|account| account.state == AccountState::Active)
            .take(limit)
            .map(|account| account.profile.clone())
            .collect())
    }

    async fn change_profile(
        &self,
        actor: &Actor,
        change: &ProfileChange,
    ) -> Result<(Profile, Option<FeedEntry>), ActError> {
        let (mut state, now) = self.begin();
        state.fence(actor)?;
        let profile = &mut state.accounts.acting(actor)?.profile;
        let before = profile.clone();
        if let Some(display_name) = &change.display_name {
            profile.display_name = display_name.clone();
        }
        if let Some(bio) = &change.bio {
            profile.bio = bio.clone();
        }
        let profile = profile.clone();
        if profile == before {
            return Ok((profile, None));
        }
        let entry = state.tell(actor.user, FeedChange::ProfileChanged(profile.clone()), now);
        state.jobs.add(self.job_id(now), actor.user, Work::TellFriends { after: None });
        Ok((profile, Some(entry)))
    }

    async fn set_password(
        &self,
        user: UserId,
        hash: &Secret,
        keep: Option<SessionId>,
    ) -> Result<Ended, StoreError> {
        let (mut state, now) = self.begin();
        let Some(account) = state.accounts.live(user) else {
            return Ok(Ended::default());
        };
        account.password_hash = Some(hash.clone());
        Ok(state.end_all_sessions(user, keep, SessionEndReason::PasswordChanged, now))
    }

    async fn upgrade_password_hash(
        &self,
        user: UserId,
        from: &Secret,
        to: &Secret,
    ) -> Result<(), StoreError> {
        let (mut state, _) = self.begin();
        let account = state.accounts.live(user);
        if let Some(account) = account.filter(|account| account.password_hash.as_ref() == Some(from)) {
            account.password_hash = Some(to.clone());
        }
        Ok(())
    }

    async fn set_email(&self, actor: &Actor, email: &Email) -> Result<ChangeEmail, ActError> {
        let (mut state, _) = self.begin();
        state.fence(actor)?;
        if state.accounts.emails.get(&email.key()).is_some_and(|owner| *owner != actor.user) {
            return Ok(ChangeEmail::Taken);
        }
        let before = state.accounts.acting(actor)?.email.replace(email.clone());
        if let Some(before) = before {
            state.accounts.emails.remove(&before.key());
        }
        state.accounts.emails.insert(email.key(), actor.user);
        Ok(ChangeEmail::Changed)
    }

    async fn delete_account(&self, actor: &Actor) -> Result<Ended, ActError> {
        let (mut state, now) = self.begin();
        state.fence(actor)?;
        state.accounts.delete(actor.user, now);
        state.feeds.clear(actor.user);
        let ended = state.end_all_sessions(actor.user, None, SessionEndReason::AccountDeleted, now);
        state.jobs.add(self.job_id(now), actor.user, Work::Leave);
        Ok(ended)
    }

    async fn set_disabled(&self, user: UserId, disabled: bool) -> Result<Option<Ended>, StoreError> {
        let (mut state, now) = self.begin();
        let Some(account) = state.accounts.live(user) else {
            return Ok(None);
        };
        if disabled {
            account.state = AccountState::Disabled;
            Ok(Some(state.end_all_sessions(user, None, SessionEndReason::AccountDisabled, now)))
        } else {
            account.state = AccountState::Active;
            Ok(Some(Ended::default()))
        }
    }

    async fn set_invisible(&self, actor: &Actor, invisible: bool) -> Result<(), ActError> {
        let (mut state, _) = self.begin();
        state.fence(actor)?;
        state.accounts.acting(actor)?.invisible = invisible;
        Ok(())
    }

    async fn touch_last_seen(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError> {
        let (mut state, _) = self.begin();
        for (user, at) in seen {
            if let Some(account) = state.accounts.live(*user) {
                account.last_seen = account.last_seen.max(Some(*at));
            }
        }
        Ok(())
    }
}
