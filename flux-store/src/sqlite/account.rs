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

use super::rows::{Columns, Id, account_columns, corrupt, limit as rows, profile_columns};
use super::statement::{many_statements, statements};
use super::writer::Tx;
use super::{SqliteStore, feed, job, session};

statements! {
    ACCOUNT = concat!("SELECT ", account_columns!(), " FROM accounts AS a WHERE a.user_id = ?");
    BY_USERNAME = concat!("SELECT ", account_columns!(), " FROM accounts AS a WHERE a.username_key = ?");
    BY_EMAIL = concat!("SELECT ", account_columns!(), " FROM accounts AS a WHERE a.email_key = ?");
    SEARCH = concat!("SELECT ", profile_columns!("a"), " FROM accounts AS a \
                      WHERE a.username_key >= ? AND a.username_key < ? AND a.state = 0 \
                      ORDER BY a.username_key LIMIT ?");
    /// Where no text is greater than everything that starts with the prefix.
    SEARCH_TO_THE_END = concat!("SELECT ", profile_columns!("a"), " FROM accounts AS a \
                                 WHERE a.username_key >= ? AND a.state = 0 ORDER BY a.username_key LIMIT ?");
    SKELETON = "SELECT 1 FROM username_skeletons \
                WHERE skeleton = ? AND (reserved_until_ms IS NULL OR reserved_until_ms > ?)";
    EMAIL_OWNER = "SELECT user_id FROM accounts WHERE email_key = ?";
    CREATE = "INSERT INTO accounts (user_id, username, username_key, display_name, bio, email, email_key, \
                                    password_hash, state, created_ms, invisible) \
              VALUES (?, ?, ?, ?, '', ?, ?, ?, 0, ?, 0)";
    TAKE_SKELETON = "INSERT INTO username_skeletons (skeleton, user_id) VALUES (?, ?) \
                     ON CONFLICT (skeleton) DO UPDATE SET user_id = excluded.user_id, reserved_until_ms = NULL";
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
    CARDS = "WITH wanted(id) AS (VALUES ", "(?)",
               concat!(") SELECT ", profile_columns!("a"), ", a.state FROM wanted CROSS JOIN accounts AS a ON a.user_id = wanted.id");
    VISIBILITIES = "WITH wanted(id) AS (VALUES ", "(?)",
                   ") SELECT a.user_id, a.state, a.invisible, a.last_seen_ms \
                    FROM wanted CROSS JOIN accounts AS a ON a.user_id = wanted.id";
    SEEN = "WITH seen(id, at_ms) AS (VALUES ", "(?,?)",
           ") UPDATE accounts SET last_seen_ms = seen.at_ms FROM seen \
            WHERE accounts.user_id = seen.id AND accounts.state <> 2 \
              AND (accounts.last_seen_ms IS NULL OR accounts.last_seen_ms < seen.at_ms)";
}

/// The account of somebody whose session was just found good.
async fn own(tx: &mut Tx, user: UserId) -> Result<Account, StoreError> {
    let row = tx.one(sqlx::query(ACCOUNT).bind(user.blob())).await?;
    Columns::of(&row.ok_or(corrupt("accounts.user_id"))?).account()
}

/// The profile of `user` as it is now; `None` if there never was one.
pub(super) async fn profile(tx: &mut Tx, user: UserId) -> Result<Option<Profile>, StoreError> {
    let row = tx.one(sqlx::query(ACCOUNT).bind(user.blob())).await?;
    row.as_ref().map(|row| Columns::of(row).profile()).transpose()
}

impl SqliteStore {
    async fn account_by(&self, text: &'static str, key: String) -> Result<Option<Account>, StoreError> {
        let row = self.readers.one(sqlx::query(text).bind(key)).await?;
        row.as_ref().map(|row| Columns::of(row).account()).transpose()
    }
}

#[async_trait]
impl AccountStore for SqliteStore {
    async fn create_account(&self, new: NewAccount) -> Result<CreateAccount, StoreError> {
        self.writer.write(move |tx| Box::pin(create(tx, new))).await
    }

    async fn account(&self, user: UserId) -> Result<Option<Account>, StoreError> {
        let row = self.readers.one(sqlx::query(ACCOUNT).bind(user.blob())).await?;
        row.as_ref().map(|row| Columns::of(row).account()).transpose()
    }

    async fn account_by_username(&self, username: &Username) -> Result<Option<Account>, StoreError> {
        self.account_by(BY_USERNAME, username.key().to_owned()).await
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        self.account_by(BY_EMAIL, email.key()).await
    }

    async fn cards(&self, users: &[UserId]) -> Result<Vec<Card>, StoreError> {
        let mut found = HashMap::with_capacity(users.len());
        for statement in CARDS.over(users, |_| (), |values, user| values.add(user.blob()))? {
            for row in self.readers.all(statement).await? {
                let card = Columns::of(&row).card()?;
                found.insert(card.profile.user, card);
            }
        }
        Ok(users.iter().filter_map(|user| found.get(user).cloned()).collect())
    }

    async fn visibilities(&self, users: &[UserId]) -> Result<Vec<Visibility>, StoreError> {
        let mut found = Vec::with_capacity(users.len());
        for statement in VISIBILITIES.over(users, |_| (), |values, user| values.add(user.blob()))? {
            for row in self.readers.all(statement).await? {
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
        let from = prefix.as_str().to_owned();
        let search = match prefix.upper_bound() {
            Some(below) => sqlx::query(SEARCH).bind(from).bind(below),
            None => sqlx::query(SEARCH_TO_THE_END).bind(from),
        };
        let found = self.readers.all(search.bind(rows(limit))).await?;
        found.iter().map(|row| Columns::of(row).profile()).collect()
    }

    async fn change_profile(
        &self,
        actor: &Actor,
        change: &ProfileChange,
    ) -> Result<(Profile, Option<FeedEntry>), ActError> {
        let (actor, change, entropy) = (*actor, change.clone(), Arc::clone(&self.entropy));
        self.writer.write(move |tx| Box::pin(change_profile(tx, actor, change, entropy))).await
    }

    async fn set_password(
        &self,
        user: UserId,
        hash: &Secret,
        keep: Option<SessionId>,
    ) -> Result<Ended, StoreError> {
        let hash = hash.clone();
        self.writer.write(move |tx| Box::pin(set_password(tx, user, hash, keep))).await
    }

    async fn upgrade_password_hash(
        &self,
        user: UserId,
        from: &Secret,
        to: &Secret,
    ) -> Result<(), StoreError> {
        let (from, to) = (from.clone(), to.clone());
        self.writer.write(move |tx| Box::pin(upgrade_hash(tx, user, from, to))).await
    }

    async fn set_email(&self, actor: &Actor, email: &Email) -> Result<ChangeEmail, ActError> {
        let (actor, email) = (*actor, email.clone());
        self.writer.write(move |tx| Box::pin(set_email(tx, actor, email))).await
    }

    async fn delete_account(&self, actor: &Actor) -> Result<Ended, ActError> {
        let (actor, entropy) = (*actor, Arc::clone(&self.entropy));
        self.writer.write(move |tx| Box::pin(delete(tx, actor, entropy))).await
    }

    async fn set_disabled(&self, user: UserId, disabled: bool) -> Result<Option<Ended>, StoreError> {
        self.writer.write(move |tx| Box::pin(set_disabled(tx, user, disabled))).await
    }

    async fn set_invisible(&self, actor: &Actor, invisible: bool) -> Result<(), ActError> {
        let actor = *actor;
        self.writer.write(move |tx| Box::pin(set_invisible(tx, actor, invisible))).await
    }

    async fn touch_last_seen(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError> {
        // Each user once: of two rows for one account SQLite would take whichever it likes.
        let mut latest = BTreeMap::new();
        for &(user, at) in seen {
            let known = latest.entry(user).or_insert(at);
            *known = at.max(*known);
        }
        if latest.is_empty() {
            return Ok(());
        }
        let latest: Vec<_> = latest.into_iter().collect();
        self.writer.write(move |tx| Box::pin(touch(tx, latest))).await
    }
}

async fn create(tx: &mut Tx, new: NewAccount) -> Result<CreateAccount, StoreError> {
    let (now, skeleton) = (tx.now(), new.username.skeleton());
    let taken = sqlx::query(SKELETON).bind(skeleton.clone()).bind(now.as_millis());
    if tx.one(taken).await?.is_some() {
        return Ok(CreateAccount::UsernameTaken);
    }
    let email_key = new.email.as_ref().map(Email::key);
    if let Some(key) = &email_key
        && tx.one(sqlx::query(EMAIL_OWNER).bind(key.clone())).await?.is_some()
    {
        return Ok(CreateAccount::EmailTaken);
    }
    let row = sqlx::query(CREATE)
        .bind(new.user.blob())
        .bind(new.username.as_str())
        .bind(new.username.key())
        .bind(new.display_name.as_str())
        .bind(new.email.as_ref().map(Email::as_str))
        .bind(email_key)
        .bind(new.password_hash.as_ref().map(Secret::expose))
        .bind(now.as_millis());
    tx.run(row).await?;
    tx.run(sqlx::query(TAKE_SKELETON).bind(skeleton).bind(new.user.blob())).await?;
    Ok(CreateAccount::Created(Box::new(own(tx, new.user).await?)))
}

async fn change_profile(
    tx: &mut Tx,
    actor: Actor,
    change: ProfileChange,
    entropy: Arc<dyn Entropy>,
) -> Result<(Profile, Option<FeedEntry>), ActError> {
    tx.fence(actor).await?;
    let before = own(tx, actor.user).await?.profile;
    let after = Profile {
        display_name: change.display_name.unwrap_or_else(|| before.display_name.clone()),
        bio: change.bio.unwrap_or_else(|| before.bio.clone()),
        ..before.clone()
    };
    if after == before {
        return Ok((after, None));
    }
    let set = sqlx::query(SET_PROFILE)
        .bind(after.display_name.as_str())
        .bind(after.bio.as_str())
        .bind(actor.user.blob());
    tx.run(set).await?;
    let id = JobId::generate(tx.now(), entropy.as_ref());
    job::begin(tx, id, job::Kind::ProfileChanged, actor.user).await?;
    let (_, entry) = feed::append(tx, actor.user, FeedChange::ProfileChanged(after.clone())).await?;
    Ok((after, Some(entry)))
}

async fn set_password(
    tx: &mut Tx,
    user: UserId,
    hash: Secret,
    keep: Option<SessionId>,
) -> Result<Ended, StoreError> {
    if tx.count(sqlx::query(SET_PASSWORD).bind(hash.expose()).bind(user.blob())).await? == 0 {
        return Ok(Ended::default());
    }
    session::end_all(tx, user, keep, SessionEndReason::PasswordChanged, true).await
}

async fn upgrade_hash(tx: &mut Tx, user: UserId, from: Secret, to: Secret) -> Result<(), StoreError> {
    let upgrade = sqlx::query(UPGRADE_PASSWORD).bind(to.expose()).bind(user.blob()).bind(from.expose());
    tx.run(upgrade).await
}

async fn set_email(tx: &mut Tx, actor: Actor, email: Email) -> Result<ChangeEmail, ActError> {
    tx.fence(actor).await?;
    let key = email.key();
    if let Some(row) = tx.one(sqlx::query(EMAIL_OWNER).bind(key.clone())).await? {
        let owner: UserId = Columns::of(&row).id("accounts.user_id")?;
        if owner != actor.user {
            return Ok(ChangeEmail::Taken);
        }
    }
    tx.run(sqlx::query(SET_EMAIL).bind(email.as_str()).bind(key).bind(actor.user.blob())).await?;
    Ok(ChangeEmail::Changed)
}

async fn delete(tx: &mut Tx, actor: Actor, entropy: Arc<dyn Entropy>) -> Result<Ended, ActError> {
    tx.fence(actor).await?;
    let user = actor.user;
    let ended = session::end_all(tx, user, None, SessionEndReason::AccountDeleted, false).await?;
    tx.run(sqlx::query(DELETE).bind(user.blob())).await?;
    let until = tx.now().plus(USERNAME_RESERVED).as_millis();
    tx.run(sqlx::query(RESERVE_SKELETON).bind(until).bind(user.blob())).await?;
    // It tells of others as well; nobody is left to read it.
    feed::clear(tx, user).await?;
    let id = JobId::generate(tx.now(), entropy.as_ref());
    job::begin(tx, id, job::Kind::AccountDeleted, user).await?;
    Ok(ended)
}

async fn set_disabled(tx: &mut Tx, user: UserId, disabled: bool) -> Result<Option<Ended>, StoreError> {
    if tx.count(sqlx::query(SET_STATE).bind(i64::from(disabled)).bind(user.blob())).await? == 0 {
        return Ok(None);
    }
    if !disabled {
        return Ok(Some(Ended::default()));
    }
    session::end_all(tx, user, None, SessionEndReason::AccountDisabled, true).await.map(Some)
}

async fn set_invisible(tx: &mut Tx, actor: Actor, invisible: bool) -> Result<(), ActError> {
    tx.fence(actor).await?;
    let set = sqlx::query(SET_INVISIBLE).bind(i64::from(invisible)).bind(actor.user.blob());
    Ok(tx.run(set).await?)
}

async fn touch(tx: &mut Tx, latest: Vec<(UserId, Timestamp)>) -> Result<(), StoreError> {
    let seen = SEEN.run(tx, &latest, |values, (user, at)| {
        values.add(user.blob());
        values.add(at.as_millis());
    });
    seen.await
}
