//! Accounts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use flux_core::account::{
    Account, AccountStore, Card, ChangeEmail, CreateAccount, Email, Ended, NewAccount, Profile,
    ProfileChange, USERNAME_RESERVED, Username, UsernamePrefix, Visibility,
};
use flux_core::feed::{FeedChange, FeedEntry};
use flux_core::session::{Actor, SessionEndReason};
use flux_core::{ActError, Entropy, JobId, Secret, SessionId, StoreError, Timestamp, UserId};

use super::rows::Columns;
use super::statement::{Statement, many_statements, sql, statements};
use super::transaction::Tx;
use super::{MySqlStore, feed, job, session};
use crate::sql::{JobKind, account_columns, corrupt, limit as rows, profile_columns};

statements! {
    ACCOUNT = concat!("SELECT ", account_columns!(), " FROM accounts AS a WHERE a.user_id = ?");
    /// Whoever changes an account, its sessions' number or its relations holds this.
    LOCK = concat!("SELECT ", account_columns!(), " FROM accounts AS a WHERE a.user_id = ? FOR UPDATE");
    BY_USERNAME = concat!("SELECT ", account_columns!(), " FROM accounts AS a WHERE a.username_key = ?");
    BY_EMAIL = concat!("SELECT ", account_columns!(), " FROM accounts AS a WHERE a.email_key = ?");
    SEARCH = concat!("SELECT ", profile_columns!("a"), " FROM accounts AS a FORCE INDEX (accounts_by_username) \
                      WHERE a.username_key >= ? AND a.username_key < ? AND a.state = 0 \
                      ORDER BY a.username_key LIMIT ?");
    /// Where no text is greater than everything that starts with the prefix.
    SEARCH_TO_THE_END = concat!("SELECT ", profile_columns!("a"),
                                " FROM accounts AS a FORCE INDEX (accounts_by_username) \
                                 WHERE a.username_key >= ? AND a.state = 0 ORDER BY a.username_key LIMIT ?");
    SKELETON = "SELECT reserved_until_ms FROM username_skeletons WHERE skeleton = ? FOR UPDATE";
    EMAIL_OWNER = "SELECT user_id FROM accounts WHERE email_key = ?";
    CREATE = "INSERT INTO accounts (user_id, username, username_key, display_name, bio, email, email_key, \
                                    password_hash, state, created_ms, invisible) \
              VALUES (?, ?, ?, ?, '', ?, ?, ?, 0, ?, 0)";
    TAKE_SKELETON = "INSERT INTO username_skeletons (skeleton, user_id) VALUES (?, ?)";
    RETAKE_SKELETON = "UPDATE username_skeletons SET user_id = ?, reserved_until_ms = NULL WHERE skeleton = ?";
    RESERVE_SKELETON = "UPDATE username_skeletons SET reserved_until_ms = ? WHERE user_id = ?";
    SET_PROFILE = "UPDATE accounts SET display_name = ?, bio = ? WHERE user_id = ?";
    SET_PASSWORD = "UPDATE accounts SET password_hash = ? WHERE user_id = ? AND state <> 2";
    UPGRADE_PASSWORD = "UPDATE accounts SET password_hash = ? WHERE user_id = ? AND password_hash = ?";
    SET_EMAIL = "UPDATE accounts SET email = ?, email_key = ? WHERE user_id = ?";
    DELETE = "UPDATE accounts SET username = NULL, username_key = NULL, display_name = '', bio = '', email = NULL, \
                                  email_key = NULL, password_hash = NULL, state = 2, invisible = 0, \
                                  last_seen_ms = NULL \
              WHERE user_id = ?";
    SET_STATE = "UPDATE accounts SET state = ? WHERE user_id = ? AND state <> 2";
    SET_INVISIBLE = "UPDATE accounts SET invisible = ? WHERE user_id = ?";
}

many_statements! {
    CARDS = concat!("SELECT ", profile_columns!("a"), ", a.state FROM accounts AS a FORCE INDEX (PRIMARY) \
                        WHERE a.user_id IN ("), "?", ")";
    VISIBILITIES = "SELECT a.user_id, a.state, a.invisible, a.last_seen_ms FROM accounts AS a FORCE INDEX (PRIMARY) \
                    WHERE a.user_id IN (", "?", ")";
    SEEN = "UPDATE accounts FORCE INDEX (PRIMARY) SET last_seen_ms = ? \
            WHERE state <> 2 AND (last_seen_ms IS NULL OR last_seen_ms < ?) AND user_id IN (", "?", ")";
}

/// The account of somebody whose session was just found good.
async fn own(tx: &mut Tx, user: UserId) -> Result<Account, StoreError> {
    let row = tx.one(sql(ACCOUNT).id(&user)).await?;
    Columns::of(&row.ok_or(corrupt("accounts.user_id"))?).account()
}

/// The profile of `user` as it is now; `None` if there never was one.
pub(super) async fn profile(tx: &mut Tx, user: UserId) -> Result<Option<Profile>, StoreError> {
    let row = tx.one(sql(ACCOUNT).id(&user)).await?;
    row.as_ref().map(|row| Columns::of(row).profile()).transpose()
}

/// Locks the account of `user`, the first of all locks; `None` if there never was one.
pub(super) async fn lock(tx: &mut Tx, user: UserId) -> Result<Option<Account>, StoreError> {
    let row = tx.one(sql(LOCK).id(&user)).await?;
    row.as_ref().map(|row| Columns::of(row).account()).transpose()
}

/// Locks the actor's account, and then their session, in the order that everybody keeps to.
async fn lock_actor(tx: &mut Tx, actor: Actor) -> Result<Option<Account>, ActError> {
    let account = lock(tx, actor.user).await?;
    tx.fence(actor).await?;
    Ok(account)
}

impl MySqlStore {
    async fn account_by(&self, statement: Statement) -> Result<Option<Account>, StoreError> {
        let row = self.inner.one(statement).await?;
        row.as_ref().map(|row| Columns::of(row).account()).transpose()
    }
}

#[async_trait]
impl AccountStore for MySqlStore {
    async fn create_account(&self, new: NewAccount) -> Result<CreateAccount, StoreError> {
        self.inner.write(move |tx| Box::pin(create(tx, new.clone()))).await
    }

    async fn account(&self, user: UserId) -> Result<Option<Account>, StoreError> {
        self.account_by(sql(ACCOUNT).id(&user)).await
    }

    async fn account_by_username(&self, username: &Username) -> Result<Option<Account>, StoreError> {
        self.account_by(sql(BY_USERNAME).bytes(username.key())).await
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        self.account_by(sql(BY_EMAIL).bytes(email.key())).await
    }

    async fn cards(&self, users: &[UserId]) -> Result<Vec<Card>, StoreError> {
        let mut found = HashMap::with_capacity(users.len());
        for statement in CARDS.over(users, Statement::id) {
            for row in self.inner.all(statement).await? {
                let card = Columns::of(&row).card()?;
                found.insert(card.profile.user, card);
            }
        }
        Ok(users.iter().filter_map(|user| found.get(user).cloned()).collect())
    }

    async fn visibilities(&self, users: &[UserId]) -> Result<Vec<Visibility>, StoreError> {
        let mut found = Vec::with_capacity(users.len());
        for statement in VISIBILITIES.over(users, Statement::id) {
            for row in self.inner.all(statement).await? {
                found.push(Columns::of(&row).visibility()?);
            }
        }
        Ok(found)
    }

    async fn search_usernames(
        &self,
        prefix: &UsernamePrefix,
        limit: usize,
    ) -> Result<Vec<Profile>, StoreError> {
        let from = prefix.as_str();
        let search = match prefix.upper_bound() {
            Some(below) => sql(SEARCH).bytes(from).bytes(below),
            None => sql(SEARCH_TO_THE_END).bytes(from),
        };
        let found = self.inner.all(search.int(rows(limit))).await?;
        found.iter().map(|row| Columns::of(row).profile()).collect()
    }

    async fn change_profile(
        &self,
        actor: &Actor,
        change: &ProfileChange,
    ) -> Result<(Profile, Option<FeedEntry>), ActError> {
        let (actor, change, entropy) = (*actor, change.clone(), Arc::clone(&self.inner.entropy));
        self.inner
            .write(move |tx| Box::pin(change_profile(tx, actor, change.clone(), Arc::clone(&entropy))))
            .await
    }

    async fn set_password(
        &self,
        user: UserId,
        hash: &Secret,
        keep: Option<SessionId>,
    ) -> Result<Ended, StoreError> {
        let hash = hash.clone();
        self.inner.write(move |tx| Box::pin(set_password(tx, user, hash.clone(), keep))).await
    }

    async fn upgrade_password_hash(
        &self,
        user: UserId,
        from: &Secret,
        to: &Secret,
    ) -> Result<(), StoreError> {
        let upgrade = sql(UPGRADE_PASSWORD).text(to.expose()).id(&user).text(from.expose());
        self.inner.write(move |tx| Box::pin(tx.run(upgrade.clone()))).await
    }

    async fn set_email(&self, actor: &Actor, email: &Email) -> Result<ChangeEmail, ActError> {
        let (actor, email) = (*actor, email.clone());
        self.inner.write(move |tx| Box::pin(set_email(tx, actor, email.clone()))).await
    }

    async fn delete_account(&self, actor: &Actor) -> Result<Ended, ActError> {
        let (actor, entropy) = (*actor, Arc::clone(&self.inner.entropy));
        self.inner.write(move |tx| Box::pin(delete(tx, actor, Arc::clone(&entropy)))).await
    }

    async fn set_disabled(&self, user: UserId, disabled: bool) -> Result<Option<Ended>, StoreError> {
        self.inner.write(move |tx| Box::pin(set_disabled(tx, user, disabled))).await
    }

    async fn set_invisible(&self, actor: &Actor, invisible: bool) -> Result<(), ActError> {
        let actor = *actor;
        self.inner.write(move |tx| Box::pin(set_invisible(tx, actor, invisible))).await
    }

    async fn touch_last_seen(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError> {
        let mut latest = BTreeMap::new();
        for &(user, at) in seen {
            let known = latest.entry(user).or_insert(at);
            *known = at.max(*known);
        }
        // Those who were seen at the same time take one statement.
        let mut together: BTreeMap<Timestamp, Vec<UserId>> = BTreeMap::new();
        for (user, at) in latest {
            together.entry(at).or_default().push(user);
        }
        for (at, users) in together {
            let at = at.as_millis();
            let touch = SEEN.after(&users, |it| it.int(at).int(at), Statement::id);
            self.inner.write(move |tx| Box::pin(tx.run_all(touch.clone()))).await?;
        }
        Ok(())
    }
}

async fn create(tx: &mut Tx, new: NewAccount) -> Result<CreateAccount, StoreError> {
    let (now, skeleton) = (tx.now(), new.username.skeleton());
    let taken = tx.one(sql(SKELETON).bytes(&skeleton)).await?;
    let reserved =
        taken.as_ref().map(|row| Columns::of(row).time_or_null("username_skeletons")).transpose()?;
    if reserved.is_some_and(|until| until.is_none_or(|until| until > now)) {
        return Ok(CreateAccount::UsernameTaken);
    }
    let email_key = new.email.as_ref().map(Email::key);
    if let Some(key) = &email_key
        && tx.one(sql(EMAIL_OWNER).bytes(key)).await?.is_some()
    {
        return Ok(CreateAccount::EmailTaken);
    }
    // Of those who find a name or an address free at once one inserts it; the others are run again, and find it taken.
    let row = sql(CREATE)
        .id(&new.user)
        .text(new.username.as_str())
        .bytes(new.username.key())
        .text(new.display_name.as_str())
        .text_or_null(new.email.as_ref().map(Email::as_str))
        .bytes_or_null(email_key.as_ref().map(AsRef::as_ref))
        .text_or_null(new.password_hash.as_ref().map(Secret::expose))
        .int(now.as_millis());
    let take = match reserved {
        None => sql(TAKE_SKELETON).bytes(&skeleton).id(&new.user),
        Some(_) => sql(RETAKE_SKELETON).id(&new.user).bytes(&skeleton),
    };
    tx.run(take).await?;
    tx.run(row).await?;
    Ok(CreateAccount::Created(Box::new(own(tx, new.user).await?)))
}

async fn change_profile(
    tx: &mut Tx,
    actor: Actor,
    change: ProfileChange,
    entropy: Arc<dyn Entropy>,
) -> Result<(Profile, Option<FeedEntry>), ActError> {
    let before = lock_actor(tx, actor).await?.ok_or(corrupt("accounts.user_id"))?.profile;
    let after = Profile {
        display_name: change.display_name.unwrap_or_else(|| before.display_name.clone()),
        bio: change.bio.unwrap_or_else(|| before.bio.clone()),
        ..before.clone()
    };
    if after == before {
        return Ok((after, None));
    }
    let set = sql(SET_PROFILE).text(after.display_name.as_str()).text(after.bio.as_str()).id(&actor.user);
    tx.run(set).await?;
    let id = JobId::generate(tx.now(), entropy.as_ref());
    job::begin(tx, id, JobKind::ProfileChanged, actor.user).await?;
    let told = vec![(actor.user, FeedChange::ProfileChanged(after.clone()))];
    let entry = feed::append(tx, told).await?.pop().map(|(_, entry)| entry);
    Ok((after, entry))
}

async fn set_password(
    tx: &mut Tx,
    user: UserId,
    hash: Secret,
    keep: Option<SessionId>,
) -> Result<Ended, StoreError> {
    if tx.count(sql(SET_PASSWORD).text(hash.expose()).id(&user)).await? == 0 {
        return Ok(Ended::default());
    }
    session::end_all(tx, user, keep, SessionEndReason::PasswordChanged, true).await
}

async fn set_email(tx: &mut Tx, actor: Actor, email: Email) -> Result<ChangeEmail, ActError> {
    lock_actor(tx, actor).await?;
    let key = email.key();
    if let Some(row) = tx.one(sql(EMAIL_OWNER).bytes(&key)).await? {
        let owner: UserId = Columns::of(&row).id("accounts.user_id")?;
        if owner != actor.user {
            return Ok(ChangeEmail::Taken);
        }
    }
    // Of those who find it free at once one gets it; the others are run again, and find it taken.
    tx.run(sql(SET_EMAIL).text(email.as_str()).bytes(&key).id(&actor.user)).await?;
    Ok(ChangeEmail::Changed)
}

async fn delete(tx: &mut Tx, actor: Actor, entropy: Arc<dyn Entropy>) -> Result<Ended, ActError> {
    let user = actor.user;
    lock(tx, user).await?;
    // All of them in their order first; the actor's is one of them.
    let open = session::open_of(tx, user).await?;
    tx.fence(actor).await?;
    let ended = session::end(tx, &open, SessionEndReason::AccountDeleted, false).await?;
    tx.run(sql(DELETE).id(&user)).await?;
    let until = tx.now().plus(USERNAME_RESERVED).as_millis();
    tx.run(sql(RESERVE_SKELETON).int(until).id(&user)).await?;
    // It tells of others as well; nobody is left to read it.
    feed::clear(tx, user).await?;
    let id = JobId::generate(tx.now(), entropy.as_ref());
    job::begin(tx, id, JobKind::AccountDeleted, user).await?;
    Ok(ended)
}

async fn set_disabled(tx: &mut Tx, user: UserId, disabled: bool) -> Result<Option<Ended>, StoreError> {
    if tx.count(sql(SET_STATE).int(i64::from(disabled)).id(&user)).await? == 0 {
        return Ok(None);
    }
    if !disabled {
        return Ok(Some(Ended::default()));
    }
    session::end_all(tx, user, None, SessionEndReason::AccountDisabled, true).await.map(Some)
}

async fn set_invisible(tx: &mut Tx, actor: Actor, invisible: bool) -> Result<(), ActError> {
    lock_actor(tx, actor).await?;
    Ok(tx.run(sql(SET_INVISIBLE).int(i64::from(invisible)).id(&actor.user)).await?)
}
