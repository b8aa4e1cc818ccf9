//! What users, friends and conversations are, as the application sees them.
//!
//! Printing any of it shows ids and numbers, never what people wrote.

mod feed;
mod message;
mod presence;
mod relation;
mod session;
mod user;

pub use feed::{FeedChange, FeedEntry};
pub use message::{Conversation, Cursor, Destination, History, Message, Receipt};
pub use presence::{OwnPresence, Presence, PresenceState};
pub use relation::{Block, Friend, FriendRequest, FriendRequestState, FriendRequested};
pub use session::{Device, DeviceClass, SessionEndReason, SessionInfo};
pub use user::Profile;

use crate::error::ClientError;

/// A field that the protocol promises.
fn required<T>(field: Option<T>) -> Result<T, ClientError> {
    field.ok_or(ClientError::Protocol("a promised field is missing"))
}

/// Reads every item of a list.
pub(crate) fn all<W, T: TryFrom<W, Error = ClientError>>(items: Vec<W>) -> Result<Vec<T>, ClientError> {
    items.into_iter().map(T::try_from).collect()
}
