//! What an account is.

use serde::{Deserialize, Serialize};

use super::{Bio, DisplayName, Email, Username};
use crate::id::UserId;
use crate::secret::Secret;
use crate::time::Timestamp;

/// A user as others may see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Who.
    pub user: UserId,
    /// `None` once the account is deleted.
    pub username: Option<Username>,
    /// Free text; the username until the user chooses another.
    pub display_name: DisplayName,
    /// Free text about the user; may be empty.
    pub bio: Bio,
}

impl Profile {
    /// What stands for a deleted account.
    pub fn tombstone(user: UserId) -> Self {
        Self { user, username: None, display_name: DisplayName::empty(), bio: Bio::empty() }
    }

    /// Whether the account was deleted.
    pub const fn deleted(&self) -> bool {
        self.username.is_none()
    }
}

/// An account as services know it that show it to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// What others see.
    pub profile: Profile,
    /// Whether it may be used.
    pub state: AccountState,
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AccountState {
    /// In use.
    Active,
    /// Switched off by an operator: it cannot log in, and is found by nobody.
    Disabled,
    /// Gone; only the id is left.
    Deleted,
}

/// All that is kept of an account, for its owner and the services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What others see.
    pub profile: Profile,
    /// `None` for accounts provisioned without one, and for deleted ones.
    pub email: Option<Email>,
    /// In PHC string format; `None` for accounts that another system authenticates, and for deleted ones.
    pub password_hash: Option<Secret>,
    /// Whether it may be used.
    pub state: AccountState,
    /// When it was made, by the store's clock.
    pub created: Timestamp,
    /// Seen as offline by everybody.
    pub invisible: bool,
    /// When a connection of theirs last ended.
    pub last_seen: Option<Timestamp>,
}

/// What an account lets others know of its user's presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visibility {
    /// Whose.
    pub user: UserId,
    /// Whether they are seen at all: in use, and not invisible.
    pub visible: bool,
    /// When a connection of theirs last ended.
    pub last_seen: Option<Timestamp>,
}

impl Account {
    /// What it lets others know of its user's presence.
    pub fn visibility(&self) -> Visibility {
        let visible = self.state == AccountState::Active && !self.invisible;
        Visibility { user: self.profile.user, visible, last_seen: self.last_seen }
    }
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its id.
    pub user: UserId,
    /// Unique by [`Username::skeleton`].
    pub username: Username,
    /// Free text.
    pub display_name: DisplayName,
    /// Unique by [`Email::key`].
    pub email: Option<Email>,
    /// In PHC string format.
    pub password_hash: Option<Secret>,
}

/// What to change in a profile; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// The new display name.
    pub display_name: Option<DisplayName>,
    /// The new bio.
    pub bio: Option<Bio>,
}
