//! The port that keeps accounts.

use async_trait::async_trait;

use super::{Account, Card, Email, NewAccount, Profile, ProfileChange, Username, UsernamePrefix, Visibility};
use crate::error::{ActError, StoreError};
use crate::feed::FeedEntry;
use crate::id::{SessionId, UserId};
use crate::secret::Secret;
use crate::session::{Actor, EndedSession};
use crate::time::Timestamp;

/// What came of making an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateAccount {
    /// It is there now.
    Created(Box<Account>),
    /// That name, or one that looks like it, is taken or still reserved.
    UsernameTaken,
    /// An account has that address.
    EmailTaken,
}

/// What came of a change of address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeEmail {
    /// The account has it now.
    Changed,
    /// Another account has it.
    Taken,
}

/// Sessions that a write ended, and the feed entries that tell of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Whom to cut off.
    pub sessions: Vec<EndedSession>,
    /// One entry a session, in the feed of its user; none for a deleted account.
    pub entries: Vec<(UserId, FeedEntry)>,
}

/// Keeps accounts and their credentials.
///
/// # Contract
/// - A username is unique by its skeleton, an e-mail address by its key, among all accounts that are not deleted;
///   the skeleton of a deleted account stays reserved for [`USERNAME_RESERVED`](super::USERNAME_RESERVED) after the
///   deletion, its address is free at once.
/// - Methods with an [`Actor`] compare the actor's session and generation in their own transaction and change
///   nothing if they are fenced.
/// - Times come from the store's clock.
#[async_trait]
pub trait AccountStore: Send + Sync + 'static {
    /// Makes an account, atomically against others with the same name or address.
    async fn create_account(&self, new: NewAccount) -> Result<CreateAccount, StoreError>;

    /// The account with this id, deleted ones too; `None` if there never was one.
    async fn account(&self, user: UserId) -> Result<Option<Account>, StoreError>;

    /// The account, not deleted, whose username has the same [`Username::key`].
    async fn account_by_username(&self, username: &Username) -> Result<Option<Account>, StoreError>;

    /// The account, not deleted, whose address has the same [`Email::key`].
    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, StoreError>;

    /// The cards of those of `users` that exist, in the order asked for; deleted ones as tombstones. At most 500.
    async fn cards(&self, users: &[UserId]) -> Result<Vec<Card>, StoreError>;

    /// What the accounts of those of `users` that exist let others know of their presence, in any order. At most 500.
    async fn visibilities(&self, users: &[UserId]) -> Result<Vec<Visibility>, StoreError>;

    /// Active accounts whose [`Username::key`] starts with `prefix`, ascending by key, at most `limit`.
    async fn search_usernames(
        &self,
        prefix: &UsernamePrefix,
        limit: usize,
    ) -> Result<Vec<Profile>, StoreError>;

    /// Changes the actor's profile; writes an entry of the new profile to their own feed, and with it, if anything
    /// changed, a durable job that tells their friends.
    /// Returns the profile as it is now, and the entry of their own feed if anything changed.
    async fn change_profile(
        &self,
        actor: &Actor,
        change: &ProfileChange,
    ) -> Result<(Profile, Option<FeedEntry>), ActError>;

    /// Replaces the password hash of `user` and ends every session of theirs but `keep`, with
    /// [`SessionEndReason::PasswordChanged`](crate::session::SessionEndReason::PasswordChanged). A missing account ends nothing.
    async fn set_password(
        &self,
        user: UserId,
        hash: &Secret,
        keep: Option<SessionId>,
    ) -> Result<Ended, StoreError>;

    /// Replaces the hash by a stronger one of the same password, only while it is still `from`; sessions stay.
    async fn upgrade_password_hash(&self, user: UserId, from: &Secret, to: &Secret)
    -> Result<(), StoreError>;

    /// Gives the actor's account a new address.
    async fn set_email(&self, actor: &Actor, email: &Email) -> Result<ChangeEmail, ActError>;

    /// Deletes the actor's account: clears personal data (their feed is cut to its head), ends all sessions with
    /// [`SessionEndReason::AccountDeleted`](crate::session::SessionEndReason::AccountDeleted), and with that writes
    /// the durable job that ends friendships and requests and closes conversations.
    async fn delete_account(&self, actor: &Actor) -> Result<Ended, ActError>;

    /// Switches an account on or off; off ends all its sessions with [`SessionEndReason::AccountDisabled`](crate::session::SessionEndReason::AccountDisabled).
    /// `None` if there is no such account or it is deleted.
    async fn set_disabled(&self, user: UserId, disabled: bool) -> Result<Option<Ended>, StoreError>;

    /// Whether everybody sees the actor as offline.
    async fn set_invisible(&self, actor: &Actor, invisible: bool) -> Result<(), ActError>;

    /// Records when users were last seen; an earlier time than the recorded one changes nothing.
    async fn touch_last_seen(&self, seen: &[(UserId, Timestamp)]) -> Result<(), StoreError>;
}
