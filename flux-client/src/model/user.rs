use std::fmt;

use flux_proto::v1;

use crate::error::ClientError;
use crate::id::UserId;
use crate::secret::Private;

/// A user as others may see them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// Their id; it stays when all else changes.
    pub user: UserId,
    /// Unique; what others search for. Empty once the account was deleted.
    pub username: String,
    /// What they want to be called.
    pub display_name: String,
    /// What they say about themselves.
    pub bio: String,
    /// Whether the account was deleted.
    pub deleted: bool,
}

impl TryFrom<v1::Profile> for Profile {
    type Error = ClientError;
    fn try_from(wire: v1::Profile) -> Result<Self, ClientError> {
        Ok(Self {
            user: wire.user_id.parse()?,
            username: wire.username,
            display_name: wire.display_name,
            bio: wire.bio,
            deleted: wire.deleted,
        })
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("user", &self.user)
            .field("username", &self.username)
            .field("display_name", &Private(&self.display_name))
            .field("bio", &Private(&self.bio))
            .field("deleted", &self.deleted)
            .finish()
    }
}
