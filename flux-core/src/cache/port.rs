//! The port that keeps what was read.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use crate::account::{Card, Visibility};
use crate::entropy::{self, Entropy};
use crate::error::StoreError;
use crate::id::UserId;

/// What is kept of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CacheKey {
    /// A user's card.
    Card(UserId),
    /// What a user's account lets others know of their presence.
    Visibility(UserId),
    /// With whom a user is friends.
    Friends(UserId),
}

impl CacheKey {
    /// Of whom.
    pub const fn user(self) -> UserId {
        match self {
            Self::Card(user) | Self::Visibility(user) | Self::Friends(user) => user,
        }
    }

    /// What, as a word.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Card(_) => "card",
            Self::Visibility(_) => "visibility",
            Self::Friends(_) => "friends",
        }
    }
}

/// What stands under a [`CacheKey`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheValue {
    /// Under [`CacheKey::Card`].
    Card(Card),
    /// Under [`CacheKey::Visibility`].
    Visibility(Visibility),
    /// Under [`CacheKey::Friends`].
    Friends(FriendSet),
}

impl CacheValue {
    /// What it stands under.
    pub const fn key(&self) -> CacheKey {
        match self {
            Self::Card(card) => CacheKey::Card(card.profile.user),
            Self::Visibility(visibility) => CacheKey::Visibility(visibility.user),
            Self::Friends(friends) => CacheKey::Friends(friends.user),
        }
    }
}

/// All that a user is friends with, without a block in either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FriendSet {
    /// Who.
    pub user: UserId,
    /// With whom, ascending; `None` if there are too many to be kept: then the store is to be asked each time.
    pub friends: Option<Vec<UserId>>,
}

/// Names one read of the store, which is to fill the places that were found empty. Never the same twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseToken([u8; 16]);

impl LeaseToken {
    /// A new one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(entropy::bytes(entropy))
    }

    /// As a store keeps it.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for LeaseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeaseToken")
    }
}

/// What looking under one key gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Looked {
    /// This stands there.
    Found(CacheValue),
    /// Nothing does. Whoever looked holds the lease: what they read from now on may fill the place.
    Leased,
    /// Nothing that can be used. Somebody else holds the lease, or the place is not for reading; it is not to be filled.
    Taken,
}

/// Keeps what was read of users, for all processes.
///
/// # Contract
/// - A place holds a value, a lease, or nothing; each step on one place is atomic. Both end by themselves, by the store's
///   own clock.
/// - A value gets into a place only under the lease that stands there. [`forget`](Self::forget) takes away either.
/// - Anything may be gone at any time, at once or in part. What was forgotten does not come back, as long as the store
///   itself loses nothing.
/// - Steps on several places are not one step.
#[async_trait]
pub trait CacheStore: Send + Sync + 'static {
    /// What stands under each of `keys`, in their order. In an empty place `token` is put as the lease, for `lease`;
    /// where it stands already it stays as it is, and is found again.
    async fn look(
        &self,
        keys: &[CacheKey],
        token: LeaseToken,
        lease: Duration,
    ) -> Result<Vec<Looked>, StoreError>;

    /// Puts each of `values` in its place, for `ttl`, if `token` is the lease that stands there. Says for each, in
    /// their order, whether it did.
    async fn fill(
        &self,
        values: &[CacheValue],
        token: LeaseToken,
        ttl: Duration,
    ) -> Result<Vec<bool>, StoreError>;

    /// Takes away what stands under each of `keys`, leases too. After an error some of it may still be there.
    async fn forget(&self, keys: &[CacheKey]) -> Result<(), StoreError>;
}
