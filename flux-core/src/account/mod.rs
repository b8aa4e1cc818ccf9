//! Accounts: registering, profiles, passwords, addresses and leaving.

mod credentials;
mod email;
mod error;
mod look;
mod model;
mod password;
mod service;
mod store;
mod text;
mod username;

use std::time::Duration;

pub use email::{Email, InvalidEmail};
pub use error::{AccountError, CredentialError, ProvisionError, RegisterError};
pub use model::{Account, AccountState, Card, NewAccount, Profile, ProfileChange, Visibility};
pub use password::{HashError, InvalidPassword, NoPasswords, Password, PasswordHasher, VerifyPassword};
pub use service::{AccountPorts, AccountRules, Accounts, MAX_FOUND, NewUser, Registration};
pub use store::{AccountStore, ChangeEmail, CreateAccount, Ended};
pub use text::{Bio, DisplayName};
pub use username::{InvalidUsername, Username, UsernamePrefix};

/// How long the username of a deleted account stays reserved: 90 days.
pub const USERNAME_RESERVED: Duration = Duration::from_hours(90 * 24);
